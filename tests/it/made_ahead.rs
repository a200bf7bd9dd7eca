//! What is new in the folders is there before anybody asks (`--watch`, `POST /prefetch`): with the keys of requests, once,
//! across restarts, within the cache's bound, and to nobody's cost; whatever folders and links do meanwhile.

use std::{
    fs::{self, File, FileTimes},
    os::unix::fs::symlink,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{
    http::{self, WEBP},
    pictures, program,
    server::{DEADLINE, Place, Server},
};

const TOKEN: &str = "0123456789abcdef";

/// A server with these flags and settings, and what operators ask.
fn serve(
    place: &Place,
    flags: &[&str],
    settings: &[(&str, &str)],
) -> (Server, impl Fn(&str, &str) -> http::Reply) {
    let mut command = program::command(place.path());
    command.env("WEBP_ADMIN_TOKEN", TOKEN).envs(settings.iter().copied());
    asking(Server::serve(command, "pics", &[flags, &["--admin-listen", "127.0.0.1:0"]].concat()))
}

fn asking(mut server: Server) -> (Server, impl Fn(&str, &str) -> http::Reply) {
    let admin = server.admin();
    let token = format!("Bearer {TOKEN}");
    (server, move |method: &str, path: &str| http::request(admin, method, path, &[("authorization", &token)]))
}

/// Asks for the progress until it is as wanted.
fn until(ask: &impl Fn(&str, &str) -> http::Reply, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let progress = serde_json::from_slice(&ask("GET", "/prefetch").body).unwrap();
        if is_wanted(&progress) {
            return progress;
        }
        assert!(began.elapsed() < DEADLINE, "{progress}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_new_is_converted_before_anybody_asks() {
    let photo = |seed| pictures::jpeg(300, 200, seed);
    let place = Place::new(&[("a.jpg", photo(1)), ("notes.txt", b"none".to_vec())]);
    let (server, ask) = serve(&place, &["--watch"], &[]);
    until(&ask, |progress| progress["done"] == 1 && progress["state"] == "idle");
    // Beside others, in a folder that is new, moved here, and written anew.
    place.put("b.jpg", &photo(2));
    until(&ask, |progress| progress["done"] == 2);
    place.put("new/deep/c.jpg", &photo(3));
    until(&ask, |progress| progress["done"] == 3);
    fs::write(place.path().join("d.part"), photo(4)).unwrap();
    fs::rename(place.path().join("d.part"), place.path().join("pics/new/deep/d.jpg")).unwrap();
    until(&ask, |progress| progress["done"] == 4);
    place.put("a.jpg", &photo(5));
    let progress = until(&ask, |progress| progress["done"] == 5 && progress["state"] == "idle");
    assert_eq!((&progress["failed"], &progress["left"]), (&0.into(), &0.into()));
    assert_eq!(server.conversions(), 5);
    for path in ["/a.jpg", "/b.jpg", "/new/deep/c.jpg", "/new/deep/d.jpg"] {
        assert!(server.get(path, WEBP).is_webp(), "{path}");
    }
    assert_eq!(server.conversions(), 5, "requests find what was made");
    let figures = ask("GET", "/metrics").text();
    for line in
        ["slimpix_prefetch_done_total 5", "slimpix_prefetch_failed_total 0", "slimpix_prefetch_left 0"]
    {
        assert!(figures.contains(line), "{line}");
    }
}

#[test]
fn widths_that_are_wanted_are_made_as_well() {
    // The last one is as wide as the widest.
    let small = pictures::jpeg(300, 200, 3);
    let place = Place::new(&[("a b.jpg", pictures::jpeg(600, 400, 1)), ("c.jpg", small)]);
    let (server, ask) = serve(&place, &["--watch", "--resize", "--prefetch-widths", "300,100"], &[]);
    until_done(&ask, 6);
    assert_eq!(server.conversions(), 5);
    for path in ["/a%20b.jpg", "/a%20b.jpg?w=100", "/a%20b.jpg?width=300", "/c.jpg?w=100", "/c.jpg?w=300"] {
        assert!(server.get(path, WEBP).is_webp(), "{path}");
    }
    assert_eq!(server.conversions(), 5);
    // They are nobody's where no sizes are obeyed.
    let (server, ask) = serve(&place, &["--prefetch-widths", "200"], &[]);
    assert_eq!(server.count("PREFETCH_WIDTHS is of no use without ENABLE_EXTRA_PARAMS"), 1);
    ask("POST", "/prefetch");
    until_done(&ask, 2);
}

#[test]
fn an_operator_begins_it_and_nobody_else() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(300, 200, 1)), ("b.jpg", pictures::jpeg(300, 200, 2))]);
    let (server, ask) = serve(&place, &[], &[]);
    assert_eq!(http::request(server.address, "POST", "/_admin/prefetch", &[]).status, 401);
    assert_eq!(ask("POST", "/prefetch?all").status, 400);
    assert_eq!((ask("DELETE", "/prefetch").status, server.conversions()), (405, 0));
    let begun = ask("POST", "/prefetch");
    assert_eq!((begun.status, begun.header("content-type")), (202, "application/json"));
    until(&ask, |progress| progress["done"] == 2 && progress["state"] == "idle");
    assert_eq!(server.conversions(), 2);
    // Nothing is made twice, whoever asks.
    let told = |flags: &[&str], token: &str| {
        let mut command = program::command(place.path());
        command.env("WEBP_ADMIN_TOKEN", token).args(["prefetch", "--at", &server.address.to_string()]);
        let output = command.args(flags).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(told(&[], "fedcba9876543210").0, Some(1));
    assert_eq!(
        told(&["--progress"], TOKEN),
        (Some(0), "{\"done\":2,\"failed\":0,\"left\":0,\"state\":\"idle\"}\n".to_owned())
    );
    assert_eq!(told(&[], TOKEN).0, Some(0));
    until(&ask, |progress| progress["done"] == 4);
    assert_eq!(server.conversions(), 2);
}

