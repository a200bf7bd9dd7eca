//! Which of a conversion's parameters make a kept variant another one, beside those that its id names.

use serde::{Deserialize, Serialize};

use crate::convert::{Fit, Interest, Mode, Params, Resize};

/// The settings that a variant was made with, as far as the id doesn't name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodeSettings {
    quality: u8,
    effort: u8,
    mode: u8,
    keep_metadata: bool,
    /// Which part of the source a crop keeps; 0 where nothing is cropped, and where an older version made it.
    #[serde(default)]
    crop: u8,
}

impl EncodeSettings {
    /// The settings in a conversion's parameters.
    #[must_use]
    pub const fn of(params: &Params) -> Self {
        // All of them by name: whether a new one belongs here has to be said. A variant is listed by its format, and
        // the id names size, fit, what is done beside that and whether it stands still; no request sets the others.
        let Params {
            format: _,
            quality,
            alpha_quality: _,
            effort,
            mode,
            ref resize,
            turn: _,
            trim: _,
            background: _,
            blur: _,
            sharpen: _,
            watermark: _,
            keep_metadata,
            target_size: _,
            still: _,
        } = *params;
        let mode = match mode {
            Mode::Auto => 0,
            Mode::Lossy => 1,
            Mode::Lossless => 2,
        };
        let crop = match resize {
            Some(Resize { fit: Fit::Cover, interest, .. }) => match interest {
                Interest::Centre => 1,
                Interest::Entropy => 2,
                Interest::Low => 3,
                Interest::High => 4,
                // The service knows tenths, and the id names what it was asked.
                Interest::Around(focus) => 5 + focus.x() / 10 * 11 + focus.y() / 10,
            },
            _ => 0,
        };
        Self { quality, effort, mode, keep_metadata, crop }
    }
}
