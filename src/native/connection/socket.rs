//! A client's connection, which sends parts of files without copying them.
//!
//! HTTP is hyper's business, and hyper writes bytes that are in memory. So a body hands it a stand-in for a part of
//! a file: as many bytes of a buffer that nobody ever reads. The part itself is noted in the connection's
//! [`Outlet`]. When hyper comes to write these bytes, the [`Socket`] knows them by their address, and sends the
//! part. This is for HTTP/1 alone, which writes one body after the other, and each as it is.
//!
//! Should hyper ever copy a stand-in before it writes it, the note is left over: then the connection is cut, and
//! no wrong byte goes out.
//!
//! What the client sends and takes is told to the connection's [`Seat`] here, for both protocols.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use rustix::net::Shutdown;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use super::{
    first::{PREFACE, Protocol, protocol},
    frames::Frames,
    table::Seat,
};
use crate::native::page_cache;

/// Bytes that are read at a time.
const READ: usize = 4 << 10;

/// What a client hears whose head found no room.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncache-control: no-store\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// Bytes that a part has at the most.
pub(crate) const MOST_PART: usize = 1 << 20;

/// What hyper holds instead of a part. Its pages are never touched, so they take no memory.
static STAND_IN: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(vec![0; MOST_PART]));

/// The parts of files that a connection is to send next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outlet(Arc<Mutex<VecDeque<Part>>>);

/// Bytes of a file that are still to be sent.
#[derive(Debug)]
struct Part {
    file: Arc<File>,
    offset: u64,
    left: usize,
}

impl Outlet {
    /// Notes a part of [`MOST_PART`] bytes at the most; gives its stand-in, which must be written next.
    pub(crate) fn lead(&self, file: Arc<File>, offset: u64, len: usize) -> Bytes {
        let left = len.min(MOST_PART);
        self.parts().push_back(Part { file, offset, left });
        STAND_IN.slice(..left)
    }

    fn parts(&self) -> MutexGuard<'_, VecDeque<Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    outlet: Outlet,
    seat: Arc<Seat>,
    /// What was read to learn the protocol and is to be read again.
    beginning: Vec<u8>,
    /// The client's frames, where it sends such.
    frames: Option<Frames>,
    is_blocked: bool,
}

impl Socket {
    /// A connection over a stream.
    pub(crate) fn new(stream: Arc<TcpStream>, seat: Arc<Seat>) -> Self {
        Self {
            stream,
            outlet: Outlet::default(),
            seat,
            beginning: Vec::new(),
            frames: None,
            is_blocked: false,
        }
    }

    /// Where bodies that go over this connection may note parts of files.
    pub(crate) fn outlet(&self) -> Outlet {
        self.outlet.clone()
    }