#[test]
fn who_is_killed_in_the_middle_goes_on_where_it_was() {
    let place = Place::new(&[]);
    for seed in 0..12 {
        place.put(&format!("{seed}.jpg"), &pictures::jpeg(900, 600, seed));
    }
    let (server, ask) = serve(&place, &["--watch"], &[]);
    until(&ask, |progress| progress["done"].as_u64() >= Some(3));
    let before = server.conversions();
    server.kill();
    assert!(before < 12, "it was in the middle");
    let (server, ask) = serve(&place, &["--watch"], &[]);
    until(&ask, |progress| progress["done"] == 12 && progress["state"] == "idle");
    // What was being made or written was lost.
    let again = server.conversions();
    assert!((12 - before..=12 - before + 2).contains(&again), "{before}, then {again}");
}

#[test]
fn nobody_waits_for_it() {
    let place = Place::new(&[("small.jpg", pictures::jpeg(64, 48, 99))]);
    let photo = pictures::jpeg(2400, 1600, 1);
    for number in 0..8 {
        place.put(&format!("big/{number}.jpg"), &pictures::with_comment(&photo, &number.to_string()));
    }
    let settings = [("WEBP_MAX_JOB_COUNT", "1"), ("WEBP_EFFORT", "6")];
    let (mut server, ask) = serve(&place, &["--watch", "--resize"], &settings);
    server.wait_for_line("CONV /big/0.jpg");
    // One slot, and something large is under way: visitors' conversions begin at once.
    let asked = Instant::now();
    let widths: Vec<String> = (1..=10).map(|width| format!("/small.jpg?width={width}")).collect();
    for path in ["/small.jpg".to_owned()].iter().chain(&widths) {
        assert!(server.get(path, WEBP).is_webp(), "{path}");
    }
    let took = asked.elapsed();
    let left = until(&ask, |_| true)["left"].as_u64().unwrap();
    assert!(left >= 2, "it goes on after {took:?}, {left} are left");
    let log = server.log();
    let large_meanwhile = log.iter().filter(|line| line.contains("CONV /big/")).count();
    assert!(large_meanwhile <= 6, "{took:?}: {large_meanwhile}");
    // Who asks for what it is about to make gets it like any other.
    assert!(server.get("/big/7.jpg", WEBP).is_webp());
    until(&ask, |progress| progress["state"] == "idle");
}

#[test]
fn it_fills_the_cache_and_sweeps_nothing_away() {
    let place = Place::new(&[("asked.jpg", pictures::jpeg(640, 480, 99))]);
    for seed in 0..60 {
        place.put(&format!("more/{seed}.jpg"), &pictures::jpeg(640, 480, seed));
    }
    let (server, ask) = serve(&place, &[], &[("WEBP_MAX_CACHE_SIZE", "1")]);
    assert!(server.get("/asked.jpg", WEBP).is_webp());
    ask("POST", "/prefetch");
    let progress = until(&ask, |progress| progress["state"] == "full");
    assert!(progress["left"].as_u64() > Some(0), "{progress}");
    let before = server.conversions();
    assert!(server.get("/asked.jpg", WEBP).is_webp());
    assert_eq!(server.conversions(), before, "it is still there");
}

