//! Fax: ITU-T T.4 (Group 3) of one and of two dimensions, T.6 (Group 4), and TIFF's own Modified Huffman runs without
//! EOL codes. The tables of codes are those of the `fax` crate.
//!
//! A fax line is noisy, and so are files of it: of a damaged row the rest is white, and reading goes on at the next EOL
//! where there are EOLs.

mod bits;

use fax::maps::{Mode, black, mode, white};

use self::bits::Bits;
use crate::error::{Error, Result};

/// How rows are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Runs, each row from a new byte on, or from a new word of two.
    Rle { by_words: bool },
    /// Group 3, where an EOL may stand before each row, and with two dimensions a tag bit after it says how the row is
    /// coded.
    Group3 { two_dimensional: bool },
    /// Group 4: each row refers to the one above.
    Group4,
}

/// Reads rows of a strip.
pub(super) struct Fax<'a> {
    bits: Bits<'a>,
    coding: Coding,
    width: u32,
    /// The changing elements of the reference line and of the coding line (T.4 4.2.1.1). The first change is to black.
    reference: Vec<u32>,
    row: Vec<u32>,
    /// The data have ended: missing rows are white.
    is_over: bool,
    is_any: bool,
}

/// How a row ended.
enum RowEnd {
    Whole,
    Damaged,
    /// There was no row: the page has ended.
    EndOfPage,
}

impl<'a> Fax<'a> {
    pub(super) fn new(bytes: &'a [u8], is_lsb_first: bool, coding: Coding, width: u32) -> Result<Self> {
        let (mut reference, mut row) = (Vec::new(), Vec::new());
        reference.try_reserve_exact(width as usize + 2)?;
        row.try_reserve_exact(width as usize + 2)?;
        let bits = Bits::new(bytes, is_lsb_first);
        Ok(Self { bits, coding, width, reference, row, is_over: false, is_any: false })
    }