    /// Waits until the client's first bytes say what it speaks; `None` when it goes away before.
    pub(crate) async fn protocol(&mut self) -> io::Result<Option<Protocol>> {
        loop {
            if let Some(protocol) = protocol(&self.beginning) {
                self.frames = (protocol == Protocol::Http2).then(Frames::default);
                return Ok(Some(protocol));
            }
            self.stream.readable().await?;
            let mut bytes = [0; PREFACE.len()];
            match self.stream.try_read(&mut bytes[self.beginning.len()..]) {
                Ok(0) => return Ok(None),
                Ok(len) => {
                    let from = self.beginning.len();
                    self.beginning.extend_from_slice(&bytes[from..from + len]);
                    self.seat.watch.received(true);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads what there is; 0 bytes at the end.
    fn poll_receive(&mut self, context: &mut Context<'_>, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        let len = if self.beginning.is_empty() {
            loop {
                ready!(self.stream.poll_read_ready(context))?;
                match self.stream.try_read(bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => break read?,
                }
            }
        } else {
            let len = self.beginning.len().min(bytes.len());
            bytes[..len].copy_from_slice(&self.beginning[..len]);
            self.beginning.drain(..len);
            len
        };
        if len > 0 {
            self.tell_received(&bytes[..len])?;
        }
        Poll::Ready(Ok(len))
    }

    fn tell_received(&mut self, bytes: &[u8]) -> io::Result<()> {
        let told = match &mut self.frames {
            None => self.seat.received(bytes.len()),
            Some(frames) => {
                frames.take(bytes);
                self.seat.watch.received(frames.is_within());
                self.seat.incomplete(frames.head_bytes())
            }
        };
        told.map_err(|_| {
            if self.frames.is_none() {
                // Who doesn't take it now hears nothing.
                let _ = self.stream.try_write(NO_ROOM);
            }
            io::Error::other("no room for more unfinished heads of requests")
        })
    }

    /// Writes to the stream itself as soon as it can be written.
    fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        mut send: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let Poll::Ready(ready) = self.stream.poll_write_ready(context) else {
                if !self.is_blocked {
                    self.is_blocked = true;
                    self.seat.watch.blocked();
                }
                return Poll::Pending;
            };
            ready?;
            match self.stream.try_io(Interest::WRITABLE, || send(&self.stream)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => {
                    if self.is_blocked {
                        self.is_blocked = false;
                        self.seat.watch.sent();
                    }
                    return Poll::Ready(sent);
                }
            }
        }
    }

    /// Sends of the first part, of which hyper knows `len` bytes to be left.
    fn poll_send_part(&mut self, context: &mut Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        let outlet = self.outlet();
        let mut parts = outlet.parts();
        let Some(part) = parts.front_mut().filter(|part| part.left == len) else {
            return Poll::Ready(Err(out_of_step()));
        };
        let sent = ready!(self.poll_send(context, |stream| page_cache::send(
            stream,
            &part.file,
            part.offset,
            part.left
        )))?;
        if sent == 0 {
            // The length has been promised; the connection must be cut, or the client takes a part for the whole.
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        part.offset += sent as u64;
        part.left -= sent;
        if part.left == 0 {
            parts.pop_front();
        }
        Poll::Ready(Ok(sent))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = buffer.remaining().min(READ);
        let len = ready!(self.poll_receive(context, buffer.initialize_unfilled_to(most)))?;
        buffer.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match pieces.iter().position(|piece| is_stand_in(piece)) {
            Some(0) => self.poll_send_part(context, pieces[0].len()),
            Some(_) => self.poll_send(context, |stream| page_cache::send_head(stream, &pieces[0])),
            None if self.outlet.parts().is_empty() => {
                self.poll_send(context, |stream| stream.try_write_vectored(pieces))
            }
            None => Poll::Ready(Err(out_of_step())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(rustix::net::shutdown(&*self.stream, Shutdown::Write)?))
    }
}

/// Lets a connection be cut as soon as it is dropped, with all that the kernel still holds of it.
pub(super) fn cut_when_dropped(stream: &TcpStream) {
    // Where that can't be said the kernel gives it up by itself, later.
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

fn is_stand_in(piece: &[u8]) -> bool {
    STAND_IN.as_ptr_range().contains(&piece.as_ptr())
}

fn out_of_step() -> io::Error {
    io::Error::other("a part of a file isn't where it was noted")
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io::Write as _};

    use tokio::{io::AsyncReadExt, net::TcpListener, runtime};

    use super::*;
    use crate::native::connection::table::Table;

    fn numbered(len: usize) -> io::Result<Arc<File>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(&(0..len).map(|i| (i % 251) as u8).collect::<Vec<_>>())?;
        Ok(Arc::new(file))
    }

    async fn pair() -> io::Result<(Socket, TcpStream)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let seat = Table::for_tests(1).enter().await;
        Ok((Socket::new(Arc::new(listener.accept().await?.0), seat), client))
    }

    /// Writes all, as hyper does.
    async fn write(socket: &mut Socket, pieces: &[&[u8]]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut left = &mut slices[..];
        while !left.is_empty() {
            let written =
                poll_fn(|context| Pin::new(&mut *socket).poll_write_vectored(context, left)).await?;
            IoSlice::advance_slices(&mut left, written);
        }
        Ok(())
    }

    #[test]
    fn a_part_goes_out_where_its_stand_in_is_written() -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (mut socket, mut client) = pair().await?;
            let (file, outlet) = (numbered(300)?, socket.outlet());
            for _ in 0..2 {
                let (first, second) =
                    (outlet.lead(Arc::clone(&file), 10, 40), outlet.lead(file.clone(), 290, 10));
                write(&mut socket, &[b"head", &first, b"between", &second]).await?;
                let mut read = vec![0; 4 + 40 + 7 + 10];
                client.read_exact(&mut read).await?;
                let numbers = |from: u16, to: u16| (from..to).map(|i| (i % 251) as u8).collect::<Vec<_>>();
                let expected = [b"head".to_vec(), numbers(10, 50), b"between".to_vec(), numbers(290, 300)];
                assert_eq!(read, expected.concat());
            }
            Ok(())
        })
    }

    #[test]
    fn what_is_out_of_step_is_cut_not_sent() -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (mut socket, _client) = pair().await?;
            let stand_in = socket.outlet().lead(numbered(300)?, 0, 40);
            // A copy, which is not known as a stand-in; and one of another length.
            let copy = Bytes::copy_from_slice(&stand_in);
            assert!(write(&mut socket, &[&copy]).await.is_err());
            assert!(write(&mut socket, &[&stand_in[..39]]).await.is_err());
            // A file that is shorter than was promised.
            let (mut socket, _client) = pair().await?;
            let stand_in = socket.outlet().lead(numbered(20)?, 0, 40);
            let error = write(&mut socket, &[&stand_in]).await.map_err(|error| error.kind());
            assert_eq!(error, Err(io::ErrorKind::UnexpectedEof));
            Ok(())
        })
    }
}
