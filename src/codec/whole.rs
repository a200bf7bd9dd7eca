//! Whether a file goes on up to its picture's end, by the file's own structure: nothing is decoded for it.
//!
//! It is asked of what comes over a network, where half of a file looks like a file. Each format says in its own
//! way where it ends: by a mark (T.81 §B.1.1.3, PNG §11.2.5, GIF89a §27), by its length (RIFF), or by that of its
//! boxes (ISO/IEC 14496-12 §4.2).

use std::io::{self, BufRead, ErrorKind, Read};

use super::{Format, sniff};

/// True if a file of a format is there up to its picture's end; `None` where the format doesn't tell. Reads the
/// file from where it stands, which must be its beginning.
///
/// # Errors
/// Whatever reading says.
pub fn is_whole(format: Format, mut file: impl BufRead) -> io::Result<Option<bool>> {
    let walked = match format {
        Format::Jpeg => jpeg(&mut file).map(|()| Some(true)),
        Format::Png => png(&mut file).map(|()| Some(true)),
        Format::Gif => gif(&mut file),
        Format::WebP => riff(&mut file).map(|()| Some(true)),
        Format::Avif | Format::Heic | Format::Jxl => boxes(&mut file),
        Format::Svg => svg(&mut file),
        _ => Ok(None),
    };
    match walked {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Some(false)),
        walked => walked,
    }
}

/// True if a file ends before its picture does, as far as its format tells.
#[must_use]
pub fn is_cut(file: &[u8]) -> bool {
    sniff(file).is_some_and(|format| matches!(is_whole(format, file), Ok(Some(false))))
}

