//! Frame headers (T.81 B.2.2).

use crate::{
    error::{Error, Result},
    pixel::Size,
};

/// A frame header.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The number of its SOF marker, 0 to 15: 0 baseline, 1 extended sequential, 2 progressive, 3 lossless, 9 and up
    /// arithmetic.
    pub(super) process: u8,
    /// Bits of a sample (P).
    pub(super) precision: u8,
    pub(super) size: Size,
    pub(super) components: Vec<Component>,
}

/// A component of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    /// Its identifier (Ci).
    pub(super) id: u8,
    /// The horizontal and vertical sampling factors (Hi, Vi).
    pub(super) h_samp: u32,
    pub(super) v_samp: u32,
    /// The number of its quantization table (Tqi).
    pub(super) quant_table: u8,
}

impl Frame {
    /// Reads the payload of the SOF marker of a number.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it is short, or says what no JPEG can have.
    pub(super) fn read(process: u8, payload: &[u8]) -> Result<Self> {
        let short = || Error::malformed("a short frame header");
        let &[precision, h1, h0, w1, w0, count, ..] = payload else { return Err(short()) };
        let specs = payload.get(6..6 + 3 * usize::from(count)).ok_or_else(short)?;
        let components: Vec<Component> = specs
            .chunks_exact(3)
            .map(|spec| Component {
                id: spec[0],
                h_samp: u32::from(spec[1] >> 4),
                v_samp: u32::from(spec[1] & 15),
                quant_table: spec[2],
            })
            .collect();
        if !matches!(components.len(), 1 | 3 | 4) {
            return Err(Error::malformed(format!("a JPEG of {count} components")));
        }
        if components.iter().any(|c| !(1..=4).contains(&c.h_samp) || !(1..=4).contains(&c.v_samp)) {
            return Err(Error::malformed("a sampling factor that is not 1 to 4"));
        }
        let size = Size::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
        Ok(Self { process, precision, size, components })
    }

    pub(super) const fn is_progressive(&self) -> bool {
        self.process == 2
    }

    /// The largest sampling factors (Hmax, Vmax).
    pub(super) fn max_factors(&self) -> (u32, u32) {
        let max = |of: fn(&Component) -> u32| self.components.iter().map(of).max().unwrap_or(1);
        (max(|component| component.h_samp), max(|component| component.v_samp))
    }
}
