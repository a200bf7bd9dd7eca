//! `/cdn-cgi/image/OPTIONS/SOURCE`, as Cloudflare Images has it:
//! <https://developers.cloudflare.com/images/transform-images/transform-via-url/>.

use percent_encoding::percent_decode_str;

use super::{
    Found, Refusal,
    asked::{self, Asked, out_of_range, unknown},
    place,
};
use crate::service::{policy::Policy, signing};

pub(super) const PREFIX: &str = "/cdn-cgi/image/";

const NAME: &str = "Cloudflare's options";

/// What follows the prefix, and the URL's query, which is the source's.
pub(super) fn read<'a>(rest: &str, query: &str, policy: &Policy) -> Result<Found<'a>, Refusal> {
    let (options, source) =
        rest.split_once('/').ok_or_else(|| Refusal::wrong("after its options stands no source"))?;
    // Where nothing is said of it, nothing is cut off and nothing enlarged.
    let mut asked = Asked { fit: Some("scale-down"), ..Asked::default() };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').ok_or_else(|| unknown(option, NAME))?;
        let value = percent_decode_str(value).decode_utf8_lossy();
        set(&mut asked, name, &value, policy)?;
    }
    if asked.fit == Some("cover") && asked.gravity.is_none() {
        asked.gravity = Some("centre".to_owned());
    }
    if matches!(asked.rotate, Some("90" | "270")) {
        // There it is mirrored before it is turned.
        asked.flips = (asked.flips.1, asked.flips.0);
    }
    if asked.fit == Some("pad") {
        // It is in the middle, and the rim is white where nothing is said of it.
        asked.gravity = None;
        asked.background.get_or_insert_with(|| "ffffff".to_owned());
    }
    let query = signing::without(query, policy);
    let mark = if query.is_empty() { "" } else { "?" };
    place::find(&format!("{source}{mark}{query}"), &asked.query(), policy)
}

fn set(asked: &mut Asked, name: &str, value: &str, policy: &Policy) -> Result<(), Refusal> {
    match (name, value) {
        ("width" | "w" | "height" | "h", "auto") => {
            return Err(out_of_range(
                name,
                value,
                "0 to 65535 pixels: what the client says of itself is not asked",
            ));
        }
        ("width" | "w", side) => asked.width = asked::side(name, side)?,
        ("height" | "h", side) => asked.height = asked::side(name, side)?,
        ("fit", fit) => asked.fit = Some(fit_of(fit)?),
        ("gravity" | "g", gravity) => asked.gravity = Some(gravity_of(name, gravity)?),
        ("rotate", degrees) => asked.set_rotate(name, degrees)?,
        ("flip", "h") => asked.flips = (true, false),
        ("flip", "v") => asked.flips = (false, true),
        ("flip", "hv" | "vh") => asked.flips = (true, true),
        ("flip", _) => return Err(out_of_range(name, value, "h, v or hv")),
        ("blur", radius) => asked.blur = Some(blur_of(name, radius)?),
        ("sharpen", strength) => asked.sharpen = sharpen_of(name, strength)?,
        ("trim", "border") => asked.trim = Some(asked.trim.unwrap_or_default()),
        ("trim", _) => return Err(out_of_range(name, value, "border")),
        ("trim.border.color", color) => asked.set_trim_color(name, color)?,
        ("background", color) => asked.set_background(name, color)?,
        ("dpr", dpr) => asked.set_dpr(name, dpr)?,
        ("quality" | "q", quality) => asked.quality = Some(quality_of(name, quality)?),
        ("format" | "f", "auto") => asked.format = None,
        ("format" | "f", format) => asked.set_format(name, format, policy)?,
        ("anim", "false") => asked.still = true,
        // It is so anyhow.
        ("anim", "true") | ("metadata", "none") | ("onerror", "redirect") => {}
        ("anim", _) => return Err(out_of_range(name, value, "true or false")),
        ("metadata", _) => return Err(out_of_range(name, value, "none")),
        ("onerror", _) => return Err(out_of_range(name, value, "redirect")),
        _ => return Err(unknown(name, NAME)),
    }
    Ok(())
}

fn fit_of(fit: &str) -> Result<&'static str, Refusal> {
    Ok(match fit {
        "scale-down" => "scale-down",
        // Nothing is enlarged here.
        "contain" => "contain",
        "cover" | "crop" => "cover",
        "squeeze" => "fill",
        "pad" => "pad",
        _ => return Err(out_of_range("fit", fit, "scale-down, contain, cover, crop, pad or squeeze")),
    })
}

fn gravity_of(name: &str, gravity: &str) -> Result<String, Refusal> {
    match (gravity, gravity.split_once('x')) {
        ("auto", _) => Ok("entropy".to_owned()),
        ("center", _) => Ok("centre".to_owned()),
        ("left" | "right" | "top" | "bottom", _) => Ok(gravity.to_owned()),
        (_, Some((x, y))) => asked::focus(name, x, y),
        _ => Err(out_of_range(name, gravity, "auto, center, left, right, top, bottom, or as 0.5x0.5")),
    }
}

/// A radius of 1 to 250, as a standard deviation of up to 100.
fn blur_of(name: &str, radius: &str) -> Result<String, Refusal> {
    let is_number = radius.bytes().all(|digit| digit.is_ascii_digit());
    let whole = radius.parse().ok().filter(|whole: &u32| is_number && (1..=250).contains(whole));
    let tenths = 4 * whole.ok_or_else(|| out_of_range(name, radius, "1 to 250"))?;
    Ok(format!("{}.{}", tenths / 10, tenths % 10))
}

/// A strength of 0 to 10, as a standard deviation.
fn sharpen_of(name: &str, strength: &str) -> Result<Option<String>, Refusal> {
    let number = strength.parse().ok().filter(|number: &f32| (0.0..=10.0).contains(number));
    let number = number.ok_or_else(|| out_of_range(name, strength, "0 to 10"))?;
    Ok((number > 0.0).then(|| format!("{:.1}", number.max(0.3))))
}

fn quality_of(name: &str, quality: &str) -> Result<u8, Refusal> {
    match quality {
        "high" => Ok(90),
        "medium-high" => Ok(80),
        "medium-low" => Ok(70),
        "low" => Ok(50),
        number => asked::quality(name, number),
    }
}