fn take<const N: usize>(file: &mut impl BufRead) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// What can be had up to a length; less only where the file ends.
fn take_up_to(file: &mut impl BufRead, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn skip(file: &mut impl BufRead, mut len: u64) -> io::Result<()> {
    while len > 0 {
        let there = file.fill_buf()?.len();
        if there == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let step = len.min(there as u64);
        // No more than there is.
        file.consume(step as usize);
        len -= step;
    }
    Ok(())
}

/// Up to the mark of the end: of the file's own picture, not of a preview inside a segment.
fn jpeg(file: &mut impl BufRead) -> io::Result<()> {
    loop {
        match marker(file)? {
            0xd9 => return Ok(()),
            // Neither a marker nor one with a segment: stuffing, a restart, the start, TEM.
            0x00 | 0xd0..=0xd8 | 0x01 => {}
            _ => {
                let len = u16::from_be_bytes(take(file)?);
                skip(file, u64::from(len).saturating_sub(2))?;
            }
        }
    }
}

/// The byte after the next run of 0xff.
fn marker(file: &mut impl BufRead) -> io::Result<u8> {
    loop {
        let there = file.fill_buf()?;
        if there.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let found = there.iter().position(|byte| *byte == 0xff);
        let step = found.map_or(there.len(), |at| at + 1);
        file.consume(step);
        if found.is_some() {
            break;
        }
    }
    loop {
        let [byte] = take(file)?;
        if byte != 0xff {
            return Ok(byte);
        }
    }
}

fn png(file: &mut impl BufRead) -> io::Result<()> {
    skip(file, 8)?;
    loop {
        let len = u32::from_be_bytes(take(file)?);
        let name: [u8; 4] = take(file)?;
        skip(file, u64::from(len) + 4)?;
        if name == *b"IEND" {
            return Ok(());
        }
    }
}

/// Browsers show what has no trailer all the same, and some programs leave it out: the last picture's end will do.
fn gif(file: &mut impl BufRead) -> io::Result<Option<bool>> {
    let header: [u8; 13] = take(file)?;
    skip(file, colours(header[10]))?;
    let mut has_picture = false;
    loop {
        match take_up_to(file, 1)?.first() {
            Some(0x3b) => return Ok(Some(true)),
            Some(0x21) => skip(file, 1)?,
            Some(0x2c) => {
                let header: [u8; 9] = take(file)?;
                skip(file, colours(header[8]) + 1)?;
                has_picture = true;
            }
            Some(_) => return Ok(None),
            None => return Ok(Some(has_picture)),
        }
        loop {
            match take(file)? {
                [0] => break,
                [len] => skip(file, len.into())?,
            }
        }
    }
}

/// The length of a GIF's colour table.
fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn riff(file: &mut impl BufRead) -> io::Result<()> {
    let header: [u8; 8] = take(file)?;
    let len = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    // The last chunk's padding is sometimes counted, though it isn't there.
    skip(file, u64::from(len & !1))
}

fn boxes(file: &mut impl BufRead) -> io::Result<Option<bool>> {
    loop {
        let start = take_up_to(file, 8)?;
        let [a, b, c, d, name @ ..] = start.as_slice() else { return Ok(Some(start.is_empty())) };
        if name.len() < 4 {
            return Ok(Some(false));
        }
        let len = match u32::from_be_bytes([*a, *b, *c, *d]) {
            // It goes on to the file's end, wherever that is.
            0 => return Ok(None),
            1 => u64::from_be_bytes(take(file)?).checked_sub(16),
            len => u64::from(len).checked_sub(8),
        };
        // What has no boxes, or none that make sense, doesn't tell: such is a bare JPEG XL.
        match len {
            Some(len) if name.iter().all(u8::is_ascii_graphic) || name.contains(&b' ') => skip(file, len)?,
            _ => return Ok(None),
        }
    }
}

/// The last bytes that are looked at of a text.
const TAIL: usize = 4096;

fn svg(file: &mut impl BufRead) -> io::Result<Option<bool>> {
    let mut tail = take_up_to(file, 2)?;
    let is_text =
        tail.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) || tail == [0xef, 0xbb];
    if !is_text {
        // Compressed, or in another encoding.
        return Ok(None);
    }
    loop {
        let there = file.fill_buf()?;
        if there.is_empty() {
            break;
        }
        let step = there.len();
        tail.extend_from_slice(&there[step.saturating_sub(TAIL)..]);
        tail.drain(..tail.len().saturating_sub(TAIL));
        file.consume(step);
    }
    let has = |end: &[u8]| tail.windows(end.len()).any(|part| part == end);
    let ends = has(b"</svg") || has(b":svg>") || tail.trim_ascii_end().ends_with(b"/>");
    Ok(Some(ends))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn judge(bytes: &[u8]) -> Option<bool> {
        is_whole(sniff(bytes).expect("a picture"), bytes).expect("memory can be read")
    }

    #[test]
    fn whole_files_are_whole_and_cut_ones_are_cut() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
        let mut judged = 0;
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let bytes = fs::read(&path).expect("a file");
            let Some(whole) = sniff(&bytes).and_then(|_| judge(&bytes)) else { continue };
            assert!(whole, "{}", path.display());
            judged += 1;
            for cut in [bytes.len() / 4, bytes.len() / 2, bytes.len() - bytes.len() / 50 - 3] {
                if sniff(&bytes[..cut]).is_some() {
                    assert_eq!(judge(&bytes[..cut]), Some(false), "{} at {cut}", path.display());
                }
            }
        }
        assert!(judged > 7, "{judged}");
    }

    #[test]
    fn what_follows_the_end_and_a_preview_inside_do_not_matter() {
        let preview = [0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 2, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
        let cut = [&preview[..], &scan].concat();
        assert_eq!(judge(&cut), Some(false));
        assert_eq!(judge(&[&cut[..], &[0xff, 0xff, 0xd9], b"a film"].concat()), Some(true));
    }

    #[test]
    fn a_text_ends_with_its_element() {
        for (text, whole) in [
            ("<svg><g/></svg>\n<!-- made by hand -->", true),
            ("<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n", true),
            ("<svg><g></g><path d=\"M 0", false),
        ] {
            assert_eq!(is_whole(Format::Svg, text.as_bytes()).expect("read"), Some(whole), "{text}");
        }
    }
}
