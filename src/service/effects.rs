//! What a URL asks to be done to a picture beside its size: read, written into keys, and given to a conversion. A value that
//! isn't allowed is an error that says what is.

use crate::{
    codec::Probe,
    convert::{self, Fit, Focus, Params, Placement, Trim},
    pixel::Orientation,
    service::watermarking::Watermarking,
};

/// The parameters.
pub(super) const NAMES: [&str; 7] = ["rotate", "flip", "trim", "background", "blur", "sharpen", "max_bytes"];

/// The parameter of a mark, where there is one.
pub(super) const WATERMARK: &str = "watermark";

/// The lengths that a result may be given, of which whole KiB are taken.
pub(super) const LENGTHS: std::ops::RangeInclusive<u32> = 1 << 10..=100 << 20;

/// What is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Effects {
    /// How it is turned.
    pub(super) turn: Orientation,
    /// The border that is cut off.
    pub(super) trim: Option<Trim>,
    /// The colour behind what is transparent.
    pub(super) background: Option<[u8; 3]>,
    /// In tenths of a pixel.
    pub(super) blur: u16,
    pub(super) sharpen: u16,
    /// Which mark is on it, and where.
    pub(super) watermark: Option<([u8; 8], Placement)>,
    /// The most bytes of the result.
    pub(super) max_bytes: Option<u32>,
}

impl Effects {
    /// Reads the first of each parameter but that of a mark.
    ///
    /// # Errors
    /// What is to be told of a value that isn't allowed, with the parameter's name.
    pub(super) fn read<'a>(first: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let wrong = |name: &str, text: &str, allowed: &str| {
            format!("{name}: {text:?} is not allowed; it is {allowed}")
        };
        let (rotate, flip) = (first("rotate"), first("flip"));
        let turn = convert::parse_turn(rotate, flip).map_err(|(name, allowed)| {
            let text = if name == "rotate" { rotate } else { flip };
            wrong(name, text.unwrap_or_default(), allowed)
        })?;
        let trim =
            first("trim").map(|text| parse_trim(text).map_err(|allowed| wrong("trim", text, &allowed)));
        let background = first("background")
            .map(|text| convert::parse_color(text).map_err(|allowed| wrong("background", text, &allowed)));
        let sigma = |name: &str, parse: fn(&str) -> Result<u16, String>| {
            first(name).map_or(Ok(0), |text| parse(text).map_err(|allowed| wrong(name, text, &allowed)))
        };
        let (blur, sharpen) =
            (sigma("blur", convert::parse_blur)?, sigma("sharpen", convert::parse_sharpen)?);
        let max_bytes = first("max_bytes").map(|text| {
            let allowed = || wrong("max_bytes", text, "a whole number of bytes from 1024 to 104857600");
            parse_length(text).ok_or_else(allowed)
        });
        let (background, max_bytes) = (background.transpose()?, max_bytes.transpose()?);
        Ok(Self { turn, trim: trim.transpose()?, background, blur, sharpen, max_bytes, watermark: None })
    }

    /// Reads what is asked of a mark.
    ///
    /// # Errors
    /// What is to be told of a value that isn't allowed.
    pub(super) fn set_watermark(&mut self, of: &Watermarking, text: Option<&str>) -> Result<(), String> {
        let asked = text.filter(|_| of.always.is_none()).map(|text| {
            let wrong = |allowed| format!("{WATERMARK}: {text:?} is not allowed; it is {allowed}");
            Placement::parse(text).map(coarse).map_err(wrong)
        });
        self.watermark = of.always.or(asked.transpose()?).map(|placement| (of.id(), placement));
        Ok(())
    }

    /// Those that make a difference to a source.
    pub(super) fn of_source(self, probe: &Probe, fit: Option<Fit>) -> Self {
        let is_seen = probe.alpha || fit == Some(Fit::Pad);
        Self { background: self.background.filter(|_| is_seen), ..self }
    }

    /// True if other pixels are shown.
    pub(super) fn is_seen(self) -> bool {
        Self { max_bytes: None, ..self } != Self::default()
    }

    /// As a key has them.
    pub(super) fn key(&self) -> String {
        let Self { turn, trim, background, blur, sharpen, watermark, max_bytes } = *self;
        let turn = (turn != Orientation::Upright).then(|| format!("&turn={}", turn.name()));
        let trim = trim.map(|trim| format!("&trim={}", trim.name()));
        let background = background.map(|[r, g, b]| format!("&background={r:02x}{g:02x}{b:02x}"));
        let sigma = |name: &str, tenths: u16| (tenths > 0).then(|| format!("&{name}={tenths}"));
        let watermark = watermark.map(|(id, placement)| {
            let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("&watermark={id}:{}", placement.name())
        });
        let max_bytes = max_bytes.map(|bytes| format!("&max_bytes={bytes}"));
        [turn, trim, background, sigma("blur", blur), sigma("sharpen", sharpen), watermark, max_bytes]
            .into_iter()
            .flatten()
            .collect()
    }

    /// As a conversion has them.
    pub(super) fn apply(&self, params: Params, mark: Option<&Watermarking>) -> Params {
        let Self { turn, trim, background, blur, sharpen, watermark, max_bytes } = *self;
        let params = params.with_turn(turn).with_trim(trim).with_background(background);
        let mark = mark.zip(watermark).map(|(mark, (_, placement))| mark.at(placement));
        let params = params.with_watermark(mark);
        params.with_blur(blur).with_sharpen(sharpen).with_target_size(max_bytes.map(u64::from))
    }
}

/// A placement as requests may ask for it: in tenths of its opacity and of the sides, in tens of pixels, and in twentieths of
/// the width.
fn coarse(placement: Placement) -> Placement {
    let tenth = |hundredths: u8| (hundredths + 5) / 10 * 10;
    let Placement { opacity, position, offset, scale, .. } = placement;
    Placement {
        opacity: opacity.next_multiple_of(10),
        position: Focus::new(tenth(position.x()), tenth(position.y())),
        offset: offset.map(|pixels| pixels / 10 * 10),
        scale: scale.next_multiple_of(5),
        ..placement
    }
}

/// Thresholds between which there is none.
const THRESHOLD_STEP: u8 = 5;

/// A border; its threshold goes up to the next five.
fn parse_trim(text: &str) -> Result<Trim, String> {
    let trim = Trim::parse(text)?;
    Ok(trim.with_threshold(trim.threshold.next_multiple_of(THRESHOLD_STEP)))
}

fn parse_length(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|digit| digit.is_ascii_digit());
    let bytes = text.parse().ok().filter(|bytes| is_number && LENGTHS.contains(bytes))?;
    Some(bytes >> 10 << 10)
}
