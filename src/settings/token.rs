//! The token of operators: a secret that is typed in somewhere and sent in a header field.

use serde_json::Value as Json;

use super::grammar::Grammar;

/// Letters of a token at the least.
const LEAST: usize = 16;

/// A token, or nothing. What is refused is not shown: it is a secret.
#[derive(Debug, Clone, Copy)]
pub struct Token;

impl Grammar for Token {
    type Value = String;
    type Default = ();

    fn read(self, written: &Json) -> Result<String, Json> {
        let is_sound = |text: &&str| {
            text.is_empty() || text.len() >= LEAST && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let text = written.as_str().filter(is_sound);
        text.map(str::to_owned).ok_or_else(|| Json::from("what is written"))
    }

    fn allowed(self) -> String {
        format!("{LEAST} letters or more, all of ASCII and none a space")
    }

    fn value(self, (): ()) -> String {
        String::new()
    }

    fn write(self, (): ()) -> Json {
        Json::from("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read_text;

    #[test]
    fn one_that_could_be_guessed_is_refused_and_not_shown() {
        for token in ["", "sixteen-letters-", "0123456789abcdef0123456789abcdef"] {
            assert_eq!(read_text(Token, token).as_deref(), Ok(token));
        }
        for token in ["short", "fifteen-letters", "sixteen letters and a space", "sixteen-letters-\u{e4}"] {
            let told = read_text(Token, token).expect_err("not allowed");
            assert!(told.contains("16 letters or more") && !told.contains(token), "{told}");
        }
        assert!(Token.read(&Json::from(1_234_567_890_123_456_u64)).is_err());
    }
}
