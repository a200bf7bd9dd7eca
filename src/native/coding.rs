//! Content codings (RFC 9110 §8.4.1) of what an origin sends though it was asked for none: undone as the bytes come.

use std::{fmt, io::Write};

use flate2::{Decompress, FlushDecompress, Status, write::MultiGzDecoder};
use http::{HeaderMap, header};

use crate::error::{Error, Kind, Result};

/// Bytes that are undone at a time: they become a thousand times as many at the most.
const BITE: usize = 1024;

/// What undoes the coding of a body.
pub(crate) enum Coding {
    /// There is none.
    Identity,
    /// RFC 1952.
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    /// RFC 1950, or RFC 1951 alone, as some have it.
    Deflate(Option<Box<Decompress>>, bool),
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity",
            Self::Gzip(_) => "gzip",
            Self::Deflate(..) => "deflate",
        })
    }
}

impl Coding {
    /// The coding that an answer's header fields tell of.
    ///
    /// # Errors
    /// [`Kind::Upstream`] with the name of one that is not known here.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self> {
        let lines = headers.get_all(header::CONTENT_ENCODING).iter();
        let names = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
        let names: Vec<String> = names
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !["", "identity"].contains(&name.as_str()))
            .collect();
        match names.join(", ").as_str() {
            "" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            "deflate" => Ok(Self::Deflate(None, false)),
            names => Err(Error::new(
                Kind::Upstream,
                format!(
                    "sends the content coding {names:?}, though it is asked for none, and that is not known here"
                ),
            )),
        }
    }

    /// True if the bytes are as they came.
    pub(crate) const fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// Undoes a little of what is there; gives what that comes to, and how many bytes it took.
    ///
    /// # Errors
    /// [`Kind::Upstream`] for what is not in that coding.
    pub(crate) fn undo(&mut self, coded: &[u8]) -> Result<(Vec<u8>, usize)> {
        let bite = &coded[..coded.len().min(BITE)];
        let out = match self {
            Self::Identity => bite.to_vec(),
            Self::Gzip(decoder) => {
                decoder.write_all(bite).map_err(wrong)?;
                std::mem::take(decoder.get_mut())
            }
            Self::Deflate(decoder, has_ended) => {
                let decoder = decoder.get_or_insert_with(|| {
                    // RFC 1950 §2.2; a bare RFC 1951 has no such byte at its beginning.
                    let is_zlib = match bite {
                        [first, second, ..] => {
                            first & 15 == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0
                        }
                        _ => true,
                    };
                    Box::new(Decompress::new(is_zlib))
                });
                inflate(decoder, bite, has_ended)?
            }
        };
        Ok((out, bite.len()))
    }

    /// The last bytes, after all that came.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when more should have come.
    pub(crate) fn finish(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(Vec::new()),
            Self::Gzip(decoder) => {
                decoder.try_finish().map_err(wrong)?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Self::Deflate(_, true) => Ok(Vec::new()),
            Self::Deflate(_, false) => Err(Error::new(Kind::Upstream, "the answer's coding breaks off")),
        }
    }
}

fn inflate(decoder: &mut Decompress, mut coded: &[u8], has_ended: &mut bool) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    // What follows the end is nothing.
    while !*has_ended {
        out.try_reserve(32 << 10)?;
        let (before_in, before_out) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress_vec(coded, &mut out, FlushDecompress::None).map_err(wrong)?;
        let taken = usize::try_from(decoder.total_in() - before_in).unwrap_or(usize::MAX);
        coded = coded.get(taken..).unwrap_or_default();
        *has_ended = status == Status::StreamEnd;
        if decoder.total_out() == before_out && coded.is_empty() {
            break;
        }
    }
    Ok(out)
}

fn wrong(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(Kind::Upstream, "the answer is not in the coding that it tells of", source)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::{
        Compression,
        read::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };
    use http::HeaderValue;

    use super::*;

    fn coding(name: &'static str) -> Result<Coding> {
        Coding::of(&HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(name))]))
    }

    fn undone(name: &'static str, mut coded: &[u8]) -> Result<Vec<u8>> {
        let mut coding = coding(name)?;
        let mut bytes = Vec::new();
        while !coded.is_empty() {
            let (out, taken) = coding.undo(coded)?;
            assert!(coding.is_identity() || out.len() <= 2 << 20, "{} bytes at once", out.len());
            bytes.extend(out);
            coded = &coded[taken..];
        }
        bytes.extend(coding.finish()?);
        Ok(bytes)
    }

    fn read(mut from: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("read");
        bytes
    }

    #[test]
    fn each_coding_is_undone_and_a_cut_one_is_an_error() {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8;
        for plain in [vec![], vec![7; 5_000_000], (0..100_000).map(noise).collect()] {
            let best = Compression::best();
            for (name, coded) in [
                ("gzip", read(GzEncoder::new(&plain[..], best))),
                (" X-GZIP", read(GzEncoder::new(&plain[..], best))),
                ("deflate", read(ZlibEncoder::new(&plain[..], best))),
                ("identity, deflate", read(DeflateEncoder::new(&plain[..], best))),
                ("identity", plain.clone()),
            ] {
                assert!(undone(name, &coded).expect(name) == plain, "{name}");
                if name != "identity" {
                    for len in [0, coded.len() / 2, coded.len() - 1] {
                        // The last bytes of RFC 1950 are a checksum alone.
                        let kind = undone(name, &coded[..len]).map_err(|error| error.kind()).err();
                        assert_eq!(kind, Some(Kind::Upstream), "{name} {len} of {}", coded.len());
                    }
                }
            }
        }
    }

    #[test]
    fn others_are_named() {
        for name in ["br", "zstd", "gzip, gzip"] {
            let error = coding(name).expect_err(name);
            assert!(error.kind() == Kind::Upstream && error.to_string().contains(name), "{error}");
        }
        assert!(undone("gzip", b"\xff\xd8\xff\xe0").is_err());
    }
}
