//! Which values `usvg` reads as browsers do. Browsers leave one aside that isn't valid, and then the one stands that came
//! before it; `usvg` takes the default. Some that are valid it doesn't know: units, colours, capital letters.

/// The units of lengths that both know.
const UNITS: [&str; 9] = ["", "%", "px", "pt", "pc", "mm", "cm", "in", "em"];

/// The units that browsers know besides, and which `usvg` takes for no length.
const MORE_UNITS: [&str; 20] = [
    "cap", "ch", "dvh", "dvw", "ex", "ic", "lh", "lvh", "lvw", "q", "rem", "rlh", "svh", "svw", "vb", "vh",
    "vi", "vmax", "vmin", "vw",
];

/// The names of colours that both know (CSS Color 3, section 4.3).
const COLORS: &str = " aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown \
    burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod \
    darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen \
    darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue \
    firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew \
    hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan \
    lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray \
    lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid \
    mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream \
    mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen \
    paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple red rosybrown royalblue saddlebrown \
    salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan \
    teal thistle tomato transparent turquoise violet wheat white whitesmoke yellow yellowgreen ";

/// True if a property's value is read alike, of an attribute as of a style; and if nothing is known of the property.
pub(super) fn is_read_alike(property: &str, value: &str) -> bool {
    let is_trimmed = value.trim().len() == value.len();
    match property {
        "fill" | "stroke" => is_paint(value.trim()) && (is_trimmed || value.trim() != "inherit"),
        "color" | "stop-color" | "flood-color" | "lighting-color" => is_color_or_word(value),
        "opacity" | "fill-opacity" | "stroke-opacity" | "stop-opacity" | "flood-opacity" => is_trimmed,
        "stroke-width" => is_coordinate(value) && !value.starts_with('-'),
        "stroke-dashoffset" => is_coordinate(value),
        "stroke-dasharray" => is_dashes(value),
        "clip-path" | "mask" | "marker-start" | "marker-mid" | "marker-end" | "marker" => {
            !value.contains("url(") || reference(value.trim()).is_some()
        }
        "filter" => is_filter(value),
        "clip-rule" | "fill-rule" => matches!(value, "nonzero" | "evenodd" | "inherit"),
        "color-interpolation" => value != "linearRGB",
        "display" => value != "contents" && is_small(value),
        // By samples as they are `resvg` draws from other places.
        "image-rendering" => !matches!(value, "optimizeSpeed" | "pixelated" | "crisp-edges"),
        "paint-order" | "stroke-linecap" | "stroke-linejoin" | "visibility" => is_small(value),
        _ => true,
    }
}

/// True if a geometric attribute is a length to both, or to neither.
pub(super) fn is_coordinate(value: &str) -> bool {
    let Some((_, unit)) = number(value) else { return number(value.trim()).is_none() };
    let small = unit.to_ascii_lowercase();
    let is_other = (UNITS.contains(&&*small) && small != unit) || MORE_UNITS.contains(&&*small);
    // A point without a digit after it ends no number to browsers; spaces after one do.
    let is_odd = unit.starts_with('.') || !unit.is_empty() && unit.trim().is_empty();
    !is_other && !is_odd
}

/// True if an attribute of points has numbers alone.
pub(super) fn is_points(value: &str) -> bool {
    value.bytes().all(|it| it.is_ascii_digit() || it.is_ascii_whitespace() || b"+-.,eE".contains(&it))
}

/// True for words as `usvg` knows them, in small letters.
fn is_small(value: &str) -> bool {
    !value.bytes().any(|it| it.is_ascii_uppercase())
}

/// True for a transform in style that is read alike: of functions without units, with commas.
pub(super) fn is_transform(value: &str) -> bool {
    let is_function = |text: &str| {
        let Some((name, inside)) = text.trim().split_once('(') else { return false };
        let count = inside.split(',').filter(|it| is_length(it.trim(), &[""])).count();
        count == inside.split(',').count() && matches!((name, count), ("scale", 1 | 2) | ("matrix", 6))
    };
    value == "none" || value.strip_suffix(')').is_some_and(|value| value.split(')').all(is_function))
}

/// True if a length is none, so that its element shows nothing.
pub(super) fn is_nothing(length: &str) -> bool {
    number(length.trim()).is_some_and(|(number, _)| number.parse::<f64>().is_ok_and(|it| it <= 0.0))
}

