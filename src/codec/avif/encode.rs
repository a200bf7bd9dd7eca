//! Writes a still AVIF: the pictures by [`rows`], the boxes around them by [`container`].
//!
//! Colour is full-range BT.601 YCbCr, which is what a JPEG's planes are, so they go in untouched. Grey has no
//! chroma planes at all, alpha is an auxiliary monochrome picture.

mod container;
mod rows;

pub(crate) use self::rows::RowWriter;
