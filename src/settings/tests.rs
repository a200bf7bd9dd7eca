use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value as Json, json};

use super::*;
use crate::{
    codec::Format,
    convert::{Interest, Mode},
};

fn refused<G: Grammar>(takes: G, written: Json) -> String {
    takes.read(&written).map(drop).map_err(|wrong| refusal(takes, &wrong)).expect_err("not allowed")
}

#[test]
fn names_are_one_setting_each() {
    for list in [server::keys().collect::<Vec<_>>(), worker::variables().collect()] {
        let names: BTreeSet<_> = list.iter().map(|definition| definition.about().name).collect();
        assert_eq!(names.len(), list.len());
    }
    let flags = server::keys().filter(|key| matches!(key.about().flag, Flag::Long { .. }));
    let flags: Vec<_> = flags.map(|key| key.about().flag).collect();
    for (at, flag) in flags.iter().enumerate() {
        assert!(!flags[..at].contains(flag), "{flag:?}");
    }
}

#[test]
fn defaults_are_allowed() {
    for definition in server::keys().chain(worker::variables()) {
        let about = definition.about();
        let left_out = about.left_out.map(|json| serde_json::from_str::<Json>(json).expect("JSON"));
        for value in left_out.into_iter().chain([definition.default()]).filter(|value| !value.is_null()) {
            assert_eq!(definition.check(&value), Ok(()), "{} {value}", about.name);
        }
        assert!(!about.help.is_empty(), "{}", about.name);
    }
}

#[test]
fn numbers_come_as_numbers_or_text_and_keep_their_range() {
    let percent = Whole(0_u8, 100);
    for written in [json!(80), json!("80"), json!(" 80 ")] {
        assert_eq!(percent.read(&written), Ok(80), "{written}");
    }
    for wrong in [json!(101), json!(-1), json!(1.5), json!("x"), json!(true), json!([80]), json!(300)] {
        let told = refused(percent, wrong.clone());
        assert_eq!(told, format!("{wrong} is not allowed; it is a whole number from 0 to 100"));
    }
    assert_eq!(Time::minutes(0, 9).read(&json!("2")), Ok(Duration::from_secs(120)));
    assert_eq!(Time::minutes(0, 9).write(Duration::from_secs(120)), json!(2));
}

#[test]
fn a_count_may_be_left_to_the_machine() {
    let count = OrAuto(Whole(0_u64, 1_000_000_000));
    for (written, value) in [(json!(0), Some(0)), (json!("7"), Some(7)), (json!("auto"), None)] {
        assert_eq!(count.read(&written), Ok(value), "{written}");
    }
    for wrong in [json!(-1), json!(1.5), json!("much"), json!(1_000_000_001)] {
        assert!(refused(count, wrong).contains("or auto"));
    }
}

#[test]
fn switches_are_said_in_several_ways() {
    for written in [json!(true), json!("true"), json!("T"), json!("1"), json!(1)] {
        assert_eq!(Switch.read(&written), Ok(true), "{written}");
    }
    for written in [json!(false), json!("False"), json!("f"), json!(0)] {
        assert_eq!(Switch.read(&written), Ok(false), "{written}");
    }
    assert!(refused(Switch, json!("maybe")).contains("true or false"));
    assert!(Switch.read(&json!(2)).is_err());
}

#[test]
fn lists_and_maps_come_as_json_or_text() {
    for written in [json!(["webp", "avif"]), json!("webp, avif"), json!("[\"WebP\",\"avif\",\"webp\"]")] {
        let list = worker::FORMATS.takes.read(&written);
        assert_eq!(list, Ok(vec![Format::WebP, Format::Avif]), "{written}");
    }
    assert_eq!(
        refused(worker::FORMATS.takes, json!("webp,jxl")),
        "\"jxl\" is not allowed; it is a list of webp or avif"
    );
    for written in [json!([640, 320]), json!("640,320"), json!("[640,320]"), json!(["320", 640])] {
        assert_eq!(Widths.read(&written), Ok(vec![320, 640]), "{written}");
    }
    assert_eq!(Widths.read(&json!("any")), Ok(Vec::new()));
    assert!(refused(Widths, json!("0,5")).starts_with("\"0\" is not allowed; it is any, or a list of sizes"));
    assert!(Widths.read(&json!([1.5])).is_err());
    for written in [json!({"/a": "/b"}), json!("{\"/a\":\"/b\"}")] {
        let pairs = Pairs.read(&written).expect("pairs");
        assert_eq!(pairs.get("/a").map(String::as_str), Some("/b"), "{written}");
    }
    assert!(Pairs.read(&json!("/a=/b")).is_err());
}

#[test]
fn extensions_are_those_that_files_have() {
    for (written, allowed) in [
        (json!("jpg, .PNG"), Allowed::Extensions(vec!["jpg".to_owned(), "png".to_owned()])),
        (json!(["jpg", "*"]), Allowed::Everything),
    ] {
        assert_eq!(Extensions.read(&written), Ok(allowed), "{written}");
    }
    assert!(refused(Extensions, json!("jpg,*.png")).starts_with("\"*.png\" is not allowed"));
}

