//! The bodies of answers: bytes in memory, or a part of a file that is read piece by piece as the client takes it.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom},
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Frame, SizeHint};
use tokio_util::io::poll_read_buf;

use crate::native::files::Content;

/// A body of any kind.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Bytes of a file that are in memory at a time, for each answer under way.
const PIECE: usize = 64 << 10;

/// Nothing.
pub(crate) fn empty() -> Body {
    full(Bytes::new())
}

/// Bytes that are in memory.
pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A part of a file or of memory.
///
/// # Errors
/// When the file can't be positioned.
pub(crate) fn part(content: Content, range: Range<u64>) -> io::Result<Body> {
    let left = range.end.saturating_sub(range.start);
    match content {
        Content::Memory(bytes) => {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            Ok(full(bytes.slice(at(range.start)..at(range.end))))
        }
        Content::File(mut file) => {
            file.seek(SeekFrom::Start(range.start))?;
            Ok(FilePart::new(file, left).boxed_unsync())
        }
    }
}

/// What is left of a file's part.
struct FilePart {
    file: tokio::fs::File,
    left: u64,
    buffer: BytesMut,
}

impl FilePart {
    fn new(file: File, left: u64) -> Self {
        Self { file: tokio::fs::File::from_std(file), left, buffer: BytesMut::new() }
    }
}

impl hyper::body::Body for FilePart {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        this.buffer.reserve(PIECE);
        let read = ready!(poll_read_buf(Pin::new(&mut this.file), context, &mut this.buffer))?;
        if read == 0 {
            // The length has been promised; the connection must be cut, or the client takes a part for the whole.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        let wanted = usize::try_from(this.left).unwrap_or(usize::MAX).min(this.buffer.len());
        this.left -= wanted as u64;
        let piece = this.buffer.split_to(wanted).freeze();
        this.buffer.clear();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn collected(body: Body) -> Bytes {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(body.collect()).expect("read").to_bytes()
    }

    #[test]
    fn parts_are_exact_wherever_the_bytes_are() -> io::Result<()> {
        let bytes: Vec<u8> = (0..PIECE as u32 * 3).map(|i| (i % 251) as u8).collect();
        for range in [0..10, 5..PIECE as u64 * 2 + 7, 3..3, PIECE as u64 * 3 - 1..PIECE as u64 * 3] {
            let mut file = tempfile::tempfile()?;
            file.write_all(&bytes)?;
            let expected = &bytes[range.start as usize..range.end as usize];
            assert_eq!(collected(part(Content::File(file), range.clone())?), expected);
            assert_eq!(collected(part(Content::Memory(bytes.clone().into()), range)?), expected);
        }
        Ok(())
    }

    #[test]
    fn a_file_that_is_too_short_is_an_error_not_an_end() -> io::Result<()> {
        let mut file = tempfile::tempfile()?;
        file.write_all(b"short")?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        assert!(runtime.block_on(part(Content::File(file), 0..10)?.collect()).is_err());
        Ok(())
    }
}
