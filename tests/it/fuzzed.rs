//! The targets of `tests/fuzz`, over their seeds and what becomes of these: the same bytes at each run.

#[path = "../fuzz/targets/accept.rs"]
mod accept;
#[path = "../fuzz/targets/animation.rs"]
mod animation;
#[path = "../fuzz/targets/config.rs"]
mod config;
#[path = "../fuzz/targets/connection.rs"]
mod connection;
#[path = "../fuzz/targets/decode.rs"]
mod decode;
#[path = "../fuzz/targets/head.rs"]
mod head;
#[path = "../fuzz/targets/jpeg.rs"]
mod jpeg;
#[path = "../fuzz/targets/probing.rs"]
mod probing;
#[path = "../fuzz/targets/record.rs"]
mod record;
#[path = "../fuzz/targets/webp.rs"]
mod webp;

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
};

use crate::support::{heap, scenario};

/// Words that mean something to one of the targets.
const WORDS: [&[u8]; 32] = [
    b"..",
    b"%2e",
    b"%2F",
    b"%00",
    b"/",
    b"\\",
    b"?",
    b"&",
    b"=",
    b"*/*;q=",
    b"bytes=",
    b"-",
    b",",
    b"\"",
    b"W/",
    b"\n",
    b": ",
    b"18446744073709551616",
    b"\xff\xd8\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"RIFF",
    b"ftyp",
    b"{}",
    b"/insecure/",
    b"/plain/",
    b"/cdn-cgi/image/",
    b":",
    b"@",
    b"nan",
    b"-1",
    b"signature=",
];

/// Numbers that look as if by chance (Marsaglia's xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count.max(1) as u64) as usize
    }
}

/// Changes some of the bytes.
fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(20)).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            4 => drop(bytes.splice(at..at, WORDS[dice.below(WORDS.len())].iter().copied())),
            5 => drop(bytes.splice(at..end, WORDS[dice.below(WORDS.len())].iter().copied())),
            _ => {
                let other = &seeds[dice.below(seeds.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
            }
        }
    }
}

/// Runs a target over each seed, cut short after every so many bytes, and over so many changed ones, or as many times
/// that as `SLIMPIX_FUZZ_TIMES` says.
fn run(name: &str, target: fn(&[u8]), seeds: &[Vec<u8>], step: usize, rounds: usize) {
    write_out(name, seeds);
    let try_out = |bytes: &[u8]| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(bytes))) {
            eprintln!("with b\"{}\"", bytes.escape_ascii());
            resume_unwind(panic);
        }
    };
    for seed in seeds {
        try_out(seed);
        (0..seed.len()).step_by(step).for_each(|len| try_out(&seed[..len]));
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let times = env::var("SLIMPIX_FUZZ_TIMES").map_or(1, |times| times.parse().unwrap());
    for _ in 0..rounds * times {
        let mut bytes = seeds[dice.below(seeds.len())].clone();
        mutate(&mut bytes, seeds, &mut dice);
        try_out(&bytes);
    }
}

/// Writes the seeds where a search can begin with them, if `SLIMPIX_FUZZ_SEEDS` names a folder for that.
fn write_out(name: &str, seeds: &[Vec<u8>]) {
    let Some(folder) = env::var_os("SLIMPIX_FUZZ_SEEDS") else { return };
    let folder = PathBuf::from(folder).join(name);
    fs::create_dir_all(&folder).unwrap();
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
    }
}

#[test]
fn any_accept_header_is_read() {
    run("accept", accept::target, &accept::seeds(), 1, 20_000);
}

#[test]
fn any_setting_is_read_or_refused() {
    run("config", config::target, &config::seeds(), 1, 10_000);
}

#[test]
fn any_connection_begins() {
    run("connection", connection::target, &connection::seeds(), 1, 40_000);
}

#[test]
fn any_head_is_answered() {
    assert!(head::seeds().iter().all(|seed| head::is_read(seed)));
    run("head", head::target, &head::seeds(), 1, 20_000);
}

#[test]
fn any_file_is_looked_at() {
    run("probing", probing::target, &probing::seeds(), 1, 40_000);
}

#[test]
fn any_record_is_read() {
    run("record", record::target, &record::seeds(), 1, 20_000);
}

#[test]
fn any_picture_is_decoded_or_refused() {
    run("decode", decode::target, &decode::seeds(), 40, 300);
}

#[test]
fn any_jpeg_is_decoded_or_refused() {
    run("jpeg", jpeg::target, &jpeg::seeds(), 40, 300);
}

#[test]
fn any_webp_is_decoded_or_refused() {
    run("webp", webp::target, &webp::seeds(), 40, 300);
}

#[test]
fn any_animation_is_played_or_refused() {
    run("animation", animation::target, &animation::seeds(), 40, 600);
}
