//! Writes a PNG of a whole picture: with a palette where the colours are few, else as the samples are.

use super::{rows::RowWriter, survey::Survey};
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Metadata, Picture},
};

/// Encodes a picture, always without loss. XMP that is not UTF-8 is left out.
///
/// # Errors
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when the file would pass `Coding::max_bytes`,
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let raster = picture.into_raster()?;
    let (layout, size) = (raster.layout(), raster.size());
    let row_bytes = size.width as usize * layout.channels() as usize;
    let mut survey = Survey::new(layout, false);
    for row in raster.data().chunks(row_bytes) {
        survey.push(row);
        if survey.is_settled() {
            break;
        }
    }
    let mut facts = survey.into_facts();
    loop {
        let mut writer = RowWriter::new(size, facts, coding, metadata)?;
        let failed = match writer.push_rows(layout, raster.data()) {
            Ok(()) => match writer.finish() {
                Ok(file) => return Ok(file),
                Err(failed) => failed,
            },
            Err(error) => {
                let instead = writer.instead(&error);
                (error, instead)
            }
        };
        match failed {
            (_, Some(instead)) => facts = instead,
            (error, None) => return Err(error),
        }
    }
}
