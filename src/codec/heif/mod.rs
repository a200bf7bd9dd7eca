//! HEIF files (ISO 23008-12, ISO 14496-12), the container of AVIF and HEIC: what their boxes say, without decoding
//! anything.
//!
//! [`boxes`] walks boxes, [`items`] finds the items of a file, their bytes and how they belong together,
//! [`properties`] reads what is said of an item, [`probe`] tells what all of that says of the primary picture.

mod boxes;
mod items;
mod probe;
mod properties;

pub(super) use self::{
    items::{Items, Locations},
    probe::probe,
    properties::{Nclx, Properties},
};
