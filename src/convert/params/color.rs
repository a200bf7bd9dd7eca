//! How a colour is written.

/// Reads a colour of three or six hexadecimal digits, with or without a `#` before them: `#f80`, `ff8800`.
///
/// # Errors
/// What is allowed, to be read after "it is".
pub fn parse_color(text: &str) -> Result<[u8; 3], String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let digits: Option<Vec<u8>> = digits.chars().map(|digit| Some(digit.to_digit(16)? as u8)).collect();
    match digits.as_deref() {
        Some(&[r, g, b]) => Ok([r * 17, g * 17, b * 17]),
        Some(&[r, s, g, h, b, c]) => Ok([r * 16 + s, g * 16 + h, b * 16 + c]),
        _ => Err("a colour of three or six hexadecimal digits, as ff8800".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_three_or_six_digits() {
        for (text, color) in [("f80", [255, 136, 0]), ("#FF8800", [255, 136, 0]), ("0a0B0c", [10, 11, 12])] {
            assert_eq!(parse_color(text), Ok(color), "{text}");
        }
        for wrong in ["", "#", "ff", "ffff", "red", "#12345g", "1234567", "+12", "##fff", "é12"] {
            assert!(parse_color(wrong).is_err(), "{wrong}");
        }
    }
}
