//! `/SIGNATURE/OPTION:ARGUMENT…/…/plain/SOURCE@FORMAT`, or the source in base64url, as imgproxy has it:
//! <https://docs.imgproxy.net/usage/processing>.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;

use super::{
    Found, Refusal,
    asked::{self, Asked, out_of_range, unknown},
    place,
};
use crate::{
    convert::{self, Placement, Trim},
    service::policy::Policy,
};

const NAME: &str = "imgproxy's options";

/// What stands for a signature where nothing is signed.
const UNSIGNED: [&str; 3] = ["insecure", "unsafe", "_"];

/// Characters of an HMAC-SHA256 in base64url.
const SIGNATURE: usize = 43;

/// Base64 for URLs, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The signature of a path that is imgproxy's, if it has one, and what it is of.
pub(super) fn split(path: &str) -> Option<(Option<&str>, &str)> {
    let (first, _) = path.strip_prefix('/')?.split_once('/')?;
    let rest = &path[1 + first.len()..];
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match UNSIGNED.contains(&first) {
        true => Some((None, rest)),
        false if first.len() == SIGNATURE && first.bytes().all(is_base64) => Some((Some(first), rest)),
        false => None,
    }
}

/// What follows the signature.
pub(super) fn read<'a>(rest: &'a str, policy: &Policy) -> Result<Found<'a>, Refusal> {
    let mut asked = Asked { fit: Some("contain"), ..Asked::default() };
    let mut expires = None;
    let mut rest = rest.trim_start_matches('/');
    let source = loop {
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        let Some((name, arguments)) = segment.split_once(':') else { break rest };
        match name {
            "expires" | "exp" => expires = Some(arguments),
            _ => set(&mut asked, name, arguments, policy)?,
        }
        rest = after;
    };
    let (source, format) = source_of(source)?;
    if let Some(format) = format {
        asked.set_format("extension", &format, policy)?;
    }
    if asked.extends {
        asked.fit = match asked.fit {
            Some("contain") => Some("pad"),
            _ => return Err(out_of_range("extend", "1", "for the resizing type fit")),
        };
        asked.gravity = asked.extend_gravity.take();
    }
    if asked.fit == Some("cover") && asked.gravity.is_none() {
        asked.gravity = Some("centre".to_owned());
    }
    Ok(Found { expires, ..place::find(&source, &asked.query(), policy)? })
}

/// The source, and the format behind it.
fn source_of(text: &str) -> Result<(String, Option<String>), Refusal> {
    let not_empty = |format: &str| Some(format.to_owned()).filter(|format| !format.is_empty());
    if text.starts_with("enc/") {
        return Err(unknown("enc", "imgproxy's ways to name a source"));
    }
    if let Some(plain) = text.strip_prefix("plain/") {
        let (source, format) = plain.rsplit_once('@').unwrap_or((plain, ""));
        let source = percent_decode_str(source).decode_utf8();
        let source = source.map_err(|_| Refusal::wrong("its source is no UTF-8"))?;
        return Ok((source.into_owned(), not_empty(format)));
    }
    let (encoded, format) = text.rsplit_once('.').unwrap_or((text, ""));
    let wrong = || Refusal::wrong("its source is neither plain/… nor in base64url");
    let bytes = BASE64.decode(encoded.replace('/', "")).map_err(|_| wrong())?;
    Ok((String::from_utf8(bytes).map_err(|_| wrong())?, not_empty(format)))
}