#[test]
fn sizes_have_units() {
    let size = Size::from(1);
    for (written, bytes) in [
        (json!("200M"), 200 << 20),
        (json!("1.5GiB"), 3 << 29),
        (json!("65536"), 65_536),
        (json!("2 kb"), 2048),
        (json!(7), 7),
    ] {
        assert_eq!(size.read(&written), Ok(bytes), "{written}");
    }
    for wrong in ["", "M", "200X", "-1M", "0", "1e400", "nan", "inf"] {
        assert!(size.read(&json!(wrong)).is_err(), "{wrong}");
    }
    assert_eq!(size.write(88 << 20), json!("88M"));
    assert!(refused(worker::MEMORY.takes, json!("88")).contains("a size from 1M to 4095M, such as 88M"));
}

#[test]
fn words_stand_for_what_they_say() {
    assert_eq!(worker::MODE.takes.read(&json!("lossless")), Ok(Mode::Lossless));
    assert_eq!(
        refused(worker::MODE.takes, json!("best")),
        "\"best\" is not allowed; it is auto, lossy or lossless"
    );
    for (name, interest) in [("InterestingCentre", Interest::Centre), ("high", Interest::High)] {
        assert_eq!(Crop.read(&json!(name)), Ok(interest), "{name}");
    }
    assert!(refused(Crop, json!("Interesting")).contains("Attention"));
    assert_eq!(server::EXTRA_PARAMS_CROP_INTERESTING.default(), json!("InterestingAttention"));
}

#[test]
fn a_misspelt_name_is_recognised() {
    let near = |name| nearest(name, server::names());
    assert_eq!(near("QUALTY"), Some("QUALITY"));
    assert_eq!(near("img_path"), Some("IMG_PATH"));
    assert_eq!(near("ZZZ"), None);
}

/// The rows of README's table of settings: by the names in the first cell, the other two.
fn readme_rows() -> Vec<(Vec<&'static str>, &'static str, &'static str)> {
    let readme = include_str!("../../README.md");
    let table = readme.split_once("| key | flag | default |").expect("the table").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let ["", keys, flag, default, ""] = cells[..] else { panic!("three cells: {row}") };
        (keys.split('`').skip(1).step_by(2).collect(), flag, default)
    })
    .collect()
}

#[test]
fn readme_tells_of_every_key_with_its_flag_and_its_default() {
    let rows = readme_rows();
    for key in server::keys() {
        let about = key.about();
        let (_, flags, defaults) = rows
            .iter()
            .find(|(names, ..)| names.contains(&about.name))
            .unwrap_or_else(|| panic!("{}", about.name));
        let is_told = match about.flag {
            Flag::None => true,
            Flag::Long { long, .. } => flags.contains(&format!("--{long}")),
            Flag::Part(argument) => flags.contains(argument),
        };
        assert!(is_told, "{}: {:?} in {flags}", about.name, about.flag);
        let default = match key.default() {
            Json::Bool(on) => if on { "on" } else { "off" }.to_owned(),
            Json::String(text) => text,
            Json::Number(number) => number.to_string(),
            // Long ones, and what the machine decides, are told in other words.
            _ => continue,
        };
        assert!(defaults.contains(&default), "{}: {default} in {defaults}", about.name);
    }
    let known = |name: &&str| server::find(name).is_some();
    assert!(rows.iter().flat_map(|(names, ..)| names).all(known), "README tells of more");
}

#[test]
fn wrangler_toml_tells_of_every_variable_with_its_default() {
    let lines = include_str!("../../wrangler.toml").lines();
    let told: Vec<(&str, &str)> = lines
        .filter_map(|line| line.trim_start_matches("# ").strip_suffix('"')?.split_once(" = \""))
        .filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        .collect();
    let known: Vec<(&str, String)> = worker::variables()
        .map(|variable| (variable.about().name, variable.default_text().unwrap_or_default()))
        .collect();
    for (name, default) in &known {
        assert!(told.contains(&(*name, default)), "{name} = \"{default}\" isn't in wrangler.toml");
    }
    for (name, _) in told {
        assert!(known.iter().any(|(known, _)| *known == name), "{name} is no variable");
    }
    for bucket in worker::BUCKETS {
        let binding = format!("# binding = \"{bucket}\"");
        assert!(include_str!("../../wrangler.toml").contains(&binding), "{bucket}");
    }
    for binding in worker::BINDINGS {
        let forms = ["binding", "name"].map(|key| format!("# {key} = \"{binding}\""));
        assert!(forms.iter().any(|form| include_str!("../../wrangler.toml").contains(form)), "{binding}");
    }
}

#[test]
fn wrangler_toml_installs_the_wasm_bindgen_that_is_built_with() {
    let (_, locked) =
        include_str!("../../Cargo.lock").split_once("name = \"wasm-bindgen\"\n").expect("the crate");
    let version = locked.split('"').nth(1).expect("its version");
    let command = format!("cargo install wasm-bindgen-cli --version {version} --locked");
    assert!(include_str!("../../wrangler.toml").contains(&command), "{command}");
}
