//! Fax: ITU-T T.4 (Group 3) of one and of two dimensions, T.6 (Group 4), and TIFF's own run lengths without marks. The
//! tables of codes are those of the `fax` crate.
//!
//! A fax line is noisy, and so are files of it: of a damaged row the rest is white, and reading goes on at the next mark
//! where there are marks.

use std::convert::Infallible;

use fax::{
    BitReader,
    maps::{Mode, black, mode, white},
};

use crate::error::{Error, Result};

/// How rows are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Runs, each row from a new byte on, or from a new word of two.
    Runs { by_words: bool },
    /// Group 3, where a mark may stand before each row, and a bit after it says how it is coded if there are
    /// `two` dimensions.
    Group3 { two: bool },
    /// Group 4: every row builds on the one above.
    Group4,
}

/// Reads rows of a strip.
pub(super) struct Fax<'a> {
    bits: Bits<'a>,
    coding: Coding,
    width: u32,
    /// Where the colour changes in the row above, and in this one. The first change is to black.
    above: Vec<u32>,
    row: Vec<u32>,
    /// Nothing more comes: what is missing is white.
    is_over: bool,
    is_any: bool,
}

/// What a row was.
enum End {
    Whole,
    Damaged,
    /// There was none.
    Page,
}

impl<'a> Fax<'a> {
    pub(super) fn new(bytes: &'a [u8], is_reversed: bool, coding: Coding, width: u32) -> Result<Self> {
        let (mut above, mut row) = (Vec::new(), Vec::new());
        above.try_reserve_exact(width as usize + 2)?;
        row.try_reserve_exact(width as usize + 2)?;
        let bits = Bits { bytes, is_reversed, at: 0 };
        Ok(Self { bits, coding, width, above, row, is_over: false, is_any: false })
    }

    /// Fills a row with bits, 1 being black.
    ///
    /// # Errors
    /// `Malformed` when not even the first row makes sense, `Unsupported` for what is no fax inside one.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> Result<()> {
        out.fill(0);
        if self.is_over {
            return Ok(());
        }
        self.row.clear();
        let end = match self.coding {
            Coding::Runs { by_words } => {
                self.bits.align(if by_words { 16 } else { 8 });
                self.one_dimension()
            }
            Coding::Group3 { two } => self.group3(two),
            Coding::Group4 => self.two_dimensions()?,
        };
        match end {
            End::Whole => self.is_any = true,
            End::Damaged if matches!(self.coding, Coding::Group3 { .. }) => self.bits.find_mark(),
            End::Damaged if self.is_any => self.is_over = true,
            End::Damaged => return Err(Error::malformed("a strip of fax makes no sense")),
            End::Page => self.is_over = true,
        }
        if !matches!(end, End::Whole) && self.row.len() % 2 == 1 {
            self.row.pop();
        }
        for change in self.row.chunks(2) {
            blacken(out, change[0], change.get(1).copied().unwrap_or(self.width).min(self.width));
        }
        std::mem::swap(&mut self.above, &mut self.row);
        Ok(())
    }

    fn group3(&mut self, two: bool) -> End {
        let mut marks = 0;
        let mut is_coded_alone = true;
        while self.bits.skip_mark() {
            marks += 1;
            if two {
                is_coded_alone = self.bits.take(1) == 1;
            }
        }
        // Marks without rows between them end the page.
        if marks > 1 && self.is_any || self.bits.is_over() {
            return End::Page;
        }
        if is_coded_alone {
            return self.one_dimension();
        }
        self.two_dimensions().unwrap_or(End::Damaged)
    }

    /// Runs of white and black in turn.
    fn one_dimension(&mut self) -> End {
        if self.bits.is_over() {
            return End::Page;
        }
        let (mut at, mut is_black) = (0, false);
        while at < self.width {
            let Some(length) = self.run(is_black) else { return End::Damaged };
            at = at.saturating_add(length);
            self.change(at);
            is_black = !is_black;
        }
        End::Whole
    }

    /// A row by how it differs from the one above.
    fn two_dimensions(&mut self) -> Result<End> {
        if self.bits.is_over() {
            return Ok(End::Page);
        }
        // `None` is the imaginary pixel before the first one.
        let (mut at, mut is_black, mut nearest) = (None, false, 0);
        while at.is_none_or(|at| at < self.width) {
            let Some(mode) = mode::decode(&mut self.bits) else { return Ok(End::Damaged) };
            nearest = self.next_above(nearest, at, is_black);
            let next = |index: usize| self.above.get(index).copied().unwrap_or(self.width);
            match mode {
                Mode::Pass => at = Some(next(nearest + 1)),
                Mode::Vertical(by) => {
                    let Some(change) = next(nearest)
                        .checked_add_signed(by.into())
                        .filter(|&change| change >= at.unwrap_or(0) && change <= self.width)
                    else {
                        return Ok(End::Damaged);
                    };
                    self.change(change);
                    (at, is_black) = (Some(change), !is_black);
                }
                Mode::Horizontal => {
                    let mut place = at.unwrap_or(0);
                    for is_black in [is_black, !is_black] {
                        let Some(length) = self.run(is_black) else { return Ok(End::Damaged) };
                        place = place.saturating_add(length);
                        self.change(place);
                    }
                    at = Some(place);
                }
                Mode::Extension => return Err(Error::unsupported("a fax with pictures that are not coded")),
                Mode::EOF => return Ok(End::Page),
            }
        }
        Ok(End::Whole)
    }

    /// The first change above that is right of `at`, and to the other colour: the list's even ones are to black.
    fn next_above(&self, from: usize, at: Option<u32>, is_black: bool) -> usize {
        let mut index = from - from % 2 + usize::from(is_black);
        let is_right =
            |index: usize| self.above.get(index).is_none_or(|&change| at.is_none_or(|at| change > at));
        while index >= 2 && is_right(index - 2) {
            index -= 2;
        }
        while !is_right(index) {
            index += 2;
        }
        index
    }

    /// Notes a change of colour. Two at one place are none.
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

    /// A run: codes of multiples of 64, then one of less.
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

