//! Writes a JPEG by rows, by an encoder of our own: from planes as they are, 4:2:0 where chroma need not keep its size,
//! with Huffman tables made for each scan, and progressive except where that is longer (small pictures).
//!
//! In order: a [`band`](rows) of rows becomes blocks, whose [coefficients](transform) become the [symbols](scans) of scans.
//! Those are [held](stream) until all of them are counted, as a progressive file has its scans one after another; their
//! [codes](huffman) then make the [file], whose length is known before its memory is taken.

mod file;
mod huffman;
mod rows;
mod scans;
mod stream;
#[cfg(test)]
mod tests;
mod transform;

pub(crate) use self::rows::RowWriter;
pub(super) use self::{
    rows::BAND,
    scans::{BEGUN, most_symbol_bytes, symbol_bytes},
};
