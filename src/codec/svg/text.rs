//! The text of an SVG as UTF-8: decompressed, without a byte order mark.

use std::{
    borrow::Cow,
    io::{self, Read, Write},
};

use flate2::{Compression, bufread::MultiGzDecoder, write::GzEncoder};

use crate::{
    codec::Writing,
    error::{Error, Kind, Result},
};

/// The bytes, decompressed, in which the root's tag is looked for.
pub(in crate::codec) const LOOKED_AT: usize = 256 << 10;
/// The longest text that is drawn, in bytes.
pub(super) const MAX_TEXT: usize = 4 << 20;

/// How a compressed file begins.
pub(super) const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// The byte order marks of UTF-8, and of UTF-16 in both orders.
pub(super) const UTF_8: &[u8] = b"\xef\xbb\xbf";
pub(super) const UTF_16_LITTLE: &[u8] = b"\xff\xfe";
pub(super) const UTF_16_BIG: &[u8] = b"\xfe\xff";

/// The beginning of a file as UTF-8 without a byte order mark, decompressed up to `most` bytes. What can't be decoded
/// is left out.
pub(super) fn beginning(head: &[u8], most: usize) -> Cow<'_, [u8]> {
    let mut head = Cow::Borrowed(head);
    if head.starts_with(&GZIP) {
        // The file goes on, so decompression fails at its end: what came before counts.
        let (unpacked, _) = unpacked(&head, most);
        head = Cow::Owned(unpacked);
    }
    if let Some(units) = wide_units(&head) {
        let chars = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER));
        return Cow::Owned(chars.collect::<String>().into_bytes());
    }
    match head {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_prefix(UTF_8).unwrap_or(bytes)),
        Cow::Owned(bytes) => Cow::Owned(bytes.strip_prefix(UTF_8).map(<[u8]>::to_vec).unwrap_or(bytes)),
    }
}

/// The whole text.
///
/// # Errors
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when it has more than `most` bytes,
/// [`Malformed`](crate::ErrorKind::Malformed) when it is damaged, [`Unsupported`](crate::ErrorKind::Unsupported) when
/// its encoding is not known here.
pub(super) fn whole(file: &[u8], most: usize) -> Result<Cow<'_, str>> {
    let too_long = || Error::limit(format!("the SVG's text has more than {most} bytes"));
    let file = if file.starts_with(&GZIP) {
        match unpacked(file, most + 1) {
            (text, _) if text.len() > most => return Err(too_long()),
            (text, Ok(())) => Cow::Owned(text),
            (_, Err(error)) => {
                return Err(Error::malformed(format!("the SVG can't be decompressed: {error}")));
            }
        }
    } else {
        Cow::Borrowed(file)
    };
    let text = decoded(file)?;
    if text.len() > most { Err(too_long()) } else { Ok(text) }
}

/// How a file is written, as its beginning tells. UTF-16 that says so is shown by browsers.
pub(super) fn writing(head: &[u8]) -> Writing {
    match declared_encoding(head).as_deref() {
        _ if head.starts_with(&GZIP) => Writing::Packed,
        None | Some("utf-8" | "utf8" | "utf-16") => Writing::Plain,
        Some(_) => Writing::Foreign,
    }
}

/// The text as UTF-8, compressed by gzip: the same bytes on each machine and at any time.
///
/// # Errors
/// Those of [`whole`].
pub(crate) fn packed(file: &[u8]) -> Result<Vec<u8>> {
    let text = whole(file, MAX_TEXT)?;
    let failed = |error| Error::with_source(Kind::Internal, "text can't be compressed", error);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    // What is in UTF-8 now no longer says that it is in something else.
    let declaration = declared_encoding(text.as_bytes()).and_then(|_| text.find("?>"));
    let rest = declaration.map_or(&*text, |end| text[end + 2..].trim_start());
    gzip.write_all(rest.as_bytes()).map_err(failed)?;
    gzip.finish().map_err(failed)
}

fn unpacked(file: &[u8], most: usize) -> (Vec<u8>, io::Result<()>) {
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(file).take(most as u64).read_to_end(&mut text);
    (text, read.map(drop))
}

/// The units of a text in UTF-16 that says so.
fn wide_units(text: &[u8]) -> Option<impl Iterator<Item = u16>> {
    let little = text.strip_prefix(UTF_16_LITTLE);
    let units = little.or_else(|| text.strip_prefix(UTF_16_BIG))?.as_chunks::<2>().0;
    let number = if little.is_some() { u16::from_le_bytes } else { u16::from_be_bytes };
    Some(units.iter().map(move |unit| number(*unit)))
}