/// Waits until so many pictures were looked at, and nothing else is to be.
fn until_done(ask: &impl Fn(&str, &str) -> http::Reply, done: u64) {
    let progress =
        until(ask, |progress| progress["done"].as_u64() >= Some(done) && progress["state"] == "idle");
    assert_eq!((&progress["done"], &progress["failed"]), (&done.into(), &0.into()));
}

#[test]
fn what_is_kept_is_no_original_wherever_it_lies() {
    let photo = |seed| pictures::jpeg(300, 200, seed);
    let place = Place::new(&[("a.jpg", photo(1))]);
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("away")).unwrap();
    fs::write(at("away/out.jpg"), photo(2)).unwrap();
    // Within the folder that is served, and there once more by another name, as what is elsewhere is.
    fs::create_dir_all(at("pics/kept/exhaust")).unwrap();
    symlink(at("pics/kept"), at("away/same")).unwrap();
    symlink(at("away"), at("pics/more")).unwrap();
    let mut command = program::command(place.path());
    command.env("WEBP_ADMIN_TOKEN", TOKEN).args(["serve", "pics", "--cache", "pics/kept"]);
    command.args(["--watch", "--follow-links", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let (server, ask) = asking(Server::start(command));
    until_done(&ask, 2);
    // What was written meanwhile would be seen by now.
    fs::write(at("away/new.jpg"), photo(3)).unwrap();
    until_done(&ask, 3);
    assert_eq!(server.conversions(), 3);
}

#[test]
fn what_takes_a_place_is_made_and_what_leads_out_is_not() {
    let photo = |seed| {
        let mut photo = pictures::jpeg(300, 200, seed);
        // All of one length.
        photo.resize(60_000, 0);
        photo
    };
    let place = Place::new(&[("a.jpg", photo(1)), ("in/b.jpg", photo(2))]);
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("out")).unwrap();
    fs::write(at("out/c.jpg"), photo(3)).unwrap();
    symlink("../out", at("pics/folder-out")).unwrap();
    let (server, ask) = serve(&place, &["--watch"], &[]);
    until_done(&ask, 2);

    symlink("../out/c.jpg", at("pics/out.jpg")).unwrap();
    symlink("loop.jpg", at("pics/loop.jpg")).unwrap();
    fs::write(at("out/d.jpg"), photo(4)).unwrap();
    symlink("in/b.jpg", at("pics/inside.jpg")).unwrap();
    until_done(&ask, 3);

    // Another picture of the same length and time.
    let time = fs::metadata(at("pics/a.jpg")).unwrap().modified().unwrap();
    fs::write(at("next"), photo(5)).unwrap();
    let next = File::options().write(true).open(at("next")).unwrap();
    next.set_times(FileTimes::new().set_modified(time)).unwrap();
    fs::rename(at("next"), at("pics/a.jpg")).unwrap();
    until_done(&ask, 4);
    assert_eq!(server.conversions(), 4);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    assert_eq!((server.get("/out.jpg", WEBP).status, server.conversions()), (404, 4));
}

#[test]
fn folders_come_and_go() {
    let photo = |seed| pictures::jpeg(300, 200, seed);
    let place = Place::new(&[("old/a.jpg", photo(1))]);
    let at = |name: &str| place.path().join(name);
    let (server, ask) = serve(&place, &["--watch"], &[]);
    until_done(&ask, 1);
    // With folders in it, and what comes into it later.
    fs::create_dir_all(at("album/deep")).unwrap();
    fs::write(at("album/deep/b.jpg"), photo(2)).unwrap();
    fs::rename(at("album"), at("pics/album")).unwrap();
    until_done(&ask, 2);
    place.put("album/deep/c.jpg", &photo(3));
    until_done(&ask, 3);

    // Out again, where nothing of it is served; what is deleted is nothing to make.
    fs::rename(at("pics/album"), at("album")).unwrap();
    fs::write(at("album/deep/d.jpg"), photo(4)).unwrap();
    fs::remove_dir_all(at("pics/old")).unwrap();
    // As before, but for what is new.
    place.put("old/e.jpg", &photo(5));
    until_done(&ask, 4);
    assert_eq!(server.get("/old/a.jpg", WEBP).status, 404);

    // The folder itself, by a link that is turned as well.
    fs::rename(at("pics"), at("before")).unwrap();
    fs::create_dir(at("release")).unwrap();
    fs::write(at("release/f.jpg"), photo(6)).unwrap();
    symlink("release", at("pics")).unwrap();
    until_done(&ask, 5);
    place.put("g.jpg", &photo(7));
    until_done(&ask, 6);
    assert_eq!(server.conversions(), 6);
}