fn set(asked: &mut Asked, name: &str, arguments: &str, policy: &Policy) -> Result<(), Refusal> {
    let list: Vec<&str> = arguments.split(':').collect();
    match (name, &list[..]) {
        ("resize" | "rs", [fit, size @ ..]) => {
            set_fit(asked, name, fit)?;
            set_size(asked, name, size)?;
        }
        ("size" | "s", size) => set_size(asked, name, size)?,
        ("resizing_type" | "rt", [fit]) => set_fit(asked, name, fit)?,
        ("width" | "w", [side]) => asked.width = asked::side(name, side)?,
        ("height" | "h", [side]) => asked.height = asked::side(name, side)?,
        ("gravity" | "g", gravity) => asked.gravity = Some(gravity_of(name, gravity)?),
        ("dpr", [dpr]) => asked.set_dpr(name, dpr)?,
        // 0 is the usual one.
        ("quality" | "q", ["0"]) => asked.quality = None,
        ("quality" | "q", [quality]) => asked.quality = Some(asked::quality(name, quality)?),
        ("format" | "f" | "ext", [format]) => asked.set_format(name, format, policy)?,
        ("enlarge" | "el", [switch]) => no(name, switch)?,
        ("extend" | "ex", [switch, gravity @ ..]) => set_extend(asked, name, switch, gravity)?,
        ("rotate" | "rot", [degrees]) => asked.set_rotate(name, degrees)?,
        ("flip" | "fl", [across, down @ ..]) if down.len() < 2 => {
            asked.flips = (is_on(name, across)?, is_on(name, down.first().unwrap_or(&""))?);
        }
        ("blur" | "bl", [sigma]) => asked.blur = asked::sigma(name, sigma, convert::parse_blur)?,
        ("sharpen" | "sh", [sigma]) => asked.sharpen = asked::sigma(name, sigma, convert::parse_sharpen)?,
        ("watermark" | "wm", mark) if policy.watermark.is_some() => asked.watermark = mark_of(name, mark)?,
        // 0 is without limit; the range is ours.
        ("max_bytes" | "mb", ["0"]) => asked.max_bytes = None,
        ("max_bytes" | "mb", [bytes]) => asked.max_bytes = Some(asked::length(name, bytes)?),
        ("trim" | "t", border) => asked.trim = trim_of(name, border)?,
        ("background" | "bg", [""]) => asked.background = None,
        ("background" | "bg", [color]) => asked.set_background(name, color)?,
        ("background" | "bg", [r, g, b]) => asked.set_background(name, &hex(name, [r, g, b])?)?,
        // It is so anyhow.
        ("strip_metadata" | "sm" | "auto_rotate" | "ar" | "strip_color_profile" | "scp", [switch]) => {
            yes(name, switch)?;
        }
        // It makes another URL, and nothing else.
        ("cachebuster" | "cb", [_]) => {}
        (
            "resizing_type" | "rt" | "width" | "w" | "height" | "h" | "dpr" | "quality" | "q" | "format"
            | "f" | "ext",
            _,
        ) => {
            return Err(out_of_range(name, arguments, "one argument"));
        }
        _ => return Err(unknown(name, NAME)),
    }
    Ok(())
}

fn set_fit(asked: &mut Asked, option: &str, fit: &str) -> Result<(), Refusal> {
    asked.fit = Some(match fit {
        "" | "fit" => "contain",
        // What is too small isn't enlarged, and keeps the box's shape.
        "fill" | "fill-down" => "cover",
        "force" => "fill",
        _ => return Err(out_of_range(option, fit, "fit, fill, fill-down or force")),
    });
    Ok(())
}

/// Threshold, colour, and whether opposite sides lose the same. Without a threshold nothing is cut off.
fn trim_of(option: &str, border: &[&str]) -> Result<Option<Trim>, Refusal> {
    let &[threshold, ref rest @ ..] = border else { return Ok(None) };
    let (color, equal) = rest.split_first().map_or(("", rest), |(color, equal)| (*color, equal));
    if equal.len() > 2 {
        return Err(out_of_range(option, &border.join(":"), "threshold, color, equal_hor and equal_ver"));
    }
    for switch in equal {
        if is_on(option, switch)? {
            return Err(out_of_range(option, switch, "0: each side loses what it has"));
        }
    }
    if threshold.is_empty() {
        return Ok(None);
    }
    // Theirs may have decimals.
    let whole = threshold.strip_suffix(".0").unwrap_or(threshold);
    let trim = Trim::parse(&format!("{whole}:{color}"));
    trim.map(Some).map_err(|allowed| out_of_range(option, &border.join(":"), &allowed))
}