    /// Fills a row with bits, 1 being black.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when not even the first row makes sense,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for what is no fax inside one.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> Result<()> {
        out.fill(0);
        if self.is_over {
            return Ok(());
        }
        self.row.clear();
        let end = match self.coding {
            Coding::Rle { by_words } => {
                self.bits.align(if by_words { 16 } else { 8 });
                self.one_dimension()
            }
            Coding::Group3 { two_dimensional } => self.group3(two_dimensional),
            Coding::Group4 => self.two_dimensions()?,
        };
        match end {
            RowEnd::Whole => self.is_any = true,
            RowEnd::Damaged if matches!(self.coding, Coding::Group3 { .. }) => self.bits.find_eol(),
            RowEnd::Damaged if self.is_any => self.is_over = true,
            RowEnd::Damaged => return Err(Error::malformed("a strip of fax makes no sense")),
            RowEnd::EndOfPage => self.is_over = true,
        }
        if !matches!(end, RowEnd::Whole) && self.row.len() % 2 == 1 {
            self.row.pop();
        }
        for change in self.row.chunks(2) {
            blacken(out, change[0], change.get(1).copied().unwrap_or(self.width).min(self.width));
        }
        std::mem::swap(&mut self.reference, &mut self.row);
        Ok(())
    }

    fn group3(&mut self, two_dimensional: bool) -> RowEnd {
        let mut eols = 0;
        let mut is_coded_alone = true;
        while self.bits.skip_eol() {
            eols += 1;
            if two_dimensional {
                is_coded_alone = self.bits.take(1) == 1;
            }
        }
        // EOLs without rows between them end the page (RTC).
        if eols > 1 && self.is_any || self.bits.is_over() {
            return RowEnd::EndOfPage;
        }
        if is_coded_alone {
            return self.one_dimension();
        }
        self.two_dimensions().unwrap_or(RowEnd::Damaged)
    }

    /// Reads a row of one dimension: runs of white and black in turn.
    fn one_dimension(&mut self) -> RowEnd {
        if self.bits.is_over() {
            return RowEnd::EndOfPage;
        }
        let (mut at, mut is_black) = (0, false);
        while at < self.width {
            let Some(length) = self.run(is_black) else { return RowEnd::Damaged };
            at = at.saturating_add(length);
            self.change(at);
            is_black = !is_black;
        }
        RowEnd::Whole
    }

    /// Reads a row of two dimensions, by how it differs from the reference line.
    fn two_dimensions(&mut self) -> Result<RowEnd> {
        if self.bits.is_over() {
            return Ok(RowEnd::EndOfPage);
        }
        // `None` is the imaginary pixel before the first one.
        let (mut at, mut is_black, mut nearest) = (None, false, 0);
        while at.is_none_or(|at| at < self.width) {
            let Some(mode) = mode::decode(&mut self.bits) else { return Ok(RowEnd::Damaged) };
            nearest = self.next_reference(nearest, at, is_black);
            let next = |index: usize| self.reference.get(index).copied().unwrap_or(self.width);
            match mode {
                Mode::Pass => at = Some(next(nearest + 1)),
                Mode::Vertical(by) => {
                    let Some(change) = next(nearest)
                        .checked_add_signed(by.into())
                        .filter(|&change| change >= at.unwrap_or(0) && change <= self.width)
                    else {
                        return Ok(RowEnd::Damaged);
                    };
                    self.change(change);
                    (at, is_black) = (Some(change), !is_black);
                }
                Mode::Horizontal => {
                    let mut place = at.unwrap_or(0);
                    for is_black in [is_black, !is_black] {
                        let Some(length) = self.run(is_black) else { return Ok(RowEnd::Damaged) };
                        place = place.saturating_add(length);
                        self.change(place);
                    }
                    at = Some(place);
                }
                Mode::Extension => return Err(Error::unsupported("a fax with pictures that are not coded")),
                Mode::EOF => return Ok(RowEnd::EndOfPage),
            }
        }
        Ok(RowEnd::Whole)
    }

    /// The changing element b1 (T.4 4.2.1.1): the first of the reference line that is right of `at` and to the other
    /// colour. Those with even numbers are to black.
    fn next_reference(&self, from: usize, at: Option<u32>, is_black: bool) -> usize {
        let mut index = from - from % 2 + usize::from(is_black);
        let is_right =
            |index: usize| self.reference.get(index).is_none_or(|&change| at.is_none_or(|at| change > at));
        while index >= 2 && is_right(index - 2) {
            index -= 2;
        }
        while !is_right(index) {
            index += 2;
        }
        index
    }

    /// Adds a changing element. Two at one place cancel out.
    fn change(&mut self, at: u32) {
        if self.row.last() == Some(&at) {
            self.row.pop();
        } else if at < self.width {
            self.row.push(at);
        } else if self.row.last().is_none_or(|&last| last < self.width) {
            // Only for the count: changes of both colours come in turn.
            self.row.push(self.width);
        }
    }

    /// Reads a run: make-up codes of multiples of 64, then a terminating code of less.
    fn run(&mut self, is_black: bool) -> Option<u32> {
        let mut length = 0_u32;
        loop {
            let code = if is_black { black::decode(&mut self.bits) } else { white::decode(&mut self.bits) }?;
            length = length.checked_add(code.into())?;
            if code < 64 {
                return Some(length);
            }
            if length > self.width {
                return None;
            }
        }
    }
}

/// Sets the bits from `from` to `to`.
fn blacken(row: &mut [u8], from: u32, to: u32) {
    let (from, to) = (from as usize, to as usize);
    if from >= to {
        return;
    }
    let (first, last) = (from / 8, (to - 1) / 8);
    let (head, tail) = (0xff_u8 >> (from % 8), 0xff_u8 << (7 - (to - 1) % 8));
    if first == last {
        row[first] |= head & tail;
    } else {
        row[first] |= head;
        row[first + 1..last].fill(0xff);
        row[last] |= tail;
    }
}

#[cfg(test)]
mod tests {
    use fax::{BitWriter, Bits as Code, Color, VecWriter, encoder::Encoder};

    use super::*;

    const WIDTH: u32 = 77;

    /// Rows of runs that grow and shrink, some white, one black.
    fn rows() -> Vec<Vec<bool>> {
        let pixel = |x: u32, y: u32| match y % 7 {
            0 => false,
            6 => true,
            _ => (x * x + y * 31) / (y * 9 + 5) % 3 == 1,
        };
        (0..40).map(|y| (0..WIDTH).map(|x| pixel(x, y)).collect()).collect()
    }

