//! What is wanted of a drawing as a line of JSON, for the process that draws it, and read there.

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value as Json, json};

use crate::{
    codec::Format,
    convert::{Filter, Fit, Interest, Mark, Mode, Params, Placement, Resize, Trim, Watermark},
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Raster, Size},
};

/// The word of a value.
fn name<T: PartialEq>(names: &'static [(&'static str, T)], value: &T) -> Option<&'static str> {
    names.iter().find(|(_, known)| known == value).map(|(name, _)| *name)
}

/// The value of a word.
fn named<T: Copy>(names: &[(&str, T)], word: &Json) -> Result<T> {
    names
        .iter()
        .find(|(name, _)| Some(*name) == word.as_str())
        .map(|(_, value)| *value)
        .ok_or_else(unreadable)
}

pub(super) fn unreadable() -> Error {
    Error::new(Kind::Parameter, "what is wanted of a drawing can't be read")
}

/// What is wanted of a drawing, on one line.
pub(super) fn written(params: &Params, limits: &Limits) -> Json {
    // All of them by name: whether a new one belongs here has to be said. One thread draws, and no drawing moves.
    let Params {
        format,
        quality,
        alpha_quality,
        effort,
        mode,
        resize,
        turn,
        trim,
        background,
        blur,
        sharpen,
        watermark,
        still: _,
        keep_metadata,
        target_size,
    } = params;
    let Limits {
        max_input_bytes,
        max_pixels,
        max_side,
        max_memory,
        max_output_bytes,
        max_frames: _,
        max_frame_pixels: _,
        threads: _,
        font_files,
        // Only the Worker has fonts in memory.
        font_data: _,
        pause: _,
    } = limits;
    let resize = resize.map(|Resize { width, height, fit, enlarge, interest, filter, linear }| {
        json!({
            "width": width, "height": height, "fit": name(Fit::NAMES, &fit), "enlarge": enlarge,
            "interest": interest.name(), "filter": name(Filter::NAMES, &filter), "linear": linear,
        })
    });
    let files: Vec<&str> = font_files.iter().filter_map(|file| file.to_str()).collect();
    json!({
        "format": format.name(), "quality": quality, "alpha_quality": alpha_quality, "effort": effort,
        "mode": name(Mode::NAMES, mode), "resize": resize, "keep_metadata": keep_metadata, "target_size": target_size,
        "turn": turn, "trim": trim.map(Trim::name), "background": background, "blur": blur, "sharpen": sharpen,
        "watermark": watermark.as_ref().map(written_mark),
        "max_input_bytes": max_input_bytes, "max_pixels": max_pixels, "max_side": max_side,
        "max_memory": max_memory, "max_output_bytes": max_output_bytes, "font_files": files,
    })
}

fn written_mark(watermark: &Watermark) -> Json {
    let pixels = watermark.mark.pixels();
    let Size { width, height } = pixels.size();
    let layout = LAYOUTS.iter().position(|layout| *layout == pixels.layout());
    json!({
        "width": width, "height": height, "layout": layout, "place": watermark.placement.name(),
        "pixels": BASE64.encode(pixels.data()),
    })
}

const LAYOUTS: [Layout; 4] = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];

fn asked_mark(json: &Json) -> Option<Watermark> {
    let side = |json: &Json| u32::try_from(json.as_u64()?).ok();
    let size = Size::new(side(&json["width"])?, side(&json["height"])?);
    let layout = *LAYOUTS.get(json["layout"].as_u64()? as usize)?;
    let pixels = BASE64.decode(json["pixels"].as_str()?).ok()?;
    let mark = Mark::new(Raster::new(size, layout, pixels).ok()?);
    Some(Watermark::new(mark, Placement::parse(json["place"].as_str()?).ok()?))
}

