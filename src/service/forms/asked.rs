//! What a form's options ask for, gathered to be written as a query of ours.

use super::Refusal;
use crate::{
    codec::Format,
    convert::{self, Placement, Trim},
    service::{effects, params, policy::Policy},
};

/// Parameters of ours, by their names.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) fit: Option<&'static str>,
    pub(super) gravity: Option<String>,
    pub(super) rotate: Option<&'static str>,
    /// Mirrored left to right, and top to bottom, after that.
    pub(super) flips: (bool, bool),
    pub(super) trim: Option<Trim>,
    pub(super) background: Option<String>,
    pub(super) blur: Option<String>,
    pub(super) sharpen: Option<String>,
    /// The picture is padded, and lies there.
    pub(super) extends: bool,
    pub(super) extend_gravity: Option<String>,
    pub(super) watermark: Option<Placement>,
    pub(super) max_bytes: Option<u32>,
    pub(super) dpr: Option<String>,
    pub(super) quality: Option<u8>,
    pub(super) format: Option<Format>,
    pub(super) still: bool,
}

impl Asked {
    /// As a query.
    pub(super) fn query(&self) -> String {
        let number = |name: &str, value: Option<u32>| value.map(|value| format!("{name}={value}"));
        let has_box = self.width.is_some() && self.height.is_some();
        let parts = [
            number("width", self.width),
            number("height", self.height),
            self.fit.filter(|_| has_box).map(|fit| format!("fit={fit}")),
            self.gravity.as_ref().filter(|_| has_box).map(|gravity| format!("gravity={gravity}")),
            self.rotate.map(|degrees| format!("rotate={degrees}")),
            match self.flips {
                (false, false) => None,
                (true, false) => Some("flip=h".to_owned()),
                (false, true) => Some("flip=v".to_owned()),
                (true, true) => Some("flip=both".to_owned()),
            },
            self.trim.map(|trim| format!("trim={}", trim.name())),
            self.background.as_ref().map(|color| format!("background={color}")),
            self.blur.as_ref().map(|sigma| format!("blur={sigma}")),
            self.sharpen.as_ref().map(|sigma| format!("sharpen={sigma}")),
            self.watermark.map(|placement| format!("watermark={}", placement.name())),
            number("max_bytes", self.max_bytes),
            self.dpr.as_ref().map(|dpr| format!("dpr={dpr}")),
            number("quality", self.quality.map(u32::from)),
            self.format.map(|format| format!("format={}", format.name())),
            self.still.then(|| "still".to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }

    pub(super) fn set_dpr(&mut self, option: &str, value: &str) -> Result<(), Refusal> {
        let is_allowed = value.parse().is_ok_and(|dpr: f32| (1.0..=4.0).contains(&dpr));
        if !is_allowed {
            return Err(out_of_range(option, value, "a number from 1 to 4"));
        }
        self.dpr = Some(value.to_owned());
        Ok(())
    }

    pub(super) fn set_rotate(&mut self, option: &str, value: &str) -> Result<(), Refusal> {
        self.rotate = match value {
            "0" => None,
            "90" => Some("90"),
            "180" => Some("180"),
            "270" => Some("270"),
            _ => return Err(out_of_range(option, value, "0, 90, 180 or 270 degrees")),
        };
        Ok(())
    }

    pub(super) fn set_background(&mut self, option: &str, value: &str) -> Result<(), Refusal> {
        let color = convert::parse_color(value).map_err(|allowed| out_of_range(option, value, &allowed))?;
        self.background = Some(color.iter().map(|sample| format!("{sample:02x}")).collect());
        Ok(())
    }

    /// Sets the colour of the border that is cut off.
    pub(super) fn set_trim_color(&mut self, option: &str, value: &str) -> Result<(), Refusal> {
        let color = convert::parse_color(value).map_err(|allowed| out_of_range(option, value, &allowed))?;
        self.trim = Some(self.trim.unwrap_or_default().with_color(color));
        Ok(())
    }

    pub(super) fn set_format(&mut self, option: &str, value: &str, policy: &Policy) -> Result<(), Refusal> {
        let value = if value == "baseline-jpeg" { "jpeg" } else { value };
        let format = params::parse_format(value, policy);
        self.format = Some(format.ok_or_else(|| out_of_range(option, value, "a format that is made here"))?);
        Ok(())
    }
}

/// A side in pixels; 0 and `auto` are as the other one and the picture's shape have it.
pub(super) fn side(option: &str, value: &str) -> Result<Option<u32>, Refusal> {
    let side = number(value).filter(|side| *side <= params::LONGEST_SIDE);
    let side = side.ok_or_else(|| out_of_range(option, value, "0 to 65535 pixels"))?;
    Ok(Some(side).filter(|side| *side > 0))
}

/// 1 to 100.
pub(super) fn quality(option: &str, value: &str) -> Result<u8, Refusal> {
    let quality = number(value).and_then(|quality| u8::try_from(quality).ok());
    quality
        .filter(|quality| (1..=100).contains(quality))
        .ok_or_else(|| out_of_range(option, value, "1 to 100"))
}

/// A focal point, as our parameter has it.
pub(super) fn focus(option: &str, x: &str, y: &str) -> Result<String, Refusal> {
    let is_share = |text: &str| text.parse().is_ok_and(|share: f32| (0.0..=1.0).contains(&share));
    match is_share(x) && is_share(y) {
        true => Ok(format!("{x}x{y}")),
        false => Err(out_of_range(option, &format!("{x}, {y}"), "two numbers from 0 to 1")),
    }
}

/// A number of bytes.
pub(super) fn length(option: &str, value: &str) -> Result<u32, Refusal> {
    let bytes = number(value).filter(|bytes| effects::LENGTHS.contains(bytes));
    bytes.ok_or_else(|| out_of_range(option, value, "0, or 1024 to 104857600 bytes"))
}

/// A standard deviation, as our parameter has it.
pub(super) fn sigma(
    option: &str,
    value: &str,
    parse: fn(&str) -> Result<u16, String>,
) -> Result<Option<String>, Refusal> {
    match parse(value) {
        Ok(_) => Ok(Some(value.to_owned())),
        Err(allowed) => Err(out_of_range(option, value, &allowed)),
    }
}

pub(super) fn out_of_range(option: &str, value: &str, allowed: &str) -> Refusal {
    Refusal::wrong(format!("{option}: {value:?} is not allowed; it is {allowed}"))
}

pub(super) fn unknown(option: &str, of: &str) -> Refusal {
    Refusal::wrong(format!("{option:?} of {of} isn't done here"))
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}
