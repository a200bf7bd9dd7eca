//! What converting a JPEG XL takes is stated from its frames' headers: never too little, however many frames are kept,
//! and nearly as little as it takes.

use std::fs;

use slimpix::{
    codec::{self, Format},
    convert::{Mode, Outcome, Params, convert, plan},
    limits::Limits,
};

use crate::{
    corpus::Corpus,
    memory_is_stated::CLOSE,
    support::{
        heap::peak_of,
        jxl::{self, Frame},
    },
};

/// What a statement may have too much beside a share of what is measured, and tables that are made once for all
/// pictures.
const SLACK: u64 = 512 << 10;
const ONCE: u64 = 2300 << 10;

/// What a conversion took and what was stated; `None` for what can't be converted.
fn measured(name: &str, bytes: &[u8]) -> Option<(u64, u64)> {
    let params = Params::default().with_mode(Mode::Lossy).with_effort(0).with_still(true);
    let probe = codec::probe(bytes).ok()?;
    let limits = Limits::default();
    let stated = plan(&probe, &params).ok()?.within(&limits).peak_bytes;
    let (peak, outcome) = peak_of(|| convert(bytes, &params, &limits));
    println!("{name}: {peak} bytes, {stated} stated, {}", outcome.is_ok());
    assert!(peak <= stated, "{name}: {peak} bytes, {stated} stated, {outcome:?}");
    matches!(outcome, Ok(Outcome::Made(_))).then_some((peak, stated))
}

/// All of the corpus, hostile ones too, and of the tree.
#[test]
fn no_picture_takes_more_than_is_stated() {
    let corpus = Corpus::find();
    let rows = corpus.rows.iter().filter(|row| row.format == "jxl");
    let mut files: Vec<_> = rows.map(|row| (row.path.clone(), corpus.read(row))).collect();
    for name in ["alpha", "gray16", "lossless", "lossy", "permuted", "profile"] {
        let path = format!("{}/tests/data/jxl/{name}.jxl", env!("CARGO_MANIFEST_DIR"));
        files.push((path.clone(), fs::read(path).unwrap()));
    }
    let made = files.iter().filter(|(path, bytes)| measured(path, bytes).is_some()).count();
    assert!(made >= 6, "{made} of {}", files.len());
}

#[test]
fn frames_that_are_kept_are_stated() {
    let all = [Frame::Reference(0), Frame::Layer(1), Frame::Reference(2), Frame::Layer(3), Frame::Last];
    let [alone, one, four] = [&all[4..], &all[3..], &all].map(|frames| {
        let bytes = jxl::file(1000, frames);
        assert_eq!(codec::sniff(&bytes), Some(Format::Jxl));
        let (peak, stated) = measured(&format!("{} frames", frames.len()), &bytes).expect("it is decoded");
        assert!(stated <= peak * CLOSE / 100 + SLACK + ONCE, "{frames:?}: {peak} bytes, {stated} stated");
        stated
    });
    // Three channels of floating point each.
    assert!(one - alone >= 11_900_000 && four - one == 36_000_000, "{alone}, {one}, {four}");
    // Refused where there is no room for them.
    let bytes = jxl::file(1000, &all);
    let limits = Limits::default().with_max_memory(four - 1);
    let refused = convert(&bytes, &Params::default(), &limits).unwrap_err();
    assert_eq!(refused.kind(), slimpix::ErrorKind::LimitExceeded, "{refused}");
}