    fn read(bytes: &[u8], is_lsb_first: bool, coding: Coding) -> Vec<Vec<bool>> {
        let mut fax = Fax::new(bytes, is_lsb_first, coding, WIDTH).unwrap();
        let mut row = vec![0; (WIDTH as usize).div_ceil(8)];
        let mut read = || {
            fax.fill(&mut row).unwrap();
            (0..WIDTH as usize).map(|x| row[x / 8] << (x % 8) & 0x80 != 0).collect()
        };
        (0..40).map(|_| read()).collect()
    }

    fn write_row(writer: &mut VecWriter, row: &[bool]) {
        let mut is_black = false;
        let mut at = 0;
        while at < row.len() {
            let length = row[at..].iter().take_while(|&&pixel| pixel == is_black).count();
            at += length;
            let encode = if is_black { black::encode } else { white::encode };
            if length >= 64 {
                writer.write(encode(64).unwrap()).unwrap();
            }
            writer.write(encode((length % 64) as u16).unwrap()).unwrap();
            is_black = !is_black;
        }
    }

    #[test]
    fn group_4_is_read_in_both_orders_of_bits() {
        let mut encoder = Encoder::new(VecWriter::new());
        for row in rows() {
            let photometric = row.iter().map(|&pixel| if pixel { Color::Black } else { Color::White });
            encoder.encode_line(photometric, WIDTH as u16).unwrap();
        }
        let mut bytes = encoder.finish().unwrap().finish();
        assert!(read(&bytes, false, Coding::Group4) == rows());
        bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        assert!(read(&bytes, true, Coding::Group4) == rows());
    }

    #[test]
    fn runs_and_group_3_are_read_with_marks_or_without() {
        let eol = Code { data: 1, len: 12 };
        let [mut with_eols, mut bare, mut padded, mut words] = [(); 4].map(|()| VecWriter::new());
        let mut length = 0;
        for row in rows() {
            with_eols.write(eol).unwrap();
            write_row(&mut with_eols, &row);
            write_row(&mut bare, &row);
            let mut alone = VecWriter::new();
            write_row(&mut alone, &row);
            let alone = alone.finish();
            length += alone.len();
            for byte in alone {
                padded.write(Code { data: byte.into(), len: 8 }).unwrap();
                words.write(Code { data: byte.into(), len: 8 }).unwrap();
            }
            if length % 2 == 1 {
                words.write(Code { data: 0, len: 8 }).unwrap();
                length += 1;
            }
        }
        for _ in 0..6 {
            with_eols.write(eol).unwrap();
        }
        let group3 = Coding::Group3 { two_dimensional: false };
        assert!(read(&with_eols.finish(), false, group3) == rows());
        assert!(read(&bare.finish(), false, group3) == rows());
        assert!(read(&padded.finish(), false, Coding::Rle { by_words: false }) == rows());
        assert!(read(&words.finish(), false, Coding::Rle { by_words: true }) == rows());
    }

    #[test]
    fn a_damaged_row_costs_no_other() {
        let eol = Code { data: 1, len: 12 };
        let mut writer = VecWriter::new();
        for (y, row) in rows().iter().enumerate() {
            writer.write(eol).unwrap();
            if y == 3 {
                // No code begins with eight zeros.
                writer.write(Code { data: 1, len: 9 }).unwrap();
                continue;
            }
            write_row(&mut writer, row);
        }
        let read = read(&writer.finish(), false, Coding::Group3 { two_dimensional: false });
        assert!(read[3].iter().all(|pixel| !pixel));
        assert!(read[..3] == rows()[..3] && read[4..] == rows()[4..]);
    }

    #[test]
    fn what_is_no_fax_ends() {
        for seed in 0..200_u32 {
            let bytes: Vec<u8> = (0..300).map(|at| ((at * at + 7) * (seed + 3) / 5) as u8).collect();
            for coding in [
                Coding::Group4,
                Coding::Group3 { two_dimensional: true },
                Coding::Group3 { two_dimensional: false },
                Coding::Rle { by_words: true },
            ] {
                let mut fax = Fax::new(&bytes[seed as usize..], false, coding, WIDTH).unwrap();
                let mut row = vec![0; (WIDTH as usize).div_ceil(8)];
                let _ = (0..100).try_for_each(|_| fax.fill(&mut row));
            }
        }
    }
}