fn decoded(file: Cow<'_, [u8]>) -> Result<Cow<'_, str>> {
    if let Some(units) = wide_units(&file) {
        let text: Result<String, _> = char::decode_utf16(units).collect();
        return text.map(Cow::Owned).map_err(|error| Error::malformed(format!("no UTF-16: {error}")));
    }
    let has_mark = file.starts_with(UTF_8);
    let encoding = if has_mark { None } else { declared_encoding(&file) };
    match encoding.as_deref() {
        None | Some("utf-8" | "utf8") => {
            let start = if has_mark { UTF_8.len() } else { 0 };
            match file {
                Cow::Borrowed(bytes) => str::from_utf8(&bytes[start..]).map(Cow::Borrowed),
                Cow::Owned(mut bytes) => {
                    bytes.drain(..start);
                    String::from_utf8(bytes).map(Cow::Owned).map_err(|error| error.utf8_error())
                }
            }
            .map_err(|error| Error::malformed(format!("the SVG is not in UTF-8: {error}")))
        }
        Some("iso-8859-1" | "latin1" | "us-ascii" | "ascii" | "windows-1252" | "cp1252") => {
            Ok(Cow::Owned(file.iter().map(|&byte| latin(byte)).collect()))
        }
        Some(other) => Err(Error::unsupported(format!("SVG in {other:?} can't be read here"))),
    }
}

/// The encoding that an XML declaration names, in lower case (XML 1.0, 4.3.3).
fn declared_encoding(text: &[u8]) -> Option<String> {
    let rest = text.strip_prefix(b"<?xml")?;
    let end = rest.iter().take(1024).position(|&byte| byte == b'>')?;
    let declaration = str::from_utf8(&rest[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (name, _) = value[1..].split_once(quote)?;
    Some(name.to_ascii_lowercase())
}

/// A byte of windows-1252, as which browsers read ISO-8859-1 and ASCII (WHATWG Encoding, 4.2).
fn latin(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
        '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}',
        '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}',
        '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::error::Kind;

    #[test]
    fn text_is_utf_8_whatever_it_was() {
        let plain = "<svg>\u{e9}\u{20ac}</svg>";
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(plain.as_bytes()).unwrap();
        let wide: Vec<u8> =
            [0xfeff].into_iter().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for file in [plain.as_bytes(), &[UTF_8, plain.as_bytes()].concat(), &gzip.finish().unwrap(), &wide] {
            assert_eq!(whole(file, 100).unwrap(), plain);
            assert_eq!(beginning(file, 100), plain.as_bytes());
        }
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1'?><svg>\xe9\x80</svg>";
        assert!(whole(latin, 100).unwrap().ends_with(plain));
        let other = b"<?xml version='1.0' encoding='koi8-r'?><svg/>";
        assert_eq!(whole(other, 100).unwrap_err().kind(), Kind::Unsupported);
        assert_eq!(whole(b"<svg>\xe9</svg>", 100).unwrap_err().kind(), Kind::Malformed);
    }

    #[test]
    fn what_is_packed_is_utf_8_and_says_nothing_else() {
        let unpack = |file: &[u8]| whole(&packed(file).unwrap(), 100).unwrap().into_owned();
        assert_eq!(unpack(b"<svg>\xc3\xa9</svg>"), "<svg>\u{e9}</svg>");
        let latin = b"<?xml version='1.0' encoding='latin1'?>\n<svg>\xe9</svg>";
        assert_eq!(unpack(latin), "<svg>\u{e9}</svg>");
        let plain = "<?xml version='1.0'?><svg/>";
        assert_eq!(unpack(plain.as_bytes()), plain);
        assert_eq!(packed(plain.as_bytes()).unwrap(), packed(plain.as_bytes()).unwrap());
        assert_eq!(writing(latin), Writing::Foreign);
        assert_eq!(writing(plain.as_bytes()), Writing::Plain);
        assert_eq!(writing(&packed(plain.as_bytes()).unwrap()), Writing::Packed);
    }

    #[test]
    fn nothing_is_unpacked_past_the_bound() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&[b' '; 5000]).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(whole(&gzip, 4999).unwrap_err().kind(), Kind::LimitExceeded);
        assert_eq!(whole(&gzip, 5000).unwrap().len(), 5000);
        assert_eq!(whole(&gzip[..gzip.len() - 4], 5000).unwrap_err().kind(), Kind::Malformed);
        assert_eq!(whole(&[b' '; 9], 8).unwrap_err().kind(), Kind::LimitExceeded);
    }
}