/// What is wanted of a drawing, by the line that [`written`] has made.
///
/// # Errors
/// [`Kind::Parameter`] when it can't be read.
pub(super) fn asked(line: &str) -> Result<(Params, Limits)> {
    let json: Json = serde_json::from_str(line).map_err(|_| unreadable())?;
    let number = |json: &Json| json.as_u64().ok_or_else(unreadable);
    let byte = |json: &Json| number(json).and_then(|number| u8::try_from(number).map_err(|_| unreadable()));
    let small = |json: &Json| number(json).and_then(|number| u16::try_from(number).map_err(|_| unreadable()));
    let side = |json: &Json| json.as_u64().and_then(|side| u32::try_from(side).ok());
    let is_on = |json: &Json| json.as_bool().ok_or_else(unreadable);
    let resize = match &json["resize"] {
        Json::Null => None,
        it => Some(Resize {
            width: side(&it["width"]),
            height: side(&it["height"]),
            fit: named(Fit::NAMES, &it["fit"])?,
            enlarge: is_on(&it["enlarge"])?,
            interest: it["interest"]
                .as_str()
                .and_then(|text| Interest::parse(text).ok())
                .ok_or_else(unreadable)?,
            filter: named(Filter::NAMES, &it["filter"])?,
            linear: is_on(&it["linear"])?,
        }),
    };
    let params = Params {
        format: json["format"].as_str().and_then(Format::from_name).ok_or_else(unreadable)?,
        quality: byte(&json["quality"])?,
        alpha_quality: byte(&json["alpha_quality"])?,
        effort: byte(&json["effort"])?,
        mode: named(Mode::NAMES, &json["mode"])?,
        resize,
        turn: serde_json::from_value(json["turn"].clone()).map_err(|_| unreadable())?,
        trim: match &json["trim"] {
            Json::Null => None,
            it => Some(it.as_str().and_then(|text| Trim::parse(text).ok()).ok_or_else(unreadable)?),
        },
        background: serde_json::from_value(json["background"].clone()).map_err(|_| unreadable())?,
        blur: small(&json["blur"])?,
        sharpen: small(&json["sharpen"])?,
        watermark: match &json["watermark"] {
            Json::Null => None,
            it => Some(asked_mark(it).ok_or_else(unreadable)?),
        },
        still: false,
        keep_metadata: is_on(&json["keep_metadata"])?,
        target_size: json["target_size"].as_u64(),
    };
    let limits = Limits {
        max_input_bytes: number(&json["max_input_bytes"])?,
        max_pixels: number(&json["max_pixels"])?,
        max_side: side(&json["max_side"]).ok_or_else(unreadable)?,
        max_memory: number(&json["max_memory"])?,
        max_output_bytes: number(&json["max_output_bytes"])?,
        font_files: json["font_files"]
            .as_array()
            .ok_or_else(unreadable)?
            .iter()
            .filter_map(|file| file.as_str().map(PathBuf::from))
            .collect(),
        threads: 1,
        ..Limits::default()
    };
    Ok((params, limits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Focus;

    #[test]
    fn what_is_wanted_comes_across_as_it_is() {
        let resize = Resize::new(30, 40).with_fit(Fit::Cover).with_interest(Interest::High).with_linear(true);
        let around = resize.with_interest(Interest::Around(Focus::new(7, 100)));
        for resize in [None, Some(resize), Some(around), Some(Resize::to_width(7).with_filter(Filter::Area))]
        {
            let params = Params::default()
                .with_format(Format::Png)
                .with_quality(33)
                .with_mode(Mode::Lossless)
                .with_resize(resize)
                .with_trim(Trim::default().with_threshold(3).with_color([7, 8, 9]))
                .with_background([1, 2, 255])
                .with_blur(1000)
                .with_sharpen(3)
                .with_watermark(Watermark::new(
                    Mark::new(
                        Raster::new(Size::new(2, 1), Layout::GrayAlpha, vec![1, 2, 3, 255]).expect("pixels"),
                    ),
                    Placement::parse("0.25:top:3:-7:0.1").expect("a placement"),
                ))
                .with_turn(crate::pixel::Orientation::Transverse)
                .with_target_size(99);
            let fonts = ["/fonts/a.ttf", "/fonts/b \"c\".otf"].map(PathBuf::from);
            let limits = Limits::default().with_max_output_bytes(77).with_font_files(fonts);
            let line = written(&params, &limits).to_string();
            assert_eq!(asked(&line).expect("what was written"), (params, limits));
        }
        assert!(asked("{}").is_err());
    }
}