/// Opacity, position, offsets and scale. With an opacity of 0 there is none.
fn mark_of(option: &str, mark: &[&str]) -> Result<Option<Placement>, Refusal> {
    let mut parts: Vec<String> = mark.iter().map(|part| (*part).to_owned()).collect();
    if matches!(mark, ["0" | "0.0" | "", ..]) {
        return Ok(None);
    }
    if let Some(position) = parts.get_mut(1).filter(|position| !position.is_empty()) {
        *position = gravity_of(option, &[position.as_str()])?;
    }
    let placement = Placement::parse(&parts.join(":"));
    placement.map(Some).map_err(|allowed| out_of_range(option, &mark.join(":"), &allowed))
}

/// Whether the picture is padded, and where it lies then.
fn set_extend(asked: &mut Asked, option: &str, switch: &str, gravity: &[&str]) -> Result<(), Refusal> {
    asked.extends = is_on(option, switch)?;
    if asked.extends && !gravity.is_empty() {
        asked.extend_gravity = Some(gravity_of(option, gravity)?);
    }
    Ok(())
}

fn is_on(option: &str, switch: &str) -> Result<bool, Refusal> {
    match switch {
        "1" | "t" | "true" => Ok(true),
        "" | "0" | "f" | "false" => Ok(false),
        _ => Err(out_of_range(option, switch, "0 or 1")),
    }
}

/// Red, green and blue, as one number.
fn hex(option: &str, samples: [&str; 3]) -> Result<String, Refusal> {
    let digits = samples.map(|sample| sample.parse().map(|sample: u8| format!("{sample:02x}")));
    match digits {
        [Ok(r), Ok(g), Ok(b)] => Ok([r, g, b].concat()),
        _ => Err(out_of_range(
            option,
            &samples.join(":"),
            "three numbers from 0 to 255, or one in hexadecimal",
        )),
    }
}

/// Width, height, enlarge, extend; empty ones say nothing.
fn set_size(asked: &mut Asked, option: &str, size: &[&str]) -> Result<(), Refusal> {
    if size.len() > 4 {
        return Err(out_of_range(option, &size.join(":"), "width, height, enlarge and extend"));
    }
    let at = |index: usize| size.get(index).copied().filter(|text| !text.is_empty());
    if let Some(width) = at(0) {
        asked.width = asked::side(option, width)?;
    }
    if let Some(height) = at(1) {
        asked.height = asked::side(option, height)?;
    }
    if let Some(switch) = at(3) {
        set_extend(asked, option, switch, &[])?;
    }
    at(2).map_or(Ok(()), |switch| no(option, switch))
}

fn gravity_of(option: &str, gravity: &[&str]) -> Result<String, Refusal> {
    Ok(match gravity {
        ["fp", x, y] => return asked::focus(option, x, y),
        [word] | [word, "0", "0"] => match *word {
            "ce" => "centre",
            "sm" => "entropy",
            "no" => "top",
            "so" => "bottom",
            "we" => "left",
            "ea" => "right",
            "nowe" => "top-left",
            "noea" => "top-right",
            "sowe" => "bottom-left",
            "soea" => "bottom-right",
            _ => return Err(wrong_gravity(option, gravity)),
        }
        .to_owned(),
        _ => return Err(wrong_gravity(option, gravity)),
    })
}

fn wrong_gravity(option: &str, gravity: &[&str]) -> Refusal {
    let allowed = "ce, sm, no, so, we, ea, nowe, noea, sowe or soea without offsets, or fp:X:Y";
    out_of_range(option, &gravity.join(":"), allowed)
}

fn no(option: &str, switch: &str) -> Result<(), Refusal> {
    match switch {
        "" | "0" | "f" | "false" => Ok(()),
        _ => Err(out_of_range(option, switch, "0: nothing is enlarged here")),
    }
}

fn yes(option: &str, switch: &str) -> Result<(), Refusal> {
    match switch {
        "1" | "t" | "true" => Ok(()),
        _ => Err(out_of_range(option, switch, "1: it is done anyhow")),
    }
}
