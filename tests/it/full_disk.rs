//! A cache that can't be written is told once, and requests are answered from memory: within the budget, however large
//! the originals and however many.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{
    cgroup::Group,
    http::{self, OLD, Reply, WEBP},
    origin::{Origin, Page},
    pictures, program,
    server::{Place, Server},
};

const MIB: u64 = 1 << 20;

#[test]
fn requests_are_answered_and_the_log_says_so_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1)), ("b.jpg", pictures::jpeg(300, 200, 2))]);
    let server = place.serve(&[]);
    place.lose_cache();
    let first = server.get("/a.jpg", WEBP);
    assert!(first.is_webp());
    for _ in 0..3 {
        assert_eq!(server.get("/a.jpg", WEBP).body, first.body);
        assert!(server.get("/b.jpg", WEBP).is_webp());
    }
    assert_eq!(server.conversions(), 2);
    assert_eq!(server.count("the cache can't be written"), 1, "{:#?}", server.log());
}

#[test]
fn remote_originals_pass_through() {
    let jpeg = pictures::jpeg(1600, 1200, 1);
    let chunks = [format!("{:x}\r\n", jpeg.len()).as_bytes(), &jpeg, b"\r\n0\r\n\r\n"].concat();
    let origin = Origin::new(&[
        ("/a.jpg", Page::File(jpeg.clone(), "\"1\"")),
        ("/chunks.jpg", Page::Raw("200 OK\r\ntransfer-encoding: chunked\r\netag: \"2\"", chunks)),
        ("/private.jpg", Page::With(jpeg.clone(), "\"3\"", "cache-control: private")),
        ("/half.jpg", Page::File(jpeg[..jpeg.len() / 2].to_vec(), "\"4\"")),
        ("/page.jpg", Page::File(b"<html>".to_vec(), "\"5\"")),
    ]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    place.lose_cache();
    for path in ["/a.jpg", "/chunks.jpg", "/private.jpg"] {
        let made = server.get(path, WEBP);
        assert!(made.is_webp(), "{path}: {}", made.status);
        assert_eq!(server.get(path, WEBP).body, made.body, "{path}");
        assert_eq!(server.get(path, OLD).body, jpeg, "{path}");
        let part = http::get(server.address, path, &[OLD, ("range", "bytes=100000-100009")]);
        assert_eq!((part.status, &part.body[..]), (206, &jpeg[100_000..100_010]), "{path}");
        let head = http::request(server.address, "HEAD", path, &[OLD]);
        assert_eq!(head.header("content-length"), jpeg.len().to_string(), "{path}");
    }
    // The private one is made for each request.
    assert_eq!(server.conversions(), 4);
    let half = server.get("/half.jpg", WEBP);
    assert_eq!((half.status, half.header("cache-control")), (200, "public, max-age=10"));
    assert_eq!(server.get("/page.jpg", WEBP).status, 404);
}

#[test]
fn those_who_want_the_same_share_one_conversion() {
    let origin = Origin::new(&[("/a.jpg", Page::File(pictures::jpeg(1600, 1200, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    place.lose_cache();
    let replies = http::get_all_at_once(server.address, &vec!["/a.jpg".to_owned(); 20], &[WEBP]);
    assert!(replies.iter().all(Reply::is_webp));
    assert_eq!(server.conversions(), 1);
    assert!(origin.asked().len() <= 3, "{:?}", origin.asked());
}

/// Forty photos of 4.6 MB before a cache that is lost, or lies on a full file system, in a group of 80 MB where one
/// can be made.
fn forty(name: &str, accept: (&str, &str), flags: &[&str], full: Option<&Path>) {
    // With something after its end, as phones append films.
    let mut longer = pictures::photo();
    longer.resize(4_600_000, 7);
    let names: Vec<String> = (0..40).map(|i| format!("/{i}.jpg")).collect();
    let origin = Origin::new(&[]);
    for name in &names {
        origin.put(name, Page::File(pictures::with_comment(&longer, name), "\"1\""));
    }
    let place = Place::new(&[]);
    if let Some(full) = full {
        std::os::unix::fs::symlink(full, place.path().join("cache")).unwrap();
    }
    let group = Group::new(name, 80 * MIB);
    let command = match &group {
        Ok(group) => group.command(place.path()),
        Err(error) => {
            eprintln!(
                "no memory control group can be made here ({error}): the budget of one is tried instead"
            );
            let mut command = program::command(place.path());
            command.env("WEBP_MEMORY", "54M");
            command
        }
    };
    let server = Server::serve(command, &origin.url(), flags);
    if full.is_none() {
        place.lose_cache();
    }
    let replies = http::get_all_at_once(server.address, &names, &[accept]);
    let lost = replies.iter().filter(|reply| reply.status != 200).count();
    let converted = replies.iter().filter(|reply| reply.is_webp()).count();
    let most = server.memory("VmHWM");
    println!(
        "{name}: {} bytes each, {lost} lost, {converted} converted, {} asked, {:.1} MiB resident at the most",
        longer.len(),
        origin.asked().len(),
        most as f64 / MIB as f64
    );
    assert_eq!(lost, 0);
    for (reply, name) in replies.iter().zip(&names).filter(|(reply, _)| !reply.is_webp()) {
        assert!(reply.body == pictures::with_comment(&longer, name), "{name}: {} bytes", reply.body.len());
    }
    assert!(most <= 80 * MIB, "{most}");
    assert_eq!(group.as_ref().map_or(0, Group::kills), 0);
    server.kill();
}

#[test]
fn forty_large_originals_are_converted_within_a_container_of_80_mib() {
    forty("converted", WEBP, &["--wait", "600", "--effort", "0"], None);
}

#[test]
fn forty_large_originals_are_passed_on_within_a_container_of_80_mib() {
    forty("passed-on", OLD, &[], None);
}

#[test]
fn forty_large_originals_that_must_not_wait_are_answered_all_the_same() {
    forty("in-haste", WEBP, &["--wait", "5"], None);
}

/// A file system of one megabyte, which goes when dropped.
struct Tiny(PathBuf);

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_is_as_good_as_none() {
    let mounted = tempfile::tempdir().unwrap();
    let tiny = Tiny(mounted.path().to_owned());
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&tiny.0).status();
    if !mount.is_ok_and(|status| status.success()) {
        eprintln!("no file system can be mounted here");
        return;
    }
    forty("full", OLD, &[], Some(&tiny.0));
}
