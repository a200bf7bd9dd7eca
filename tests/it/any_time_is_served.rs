//! No time that a file system can hold fails a request: not one before 1970, nor one that has five digits in its year.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use crate::support::{
    http::{self, OLD, WEBP},
    pictures,
    server::Place,
};

/// A folder of a file system that keeps the times it is told, where there is one: in memory mostly any.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn at(seconds: i64) -> SystemTime {
    let far = Duration::new(seconds.unsigned_abs(), 500);
    if seconds < 0 { SystemTime::UNIX_EPOCH - far } else { SystemTime::UNIX_EPOCH + far }
}

/// Before 1901, before 1970, at 1970 itself, after the last of 32 bits, after 2446, after 9999, as far as it goes.
const SECONDS: [i64; 9] =
    [-(1 << 40), -2_147_483_649, -86_400, -1, 0, 4_294_967_296, 15_032_385_536, 253_402_300_800, 1 << 40];

fn put(folder: &Path, name: &str, seconds: i64) {
    fs::write(folder.join(name), pictures::jpeg(200, 150, 1)).unwrap();
    // A file system that holds no such time takes the nearest that it does.
    File::options().append(true).open(folder.join(name)).unwrap().set_modified(at(seconds)).unwrap();
}

#[test]
fn pictures_of_any_time_are_served_converted_and_known_again() {
    let pics = folder();
    for (i, seconds) in SECONDS.into_iter().enumerate() {
        put(pics.path(), &format!("{i}.jpg"), seconds);
    }
    let place = Place::new(&[]);
    let args = ["serve", pics.path().to_str().unwrap(), "--cache", "cache", "--listen", "127.0.0.1:0"];
    for conversions in [SECONDS.len(), 0] {
        let server = place.start(&args);
        for (i, seconds) in SECONDS.into_iter().enumerate() {
            let path = format!("/{i}.jpg");
            let made = server.get(&path, WEBP);
            assert!(made.is_webp(), "{seconds}: {}", made.status);
            assert_eq!(server.get(&path, WEBP).body, made.body, "{seconds}");
            let original = server.get(&path, OLD);
            assert_eq!((original.status, original.header("content-type")), (200, "image/jpeg"), "{seconds}");
            for reply in [made, original] {
                let kind = if reply.is_webp() { WEBP } else { OLD };
                let tag = ("if-none-match", reply.header("etag"));
                assert_eq!(http::get(server.address, &path, &[kind, tag]).status, 304, "{seconds}");
                let since = ("if-modified-since", "Fri, 31 Dec 9999 23:59:59 GMT");
                assert!([200, 304].contains(&http::get(server.address, &path, &[kind, since]).status));
                let date = reply.header("last-modified");
                assert!(date.is_empty() || seconds == 0, "{seconds}: {date}");
            }
        }
        assert_eq!(server.conversions(), conversions, "{:#?}", server.log());
        assert_eq!(server.count("panicked") + server.count("broke off"), 0, "{:#?}", server.log());
    }
}

#[test]
fn two_states_before_1970_are_two_states() {
    let pics = folder();
    put(pics.path(), "a.jpg", -5);
    let place = Place::new(&[]);
    let server =
        place.start(&["serve", pics.path().to_str().unwrap(), "--cache", "cache", "--listen", "127.0.0.1:0"]);
    let first = server.get("/a.jpg", OLD);
    put(pics.path(), "a.jpg", -4);
    let second = server.get("/a.jpg", OLD);
    assert_eq!((first.status, second.status), (200, 200));
    assert_ne!(first.header("etag"), second.header("etag"));
}

#[test]
fn a_page_of_any_time_is_served() {
    let demo = folder();
    put(demo.path(), "index.html", 0);
    let place = Place::new(&[]);
    let page = demo.path().to_str().unwrap();
    let server = place.serve(&["--demo", "--demo-path", page]);
    for seconds in SECONDS {
        put(demo.path(), "index.html", seconds);
        assert_eq!(server.get("/_demo/", OLD).status, 200, "{seconds}");
    }
}