/// Bits of a strip, from the heaviest of each byte on, or from the lightest. Past the end they are 0.
#[derive(Clone, Copy)]
struct Bits<'a> {
    bytes: &'a [u8],
    is_reversed: bool,
    at: usize,
}

impl Bits<'_> {
    /// The next bits, at most 16 of them.
    fn look(&self, count: u8) -> u16 {
        let byte = |index: usize| {
            let byte = self.bytes.get(self.at / 8 + index).copied().unwrap_or(0);
            u32::from(if self.is_reversed { byte.reverse_bits() } else { byte })
        };
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        (bits << (self.at % 8) >> (24 - u32::from(count)) & ((1 << count) - 1)) as u16
    }

    fn take(&mut self, count: u8) -> u16 {
        let bits = self.look(count);
        self.at += usize::from(count);
        bits
    }

    const fn is_over(&self) -> bool {
        self.at / 8 >= self.bytes.len()
    }

    const fn align(&mut self, bits: usize) {
        self.at = self.at.next_multiple_of(bits);
    }

    /// Passes over a mark: eleven zeros or more, and a one. False where there is none.
    fn skip_mark(&mut self) -> bool {
        if self.look(11) != 0 {
            return false;
        }
        while !self.is_over() {
            if self.take(1) == 1 {
                return true;
            }
        }
        false
    }

    /// Goes on to the next mark, or to the end.
    fn find_mark(&mut self) {
        while self.look(11) != 0 && !self.is_over() {
            self.at += 1;
        }
    }
}

impl BitReader for Bits<'_> {
    type Error = Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        (bits <= 16).then(|| self.look(bits))
    }

    fn consume(&mut self, bits: u8) -> Result<(), Infallible> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        ((8 - self.at % 8) % 8) as u8
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

    fn read(bytes: &[u8], is_reversed: bool, coding: Coding) -> Vec<Vec<bool>> {
        let mut fax = Fax::new(bytes, is_reversed, coding, WIDTH).unwrap();
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
            let colors = row.iter().map(|&pixel| if pixel { Color::Black } else { Color::White });
            encoder.encode_line(colors, WIDTH as u16).unwrap();
        }
        let mut bytes = encoder.finish().unwrap().finish();
        assert!(read(&bytes, false, Coding::Group4) == rows());
        bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        assert!(read(&bytes, true, Coding::Group4) == rows());
    }

    #[test]
    fn runs_and_group_3_are_read_with_marks_or_without() {
        let mark = Code { data: 1, len: 12 };
        let [mut marked, mut bare, mut padded, mut words] = [(); 4].map(|()| VecWriter::new());
        let mut length = 0;
        for row in rows() {
            marked.write(mark).unwrap();
            write_row(&mut marked, &row);
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
            marked.write(mark).unwrap();
        }
        let group3 = Coding::Group3 { two: false };
        assert!(read(&marked.finish(), false, group3) == rows());
        assert!(read(&bare.finish(), false, group3) == rows());
        assert!(read(&padded.finish(), false, Coding::Runs { by_words: false }) == rows());
        assert!(read(&words.finish(), false, Coding::Runs { by_words: true }) == rows());
    }

    #[test]
    fn a_damaged_row_costs_no_other() {
        let mark = Code { data: 1, len: 12 };
        let mut writer = VecWriter::new();
        for (y, row) in rows().iter().enumerate() {
            writer.write(mark).unwrap();
            if y == 3 {
                // No code begins with eight zeros.
                writer.write(Code { data: 1, len: 9 }).unwrap();
                continue;
            }
            write_row(&mut writer, row);
        }
        let read = read(&writer.finish(), false, Coding::Group3 { two: false });
        assert!(read[3].iter().all(|pixel| !pixel));
        assert!(read[..3] == rows()[..3] && read[4..] == rows()[4..]);
    }

    #[test]
    fn what_is_no_fax_ends() {
        for seed in 0..200_u32 {
            let bytes: Vec<u8> = (0..300).map(|at| ((at * at + 7) * (seed + 3) / 5) as u8).collect();
            for coding in [
                Coding::Group4,
                Coding::Group3 { two: true },
                Coding::Group3 { two: false },
                Coding::Runs { by_words: true },
            ] {
                let mut fax = Fax::new(&bytes[seed as usize..], false, coding, WIDTH).unwrap();
                let mut row = vec![0; (WIDTH as usize).div_ceil(8)];
                let _ = (0..100).try_for_each(|_| fax.fill(&mut row));
            }
        }
    }
}
