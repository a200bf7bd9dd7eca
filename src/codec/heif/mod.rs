//! HEIF files (ISO 23008-12, ISO 14496-12), the container of AVIF and HEIC: what their boxes say, and the pixels of their
//! pictures, whatever codes them.
//!
//! [`boxes`] walks boxes, [`items`] finds the items of a file, their bytes and how they belong together,
//! [`properties`] reads what is said of an item, [`probe`] tells what all of that says of the primary picture.
//!
//! [`picture`] says what is to be decoded, by a [`coding`] that the format brings, and [`finder`] of which tiles; [`ycbcr`] makes colours of its samples,
//! [`rows`] puts rows together with alpha and the part that is shown.

mod boxes;
// The bytes of tiles in pieces are put together for AVIF alone.
#[cfg_attr(not(feature = "avif"), expect(dead_code))]
mod coding;
mod finder;
mod items;
mod memory;
mod picture;
pub(super) mod probe;
mod properties;
mod rows;
mod ycbcr;

pub(super) use self::{
    coding::{Chroma, Coding, Facts, Source, Tile, TileRows, Tiles},
    items::{Items, Locations},
    memory::decoding,
    probe::probe_coded,
    properties::{Nclx, Properties},
    rows::{decode, decode_rows},
};
