//! Looking at a file whose bytes somebody else has: a conversation without IO.
//!
//! A [`Prober`] says which bytes it needs, and is given them, until it knows what the file is. What doesn't matter is
//! passed over by its length, so that a fact may stand anywhere in the file. Bounded in bytes and in steps.

use std::cell::Cell;

use super::{
    Format, Probe, header_walk, sniff,
    view::{Extent, Need, View},
};
use crate::error::{Error, Result};

/// The most bytes that are asked for, and in how many pieces.
const MOST_BYTES: u64 = 16 << 20;
const MOST_STEPS: u32 = 1 << 15;

/// The first piece: the whole head of nearly all files.
const FIRST: usize = 16 << 10;

/// Pieces that follow each other grow up to this, that what is read through comes in few of them.
const LONGEST: usize = 64 << 10;

/// A piece far from the one before: a marker or a chunk's head, and what says of which kind it is.
const SHORTEST: usize = 512;

/// Bytes that are held; the oldest go first.
const HELD: usize = 128 << 10;

/// A format's reading of a header. It is called again for each piece that it missed, and may go on where it was.
pub(super) trait Walk: Send {
    /// What is known is given even where something is missing: it counts only if nothing is.
    fn probe(&mut self, view: View<'_>) -> Result<Probe>;
}

impl<F: FnMut(View<'_>) -> Result<Probe> + Send> Walk for F {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        self(view)
    }
}

/// How far a [`Prober`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probing {
    /// It needs these bytes: give them to [`Prober::feed`].
    Need(Need),
    /// It knows what the file is.
    Known(Box<Probe>),
}

/// What looking at a file came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Looked {
    /// The format, if it is one that is known here.
    pub format: Option<Format>,
    /// What the header says, or why it says nothing.
    pub probe: Result<Probe>,
}

impl Looked {
    /// Looks at a file that is all there.
    #[must_use]
    pub fn at(bytes: &[u8]) -> Self {
        Self::of(View::whole(bytes))
    }

    /// Looks at a file of a length, if that is known. `read` gives the bytes that are needed, fewer where the file
    /// ends.
    ///
    /// ```
    /// use slimpix::codec::Looked;
    ///
    /// # fn main() -> slimpix::Result<()> {
    /// # let file = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48)?;
    /// // A real one reads `need.length` bytes at `need.offset` of a file, or of an answer to a range request.
    /// let looked = Looked::with(Some(file.len() as u64), |need| Ok(need.of(file)))?;
    /// assert_eq!(looked.probe?.size.height, 48);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever `read` says.
    pub fn with<B: AsRef<[u8]>>(
        length: Option<u64>,
        mut read: impl FnMut(Need) -> Result<B>,
    ) -> Result<Self> {
        let mut prober = Prober::new(length);
        let probe = loop {
            match prober.next() {
                Ok(Probing::Need(need)) => prober.feed(read(need)?.as_ref())?,
                Ok(Probing::Known(probe)) => break Ok(*probe),
                Err(error) => break Err(error),
            }
        };
        Ok(Self { format: prober.format, probe })
    }

    /// Looks at the beginning of a file of a length, if that is known, of which no more is to be had now.
    #[must_use]
    pub fn at_beginning(bytes: &[u8], length: Option<u64>) -> Self {
        Self::of(View::beginning(bytes, length))
    }

    fn of(view: View<'_>) -> Self {
        let format = sniff::format(view);
        Self {
            format,
            probe: format.ok_or_else(sniff::unknown).and_then(|format| header_walk(format).probe(view)),
        }
    }
}

/// Reads the header of a file that is all there. Of one that isn't, [`Looked::with`] and [`Prober`] read what is
/// needed.
///
/// ```
/// use slimpix::{Format, probe};
///
/// # fn main() -> slimpix::Result<()> {
/// # let file = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48)?;
/// let probe = probe(file)?;
/// assert_eq!((probe.format, probe.oriented_size().width, probe.alpha), (Format::WebP, 64, false));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) when it is no picture that is known here,
/// [`Malformed`](crate::ErrorKind::Malformed) when its header makes no sense.
pub fn probe(bytes: &[u8]) -> Result<Probe> {
    Looked::at(bytes).probe
}