/// The name of the element to which a value refers, if it does nothing else.
pub(super) fn reference(value: &str) -> Option<&str> {
    let (inside, after) = value.strip_prefix("url(")?.split_once(')')?;
    let inside = inside.trim();
    let unquoted = ['"', '\''].iter().find_map(|quote| inside.strip_prefix(*quote)?.strip_suffix(*quote));
    after.is_empty().then(|| unquoted.unwrap_or(inside).trim().strip_prefix('#'))?
}

fn is_paint(value: &str) -> bool {
    let Some(end) = value.starts_with("url(").then(|| value.find(')')).flatten() else {
        return matches!(value, "none" | "context-fill" | "context-stroke") || is_color_or_word(value);
    };
    let (url, other) = value.split_at(end + 1);
    let other = other.trim();
    reference(url).is_some() && (matches!(other, "" | "none") || is_color_or_word(other))
}

fn is_color_or_word(value: &str) -> bool {
    matches!(value, "inherit" | "currentColor") || is_color(value)
}

fn is_color(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix('#') {
        return matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|it| it.is_ascii_hexdigit());
    }
    let value = value.to_ascii_lowercase();
    match value.split_once('(') {
        Some((function @ ("rgb" | "rgba" | "hsl" | "hsla"), rest)) => {
            rest.strip_suffix(')').is_some_and(|inside| is_components(inside, function.starts_with("hsl")))
        }
        Some(_) => false,
        None => value.bytes().all(|it| it.is_ascii_lowercase()) && COLORS.contains(&format!(" {value} ")),
    }
}

/// True if these are the components of a colour, after commas or spaces. Opacity is a number: in percent `usvg` takes
/// it for a hundred times as much.
fn is_components(inside: &str, is_hsl: bool) -> bool {
    let (components, alpha): (Vec<&str>, _) = if inside.contains(',') {
        let mut all: Vec<_> = inside.split(',').map(str::trim).collect();
        let alpha = (all.len() > 3).then(|| all.pop()).flatten();
        (all, alpha)
    } else {
        let (three, alpha) =
            inside.split_once('/').map_or((inside, None), |(three, alpha)| (three, Some(alpha.trim())));
        (three.split_ascii_whitespace().collect(), alpha)
    };
    let all = |components: &[&str], units: &[&str]| components.iter().all(|it| is_length(it, units));
    let is_known = match components[..] {
        [hue, ..] if is_hsl => {
            is_length(hue, &["", "deg", "rad", "turn", "grad"]) && all(&components[1..], &["%"])
        }
        _ => all(&components, &[""]) || all(&components, &["%"]),
    };
    components.len() == 3 && is_known && alpha.is_none_or(|alpha| is_length(alpha, &[""]))
}

fn is_dashes(value: &str) -> bool {
    let is_part = |part: &str| !part.trim().is_empty() && part.split_ascii_whitespace().all(is_coordinate);
    !value.contains(',') && value.split_ascii_whitespace().all(is_coordinate) || value.split(',').all(is_part)
}

/// True unless a function of a filter is `usvg`'s alone or browsers' alone.
fn is_filter(value: &str) -> bool {
    value.split_inclusive(')').map(str::trim).all(|function| {
        let Some((name, inside)) = function.trim_end_matches(')').split_once('(') else {
            return is_small(function);
        };
        match name.trim() {
            "url" => true,
            // Browsers demand a unit.
            "blur" => number(inside.trim()).is_none_or(|(number, unit)| !unit.is_empty() || number == "0"),
            "drop-shadow" => !inside.contains('%') || !inside.contains('('),
            name => is_small(name),
        }
    })
}

fn is_length(value: &str, units: &[&str]) -> bool {
    number(value).is_some_and(|(_, unit)| units.contains(&unit))
}

