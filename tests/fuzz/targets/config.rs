//! What is written for a setting, as JSON in `config.json` or as the text of a flag, of a variable or of the
//! Worker's: it is read or refused in one line, JSON may be written as text, and what is read is in its range.

use serde_json::Value as Json;
use slimpix::settings::{Definition, nearest, server, shared, worker};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(&Json::from(text));
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        check(&json);
    }
    let known = || server::names().chain(worker::names());
    assert!(nearest(text, known()).is_none_or(|name| known().any(|known| known == name)));
    if let Some(found) = server::find(text) {
        assert!(found.about().name == text || found.about().alias == text);
    }
}

/// As the value of every setting.
fn check(written: &Json) {
    for definition in server::keys().chain(worker::variables()) {
        check_for(definition, written);
    }
    assert!(
        shared::QUALITY.read(written).is_ok_and(|quality| quality <= 100)
            || shared::QUALITY.check(written).is_err()
    );
    if let Ok(widths) = shared::WIDTHS.read(written) {
        assert!(widths.is_sorted() && widths.iter().all(|width| (1..=65_535).contains(width)), "{widths:?}");
    }
    if let Ok(bytes) = worker::MEMORY.read(written) {
        assert!((1 << 20..1 << 32).contains(&bytes), "{bytes}");
    }
}

fn check_for(definition: &dyn Definition, written: &Json) {
    let name = definition.about().name;
    match definition.check(written) {
        // A variable has only text.
        Ok(()) if !written.is_string() => {
            let text = Json::from(written.to_string());
            assert_eq!(definition.check(&text), Ok(()), "{name}: {text}");
        }
        Ok(()) => {}
        Err(told) => assert!(!told.is_empty() && !told.contains('\n'), "{name}: {told:?}"),
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "80",
        "\"80\"",
        "-1",
        "1e3",
        "true",
        "\"F\"",
        "auto",
        "any",
        "null",
        "1.5GiB",
        "\"88M\"",
        "65536",
        "18446744073709551615",
        "[\"webp\",\"avif\"]",
        "webp, avif",
        "\"[320, 640]\"",
        "[160,320,65535]",
        "*",
        "[\"jpg\", \".PNG\"]",
        "\"InterestingEntropy\"",
        "{\"/photos\": \"/srv/photos\"}",
        "\"{\\\"http://x\\\":\\\"y\\\"}\"",
        "lossless",
        "json",
        "QUALTY",
        "MAX_JOB_COUNT",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