/// Finds out what a file is, piece by piece.
///
/// ```
/// use slimpix::codec::{Prober, Probing};
///
/// # fn main() -> slimpix::error::Result<()> {
/// # let file = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\x80\0\0\0\0\0\0\x02\x02\x44\x01\0;";
/// let mut prober = Prober::new(Some(file.len() as u64));
/// let probe = loop {
///     match prober.next()? {
///         Probing::Known(probe) => break probe,
///         Probing::Need(need) => prober.feed(need.of(file))?,
///     }
/// };
/// assert_eq!(probe.size.width, 1);
/// # Ok(())
/// # }
/// ```
pub struct Prober {
    /// The file's length, once it is known.
    length: Option<u64>,
    extents: Vec<Extent>,
    /// The newest of them ends here.
    end: u64,
    /// How long it was.
    piece: usize,
    asked: Option<Need>,
    format: Option<Format>,
    walk: Option<Box<dyn Walk>>,
    bytes: u64,
    steps: u32,
}

impl Prober {
    /// A file of a length, if that is known.
    #[must_use]
    pub fn new(length: Option<u64>) -> Self {
        Self {
            length,
            extents: Vec::new(),
            end: 0,
            piece: 0,
            asked: None,
            format: None,
            walk: None,
            bytes: 0,
            steps: 0,
        }
    }

    /// The format, as soon as it is known.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        self.format
    }

    /// Looks at what there is.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) when it is no picture that is known here,
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when its header makes no sense, or has none after as much
    /// as is looked at.
    #[allow(clippy::should_implement_trait, reason = "a conversation ends with its answer, not with None")]
    pub fn next(&mut self) -> Result<Probing> {
        let missing = Cell::new(None);
        let view = View::of_extents(&self.extents, self.length, &missing);
        let known = match &mut self.walk {
            Some(walk) => walk.probe(view),
            walk => sniff::format(view).ok_or_else(sniff::unknown).and_then(|format| {
                self.format = Some(format);
                walk.insert(header_walk(format)).probe(view)
            }),
        };
        match missing.take() {
            Some(need) => self.ask(need),
            None => known.map(|probe| Probing::Known(Box::new(probe))),
        }
    }

    /// Takes the bytes that were asked for. Fewer mean that the file ends there.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for them.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(need) = self.asked.take() else { return Ok(()) };
        let bytes = &bytes[..bytes.len().min(need.length)];
        self.end = need.offset.saturating_add(bytes.len() as u64);
        self.piece = bytes.len();
        if bytes.len() < need.length {
            self.length = Some(self.length.unwrap_or(u64::MAX).min(self.end));
        }
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len())?;
        copy.extend_from_slice(bytes);
        self.extents.push(Extent { offset: need.offset, bytes: copy });
        let mut held: usize = self.extents.iter().map(|extent| extent.bytes.len()).sum();
        while held > HELD && self.extents.len() > 1 {
            held -= self.extents.remove(0).bytes.len();
        }
        Ok(())
    }

    /// Asks for a piece, and for what is likely to be wanted after it.
    fn ask(&mut self, need: Need) -> Result<Probing> {
        let follows =
            (self.end.saturating_sub(self.piece as u64)..=self.end + SHORTEST as u64).contains(&need.offset);
        let ahead = match self.steps {
            0 => FIRST,
            _ if follows => (2 * self.piece).min(LONGEST),
            _ => SHORTEST,
        };
        let length = need.length.max(ahead);
        self.steps += 1;
        self.bytes = self.bytes.saturating_add(length as u64);
        if self.steps > MOST_STEPS || self.bytes > MOST_BYTES {
            let format = self.format.map_or("", Format::extension);
            return Err(Error::malformed(format!(
                "the header of the {format} file has no end: {} bytes of it in {} pieces were looked at",
                self.bytes, self.steps
            )));
        }
        let need = Need { length, ..need };
        self.asked = Some(need);
        Ok(Probing::Need(need))
    }
}

impl std::fmt::Debug for Prober {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prober")
            .field("format", &self.format)
            .field("asked", &self.asked)
            .field("steps", &self.steps)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
