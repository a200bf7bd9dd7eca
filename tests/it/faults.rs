//! What goes wrong harms nobody else: a killed server, a client that goes away or reads slowly, memory that is not
//! there, more requests than can be served. Tickets come back, and nothing half made is ever sent.

use std::{fs, process::Command, thread, time::Instant};

use slimpix::{
    codec,
    convert::{Outcome, Params, Resize, convert},
    error::ErrorKind,
    limits::Limits,
};

use crate::{
    support::heap::without_room_for,
    support::{
        http::{self, OLD, Reply, WEBP},
        pictures,
        server::{DEADLINE, Place, Server},
    },
};

fn distinct(place: &Place, count: usize, jpeg: &[u8]) -> Vec<String> {
    let put = |i| {
        let name = format!("{i}.jpg");
        place.put(&name, &pictures::with_comment(jpeg, &name));
        format!("/{name}")
    };
    (0..count).map(put).collect()
}

fn is_whole(reply: &Reply) -> bool {
    let said = || u32::from_le_bytes(reply.body[4..8].try_into().unwrap()) as usize + 8;
    reply.is_webp() && said() == reply.body.len() && codec::probe(&reply.body).is_ok()
}

fn temporary(place: &Place) -> usize {
    let folders = ["exhaust/local", "metadata/local"];
    let files = folders.iter().flat_map(|folder| place.cached(folder));
    files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('.')).count()
}

#[test]
fn a_kill_in_the_midst_of_twenty_conversions_leaves_nothing_half_made() {
    let place = Place::new(&[]);
    let paths = distinct(&place, 20, &pictures::jpeg(1600, 1200, 1));
    let server = place.serve(&["--effort", "0", "--wait", "600"]);
    let asked: Vec<_> = paths.iter().map(|path| http::send(server.address, "GET", path, &[WEBP])).collect();
    let kept = || place.cached("metadata/local").iter().filter(|path| path.extension().is_some()).count();
    while kept() < 3 {
        thread::yield_now();
    }
    server.kill();
    drop(asked);
    let kept = kept();
    let server = place.serve(&["--effort", "0", "--wait", "600"]);
    assert_eq!(temporary(&place), 0);
    let replies = http::get_all_at_once(server.address, &paths, &[WEBP]);
    assert!(replies.iter().all(is_whole));
    assert_eq!(server.conversions(), paths.len() - kept, "what was whole before the kill is not made again");
    // The same picture each time, whether from before the kill or after it.
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
}

#[test]
fn readers_that_go_away_leave_the_conversion_and_its_ticket_behind() {
    let place = Place::new(&[]);
    let paths = distinct(&place, 6, &pictures::jpeg(2400, 1600, 1));
    let mut server = place.serve(&["--jobs", "1", "--effort", "4", "--wait", "600"]);
    let asked: Vec<_> =
        paths[..5].iter().map(|path| http::send(server.address, "GET", path, &[WEBP])).collect();
    // What is asked later and answered shows that those are under way; none of them can be done yet.
    assert_eq!(server.get(&paths[5], OLD).header("content-type"), "image/jpeg");
    drop(asked);
    assert!(server.get(&paths[5], WEBP).is_webp());
    // What they asked for is made all the same, once: it is there for the next.
    for path in &paths[..5] {
        server.wait_for_line(&format!("CONV {path} "));
        assert!(server.get(path, WEBP).is_webp());
    }
    assert_eq!(server.conversions(), paths.len(), "{:#?}", server.log());
}

#[test]
fn a_slow_reader_holds_no_ticket() {
    let place = Place::new(&[("noise.bmp", noise(2000, 1500)), ("small.bmp", noise(100, 80))]);
    let server = place.serve(&["--jobs", "1", "--wait", "0", "--effort", "0", "--quality", "100"]);
    let slow: Vec<_> = (0..3).map(|_| http::begin(server.address, "GET", "/noise.bmp", &[WEBP])).collect();
    for reader in &slow {
        assert_eq!(reader.reply.header("content-type"), "image/webp");
        let len: u64 = reader.reply.header("content-length").parse().unwrap();
        // More than the kernel holds between the two of them.
        assert!(len > 7 << 20, "{len}");
    }
    assert!(server.get("/small.bmp", WEBP).is_webp());
    drop(slow);
}

/// A bitmap of noise, of which a lossless WebP is large, but no larger than the bitmap.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let rows = (0..width * height * 3).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8 & 0x7f
    });
    let len = 54 + width * height * 3;
    let mut file = b"BM".to_vec();
    file.extend([len, 0, 54, 40, width, height].map(u32::to_le_bytes).concat());
    file.extend([1, 0, 24, 0]);
    file.extend([0_u32; 6].map(u32::to_le_bytes).concat());
    file.extend(rows);
    file
}

