//! Originals that are on their way from an origin and kept nowhere, since the cache can't be written: passed on as they
//! come, or read into the room that a conversion was given. Little of one is ever held, and that has a permit.

use std::{
    io,
    ops::Range,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    codec::{Looked, Prober, Probing},
    error::{Error, Kind, Result},
    native::download::Download,
};

/// Bytes that are read to find out what an original is.
const MOST_READ: usize = 128 << 10;

/// An original whose first bytes have been read.
#[derive(Debug)]
pub(crate) struct Arriving {
    read: Vec<u8>,
    download: Download,
    len: u64,
    _permit: OwnedSemaphorePermit,
}

impl Arriving {
    /// One of a known length, which takes a permit.
    pub(crate) const fn new(download: Download, len: u64, permit: OwnedSemaphorePermit) -> Self {
        Self { read: Vec::new(), download, len, _permit: permit }
    }

    /// Its length in bytes.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// What it is, as far as its first bytes tell: there is no room for those that stand far inside.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when it breaks off or takes too long.
    pub(crate) async fn look_at(&mut self) -> Result<Looked> {
        let mut prober = Prober::new(Some(self.len));
        let probe = loop {
            let need = match prober.next() {
                Ok(Probing::Need(need)) => need,
                Ok(Probing::Known(probe)) => break Ok(*probe),
                Err(error) => break Err(error),
            };
            if need.end() > MOST_READ as u64 && self.len > MOST_READ as u64 {
                self.read_until(MOST_READ as u64).await?;
                return Ok(Looked::at_beginning(&self.read, Some(self.len)));
            }
            self.read_until(need.end()).await?;
            prober.feed(need.of(&self.read))?;
        };
        Ok(Looked { format: prober.format(), probe })
    }

    /// Reads all of it into memory. The caller must hold a ticket for that.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when it breaks off or takes too long.
    pub(crate) async fn whole(mut self) -> Result<Bytes> {
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        self.read.try_reserve_exact(len.saturating_sub(self.read.len()))?;
        self.read_until(self.len).await?;
        if self.read.len() != len {
            return Err(Error::new(Kind::Upstream, "the origin's answer was cut short"));
        }
        Ok(self.read.into())
    }

    /// A part of it, as it comes.
    pub(crate) fn part(self, range: Range<u64>) -> Passing {
        let left = range.end.saturating_sub(range.start);
        Passing {
            first: self.read.into(),
            download: self.download,
            skip: range.start,
            left,
            _permit: self._permit,
        }
    }

    /// Reads until that many bytes are there, or all.
    async fn read_until(&mut self, len: u64) -> Result<()> {
        while (self.read.len() as u64) < len {
            let Some(piece) = self.download.piece().await? else { break };
            self.read.try_reserve(piece.len())?;
            self.read.extend_from_slice(&piece);
        }
        Ok(())
    }
}

/// A part of an original on its way to a client.
#[derive(Debug)]
pub(crate) struct Passing {
    first: Bytes,
    download: Download,
    skip: u64,
    left: u64,
    _permit: OwnedSemaphorePermit,
}

impl Passing {
    /// Bytes that are still to come.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// Up to `most` of the next bytes. The end is an error: the length has been promised.
    pub(crate) fn poll_piece(&mut self, context: &mut Context<'_>, most: usize) -> Poll<io::Result<Bytes>> {
        loop {
            if self.first.is_empty() {
                self.first = match ready!(self.download.poll_piece(context)) {
                    Ok(Some(piece)) => piece,
                    Ok(None) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                    Err(error) => return Poll::Ready(Err(io::Error::other(error))),
                };
            }
            let skipped = at_most(self.skip, self.first.len());
            self.first.advance(skipped);
            self.skip -= skipped as u64;
            let piece = self.first.split_to(at_most(self.left, self.first.len()).min(most));
            if !piece.is_empty() {
                self.left -= piece.len() as u64;
                return Poll::Ready(Ok(piece));
            }
        }
    }
}

fn at_most(bytes: u64, most: usize) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX).min(most)
}
