//! The bodies of answers: bytes in memory, or a part of a file that is sent piece by piece as the client takes it.
//!
//! What the kernel has in memory is sent without waiting: from the file to the socket where the connection can do
//! that, and else by a copy. What it hasn't is read by a thread that may wait.

use std::{
    fs::File,
    future::poll_fn,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::task::{self, JoinHandle};

use crate::native::{
    arriving::Passing,
    connection::socket::{MOST_PART, Outlet},
    files::Content,
    page_cache,
};

/// Bytes of a file that are read at a time where the kernel doesn't have them in memory.
const PIECE: usize = 64 << 10;

/// Up to this length a copy that leaves together with the head is cheaper than a part sent by the kernel.
const COPIED: u64 = 32 << 10;

/// A body of any kind.
#[derive(Debug)]
pub(crate) enum Body {
    /// Bytes that are in memory.
    Memory(Bytes),
    /// What is left of a file's part.
    File(FilePart),
    /// What is left of an original that is on its way.
    Passing(Box<Passing>),
}

/// Nothing.
pub(crate) const fn empty() -> Body {
    Body::Memory(Bytes::new())
}

/// Bytes that are in memory.
pub(crate) const fn full(bytes: Bytes) -> Body {
    Body::Memory(bytes)
}

/// A part of a file or of memory.
pub(crate) fn part(content: Content, range: Range<u64>) -> Body {
    match content {
        Content::Memory(bytes) => {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            full(bytes.slice(at(range.start)..at(range.end)))
        }
        Content::File(file) => Body::File(FilePart {
            file: Arc::new(file),
            offset: range.start,
            left: range.end.saturating_sub(range.start),
            is_at_hand: false,
            outlet: None,
            reading: None,
        }),
        Content::Arriving(arriving) => Body::Passing(Box::new(arriving.part(range))),
    }
}

/// A part of a file that others send too, just now, so that the kernel has it in memory.
pub(crate) const fn shared(file: Arc<File>, range: Range<u64>) -> Body {
    let left = range.end.saturating_sub(range.start);
    Body::File(FilePart { file, offset: range.start, left, is_at_hand: true, outlet: None, reading: None })
}

impl Body {
    /// This body, over a connection that may send parts of files by itself.
    pub(crate) fn through(self, outlet: Outlet) -> Self {
        match self {
            Self::File(part) => Self::File(FilePart { outlet: Some(outlet), ..part }),
            other => other,
        }
    }

    /// Up to `most` of the next bytes, one at the least; `None` at the end.
    pub(crate) async fn next(&mut self, most: usize) -> Option<io::Result<Bytes>> {
        match self {
            body if body.left() == 0 => None,
            Self::Memory(bytes) => Some(Ok(bytes.split_to(most.min(bytes.len())))),
            Self::File(part) => Some(poll_fn(|context| part.poll_piece(context, most)).await),
            Self::Passing(passing) => Some(poll_fn(|context| passing.poll_piece(context, most)).await),
        }
    }

    /// Bytes that are still to be sent.
    pub(crate) fn left(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(part) => part.left,
            Self::Passing(passing) => passing.left(),
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            body if body.left() == 0 => Poll::Ready(None),
            Self::Memory(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::File(part) => part.poll_piece(context, PIECE).map(|piece| Some(piece.map(Frame::data))),
            Self::Passing(passing) => {
                passing.poll_piece(context, PIECE).map(|piece| Some(piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

/// What is left of a file's part.
#[derive(Debug)]
pub(crate) struct FilePart {
    file: Arc<File>,
    offset: u64,
    left: u64,
    /// The kernel is known to have it in memory.
    is_at_hand: bool,
    outlet: Option<Outlet>,
    /// The next piece, while a thread waits for it.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl FilePart {
    /// The file.
    pub(crate) const fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Up to `most` of the next bytes.
    fn poll_piece(&mut self, context: &mut Context<'_>, most: usize) -> Poll<io::Result<Bytes>> {
        let reading = match &mut self.reading {
            Some(reading) => reading,
            None => match self.piece_at_once(most) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let (file, offset, len) = (Arc::clone(&self.file), self.offset, self.next_len(most));
                    let read = move |buffer: &mut [u8]| file.read_at(buffer, offset);
                    self.reading.insert(task::spawn_blocking(move || read_piece(len, read)))
                }
                piece => return Poll::Ready(piece.map(|piece| self.take(piece))),
            },
        };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let piece = read.map_err(io::Error::other).flatten().map(|piece| self.led(piece));
        Poll::Ready(piece.map(|piece| self.take(piece)))
    }

    /// The next piece if the kernel has it in memory: its bytes, or their stand-in.
    fn piece_at_once(&self, most: usize) -> io::Result<Bytes> {
        if let Some(outlet) = self.outlet.as_ref().filter(|_| self.left > COPIED) {
            let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(MOST_PART);
            if self.is_at_hand || page_cache::holds(&self.file, self.offset, len) {
                return Ok(outlet.lead(Arc::clone(&self.file), self.offset, len));
            }
        }
        read_piece(self.next_len(most), |buffer| page_cache::read(&self.file, self.offset, buffer))
    }

    /// What was just read is in the kernel's memory too, so it need not be held here until the client takes it.
    fn led(&self, piece: Bytes) -> Bytes {
        match &self.outlet {
            Some(outlet) if piece.len() as u64 > COPIED => {
                outlet.lead(Arc::clone(&self.file), self.offset, piece.len())
            }
            _ => piece,
        }
    }

    fn next_len(&self, most: usize) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX).min(most)
    }

    fn take(&mut self, piece: Bytes) -> Bytes {
        self.offset += piece.len() as u64;
        self.left -= piece.len() as u64;
        piece
    }
}

/// Up to `len` bytes, one at the least.
fn read_piece(len: usize, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<Bytes> {
    let mut piece = vec![0; len];
    let read = read(&mut piece)?;
    if read == 0 {
        // The length has been promised; the connection must be cut, or the client takes a part for the whole.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(read);
    Ok(piece.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http_body_util::BodyExt;

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
            assert_eq!(collected(part(Content::File(file), range.clone())), expected);
            assert_eq!(collected(part(Content::Memory(bytes.clone().into()), range)), expected);
        }
        Ok(())
    }

    #[test]
    fn a_file_that_is_too_short_is_an_error_not_an_end() -> io::Result<()> {
        let mut file = tempfile::tempfile()?;
        file.write_all(b"short")?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        assert!(runtime.block_on(part(Content::File(file), 0..10).collect()).is_err());
        Ok(())
    }
}