#[test]
fn overload_is_never_an_error() {
    let place = Place::new(&[]);
    let jpeg = pictures::jpeg(300, 200, 1);
    // More than may wait, and a single job.
    let paths = distinct(&place, 400, &jpeg);
    let server = place.serve(&["--jobs", "1", "--wait", "600"]);
    let replies = http::get_all_at_once(server.address, &paths, &[WEBP]);
    let converted = replies.iter().filter(|reply| is_whole(reply)).count();
    let originals: Vec<_> = replies.iter().filter(|reply| !reply.is_webp()).collect();
    for reply in &originals {
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/jpeg"));
        assert_eq!(reply.header("cache-control"), "public, max-age=10");
    }
    println!("{converted} converted, {} originals", originals.len());
    assert!(converted >= 257, "{converted}");
    // All tickets are back.
    assert!(paths.iter().all(|path| is_whole(&server.get(path, WEBP))));
}

/// Every buffer in turn that a conversion asks for is refused to it.
#[test]
fn an_allocation_that_fails_is_an_error_and_no_abort() {
    let jpeg = pictures::sky(2403, 205);
    let small = Params::default().with_resize(Resize::to_width(1801));
    for params in [Params::default(), small] {
        let mut failed = 0;
        loop {
            let (was_refused, outcome) =
                without_room_for(failed, || convert(&jpeg, &params, &Limits::default()));
            match outcome {
                Ok(Outcome::Made(_)) if !was_refused => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{failed}: {error}"),
                Ok(_) => panic!("{failed}: made without the memory it asked for"),
            }
            failed += 1;
        }
        println!("{params:?}: {failed} buffers");
        assert!(failed >= 3);
    }
}

/// A server whose address space has no room for a large file, whatever it was told.
#[test]
fn a_server_without_memory_sends_originals_and_lives() {
    // What follows a JPEG's end is no part of the picture, but of its file.
    let photo = [pictures::jpeg(400, 300, 1), vec![0; 62 << 20]].concat();
    let place = Place::new(&[("large.jpg", photo.clone()), ("small.jpg", pictures::jpeg(200, 150, 1))]);
    let free = place.serve(&["--jobs", "1"]);
    let space = free.memory("VmSize") >> 10;
    drop(free);
    let limited = |kib: u64| {
        let own = crate::support::program::command(place.path());
        let mut command = Command::new("sh");
        command.current_dir(place.path()).args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]);
        command.arg(own.get_program());
        Server::serve(command, "pics", &["--jobs", "1", "--memory", "1G"])
    };
    // Room for the stacks of two dozen threads and for small things, but not for that file.
    let server = limited(space + (58 << 10));
    let began = Instant::now();
    let replies = http::get_all_at_once(server.address, &vec!["/large.jpg".to_owned(); 3], &[WEBP]);
    assert!(began.elapsed() < DEADLINE);
    for reply in replies {
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/jpeg"));
        assert_eq!(reply.header("cache-control"), "public, max-age=10");
        assert!(reply.body == photo);
    }
    assert!(server.count("kind=memory") > 0, "{:#?}", server.log());
    assert!(server.get("/small.jpg", WEBP).is_webp());
}

/// A disk that is full in the midst: room is made on it, what is there is whole, and what is made goes out all the
/// same.
#[test]
fn a_disk_that_fills_up_costs_no_answer() {
    let place = Place::new(&[]);
    let paths = distinct(&place, 20, &pictures::jpeg(400, 300, 1));
    let cache = place.path().join("cache");
    fs::create_dir(&cache).unwrap();
    let Some(_mounted) = Mounted::tiny(&cache) else { return tried_without_a_mount(&place, &paths) };
    let server = place.serve(&[]);
    for _ in 0..2 {
        assert!(paths.iter().all(|path| is_whole(&server.get(path, WEBP))));
    }
    assert!(server.conversions() >= paths.len());
    assert_eq!(temporary(&place), 0);
    let kept = place.cached("exhaust/local");
    assert!(!kept.is_empty() && kept.len() < paths.len(), "{} kept", kept.len());
    drop(server);
    // What a full disk kept, the last ones, is right, and the rest is made again.
    let server = place.serve(&[]);
    assert!(paths.iter().rev().all(|path| is_whole(&server.get(path, WEBP))));
    assert!(server.conversions() < paths.len());
}

/// Where nothing may be mounted: a folder that can't be made from the start.
fn tried_without_a_mount(place: &Place, paths: &[String]) {
    eprintln!("no small disk can be mounted here: one that takes nothing at all is tried instead");
    fs::remove_dir(place.path().join("cache")).unwrap();
    fs::write(place.path().join("cache"), b"a file").unwrap();
    let server = place.serve(&[]);
    assert!(paths.iter().all(|path| is_whole(&server.get(path, WEBP))));
}

/// A file system in memory, as small as can be.
struct Mounted<'a>(&'a std::path::Path);

impl<'a> Mounted<'a> {
    fn tiny(at: &'a std::path::Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=96k", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(at))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}