/// The number with which a value begins, and what stands after it. A point has a digit after it (CSS Syntax 3, 4.3.12).
fn number(value: &str) -> Option<(&str, &str)> {
    let digits = |from: usize| from + value[from..].bytes().take_while(u8::is_ascii_digit).count();
    let start = usize::from(value.starts_with(['+', '-']));
    let whole = digits(start);
    let mut end = whole;
    if value[whole..].starts_with('.') && digits(whole + 1) > whole + 1 {
        end = digits(whole + 1);
    }
    if end == start {
        return None;
    }
    if let Some(exponent) = value[end..].strip_prefix(['e', 'E']) {
        let from = end + 1 + usize::from(exponent.starts_with(['+', '-']));
        end = if digits(from) > from { digits(from) } else { end };
    }
    Some(value.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_both_read_alike_pass() {
        for (property, values) in [
            (
                "fill",
                "none|red| LightGreen|#fff|#ABCDEF80|rgb( 0 , 255 , 0 )|RGB(0,255,0)|rgba(0,255,0,.5)|rgb(0 255 0 / .5)",
            ),
            (
                "stroke",
                "rgb(10%,90%,20%)|hsl(120.5,50.5%,25.5%)|hsl(.5turn 100% 50% / .5)|hsl(-240,100%,50%)|transparent",
            ),
            (
                "fill",
                "url(#a)| url( '#a' )|url(#a) none|url(\"#a\")  currentColor|context-stroke|inherit|rgb(1e2,2.55e2,0)",
            ),
            ("stop-color", "currentColor|grey|#0f0"),
            ("opacity", ".5|50%|-1|5e-1|inherit|bogus"),
            ("stroke-width", "4|4px|.5em|10%|1e1|1E-1mm|bogus|inherit"),
            ("stroke-dasharray", "none|6 3|6,3,1|4px 2px|5 , 5|0|"),
            (
                "filter",
                "none|url(#f) blur(1px)|drop-shadow(2px 2px red)|hue-rotate(.25turn)|grayscale()|brightness(50%)|blur()",
            ),
            ("mask", "none|url(#m)|bogus"),
            ("paint-order", "stroke|stroke fill"),
            ("font-family", "anything"),
        ] {
            for value in values.split('|') {
                assert!(is_read_alike(property, value), "{property}: {value}");
            }
        }
        for value in
            ["20", "-2.5", "50%", "+.2e2", "20px", "2em", "5mm", "44mmx", "inherit", "0x14", "2 0", ""]
        {
            assert!(is_coordinate(value), "{value}");
        }
    }

    #[test]
    fn values_that_only_one_knows_do_not() {
        for (property, values) in [
            (
                "fill",
                "|NONE|rebeccapurple|ButtonFace|bogus|currentcolor|#12|#xyz|0f0|URL(#a)|url(#a)red)|url(a.svg#b)|inherit ",
            ),
            (
                "fill",
                "rgb(0,255,0,50%)|rgb(0 255 0 / 50%)|rgb(0,255)|rgb(0 255,0)|rgb(0,100%,0)|rgb(0,255,0)x|rgb(0,255,0,|unset",
            ),
            (
                "stroke",
                "hsl(120,100,50)|rgb(none 255 0)|hwb(120 0% 0%)|rgb(0,255,0,.5,1)|rgb()|'lime'|red green|d l",
            ),
            ("stop-color", "none|revert"),
            ("opacity", ".5 "),
            ("stroke-width", "4PX|2rem|-3|5.|4 |1Q|3vw"),
            ("stroke-dasharray", "4 2,|4,,2|2rem|,4"),
            ("filter", "blur(2)|BLUR(2px)|drop-shadow(2px 2px rgba(1,2,3,50%))|NONE"),
            ("mask", "url(#m) luminance|url(#a), url(#b)"),
            ("fill-rule", "EVENODD|bogus"),
            ("display", "contents|NONE"),
            ("color-interpolation", "linearRGB"),
            ("image-rendering", "pixelated"),
        ] {
            for value in values.split('|') {
                assert!(!is_read_alike(property, value), "{property}: {value}");
            }
        }
        for value in ["20.", "20PX", "20 ", " 20", "2rem", "3ex", "20Q", "10vw"] {
            assert!(!is_coordinate(value), "{value}");
        }
        assert!(is_coordinate("é") && is_coordinate(".") && is_coordinate("-"));
    }

    #[test]
    fn transforms_of_styles_have_functions_that_take_numbers() {
        for value in ["none", "scale(.5)", "scale(2, 3) matrix(1,0,0,1,5,5)"] {
            assert!(is_transform(value), "{value}");
        }
        for value in
            "rotate(45)|translate(9px)|scale(.5,.5,.5)|matrix(1 0 0 1 2 2)|scale(2)x|bogus(1)|scale()|"
                .split('|')
        {
            assert!(!is_transform(value), "{value}");
        }
    }

    #[test]
    fn lengths_that_leave_nothing_are_found() {
        assert!(["0", "-3", "0px", "0.0"].iter().all(|it| is_nothing(it)));
        assert!(["1", ".5", "auto", ""].iter().all(|it| !is_nothing(it)));
        assert!(is_points("8,8 56-8 1e1 .5") && !is_points("8,8 x"));
        assert_eq!(
            [reference("url( \"#a\" )"), reference("url(#b) c"), reference("url(b)")],
            [Some("a"), None, None]
        );
    }
}
