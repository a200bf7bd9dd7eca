//! All that is kept has one bound on disk, at any moment while it fills; what is used stays, and nothing is orphaned.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

use slimpix::{
    codec::Format,
    service::{Entry, Record},
};

use crate::support::{
    http::{OLD, WEBP},
    origin::{Origin, Page},
    pictures,
    server::{DEADLINE, Place, Server},
};

const MIB: u64 = 1 << 20;

/// Files may be counted twice that are renamed while a test looks.
const SLACK: u64 = 96 << 10;

/// All files below a folder, temporary ones included, and what they take on disk together with the folders.
fn look(folder: &Path) -> (Vec<PathBuf>, u64) {
    let (mut files, mut bytes) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // What is gone by now takes nothing.
        let Ok(metadata) = entry.path().symlink_metadata() else { continue };
        bytes += metadata.blocks() * 512;
        if metadata.is_dir() {
            let (inner, more) = look(&entry.path());
            files.extend(inner);
            bytes += more;
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    (files, bytes)
}

/// The most that a folder takes while something is done.
fn most_during(folder: &Path, work: impl FnOnce()) -> u64 {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut most = 0;
            while !is_done.load(Ordering::SeqCst) {
                most = most.max(look(folder).1);
            }
            most.max(look(folder).1)
        });
        work();
        is_done.store(true, Ordering::SeqCst);
        looking.join().unwrap()
    })
}

/// Asks for paths from three clients at once.
fn flood(server: &Server, paths: &[String], accept: (&str, &str)) {
    thread::scope(|scope| {
        for part in paths.chunks(paths.len().div_ceil(3)) {
            scope.spawn(move || {
                for path in part {
                    assert_eq!(server.get(path, accept).status, 200, "{path}");
                }
            });
        }
    });
}

/// Names of the cache's files by their folders.
fn stems(cache: &Path, folder: &str) -> BTreeSet<String> {
    let (files, _) = look(&cache.join(folder));
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().map(stem).collect()
}

fn records(cache: &Path) -> Vec<Record> {
    let (files, _) = look(&cache.join("metadata"));
    files.iter().map(|path| Record::from_json(&fs::read(path).unwrap()).unwrap()).collect()
}

/// Each variant and each copy has its record, and each variant that a record tells of is there.
fn assert_no_orphans(cache: &Path) {
    let (known, variants) = (stems(cache, "metadata"), stems(cache, "exhaust"));
    assert!(variants.is_subset(&known), "variants without records: {:?}", variants.difference(&known));
    let copies = stems(cache, "remote-raw");
    assert!(copies.is_subset(&known), "copies without records: {:?}", copies.difference(&known));
    for record in records(cache) {
        let made = record.slimpix.iter().flat_map(|known| &known.variants);
        let is_made = made.filter(|(_, entry)| matches!(entry, Entry::Made(_))).count() > 0;
        assert!(!is_made || variants.contains(&record.id), "{} tells of a file that is gone", record.path);
    }
}

#[test]
fn fifteen_hundred_names_of_an_origin_stay_within_the_limit_while_it_fills() {
    let jpeg = pictures::jpeg(300, 200, 1);
    assert!(jpeg.len() > 20_000, "{}", jpeg.len());
    let origin = Origin::new(&[("*", Page::File(jpeg, "\"1\""))]);
    let place = Place::new(&[]);
    let cache = place.path().join("cache");
    let server = place.serve_before(&origin, &["--max-cache-size", "1"]);
    // Names, and queries, which are names too.
    let name = |number| match number % 2 {
        0 => format!("/{number}.jpg"),
        _ => format!("/a.jpg?v={number}"),
    };
    let names: Vec<String> = (0..1500).map(name).collect();
    let most = most_during(&cache, || {
        // Of a few the variants, too: converting all would take long.
        flood(&server, &names[..90], WEBP);
        flood(&server, &names[90..], OLD);
    });
    assert!(most <= MIB + SLACK, "{most} bytes");
    let (files, held) = look(&cache);
    assert!(held > MIB / 2, "{held} bytes in {} files", files.len());
    assert_no_orphans(&cache);
}

#[test]
fn what_is_asked_often_stays() {
    let place = Place::new(&[("hot.jpg", pictures::jpeg(200, 150, 1))]);
    let names: Vec<String> = (0..150).map(|number| format!("{number}.jpg")).collect();
    let jpeg = pictures::jpeg(200, 150, 2);
    for name in &names {
        place.put(name, &pictures::with_comment(&jpeg, name));
    }
    let server = place.serve(&["--max-cache-size", "1"]);
    for name in &names {
        assert!(server.get(&format!("/{name}"), WEBP).is_webp());
        assert!(server.get("/hot.jpg", WEBP).is_webp());
    }
    assert!(look(&place.path().join("cache")).1 <= MIB);
    assert_eq!(server.count("CONV /hot.jpg"), 1);
    assert_eq!(server.conversions(), names.len() + 1);
    assert_no_orphans(&place.path().join("cache"));
}

#[test]
fn many_sizes_of_a_picture_leave_few_records() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let server = place.serve(&["--resize"]);
    let hot = "/a.jpg?w=7&h=7&fit=fill";
    for number in 0..120 {
        assert_eq!(
            server.get(&format!("/a.jpg?width={}&height={}", 1 + number % 40, 2 + number / 40), WEBP).status,
            200
        );
        assert_eq!(server.get(hot, WEBP).status, 200);
        let kept = place.cached("metadata/local").len();
        assert!(kept <= 33, "{kept} after {number}");
    }
    assert_eq!(place.cached("metadata/local").len(), 33);
    assert_eq!(server.conversions(), 121, "what is asked again and again is made once");
    assert_no_orphans(&place.path().join("cache"));
    // A restart knows how many there are.
    drop(server);
    let server = place.serve(&["--resize"]);
    for number in 0..10 {
        assert_eq!(server.get(&format!("/a.jpg?width={}&height=30", 1 + number), WEBP).status, 200);
    }
    assert_eq!(place.cached("metadata/local").len(), 33);
}

#[test]
fn a_cache_that_is_too_large_already_shrinks_at_the_start_and_leftovers_go() {
    let place = Place::new(&[]);
    let cache = place.path().join("cache");
    let old = SystemTime::now() - Duration::from_secs(3600);
    let put = |path: &str| {
        let path = cache.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, [0; 5000]).unwrap();
        fs::File::options().append(true).open(path).unwrap().set_modified(old).unwrap();
    };
    for number in 0..200 {
        put(&format!("exhaust/local/{number:032x}.webp"));
        put(&format!("metadata/local/{number:032x}.json"));
        put(&format!("exhaust/local/f{number:031x}.webp"));
    }
    put("exhaust/local/281a623ba38d56d1.webp");
    put("remote-raw/h/.slimpix-x1y2z3");
    let _server = place.serve(&["--max-cache-size", "1"]);
    let began = Instant::now();
    while look(&cache).1 > MIB || cache.join("remote-raw/h/.slimpix-x1y2z3").exists() {
        assert!(began.elapsed() < DEADLINE, "{:?}", look(&cache));
        thread::yield_now();
    }
    let known = stems(&cache, "metadata");
    let mut variants = stems(&cache, "exhaust");
    variants.remove("281a623ba38d56d1");
    assert!(known.len() > 40 && known == variants, "{} records, {} variants", known.len(), variants.len());
}

#[test]
fn two_processes_keep_within_the_limit_together() {
    let jpeg = pictures::jpeg(300, 200, 1);
    let origin = Origin::new(&[("*", Page::File(jpeg, "\"1\""))]);
    let place = Place::new(&[]);
    let cache = place.path().join("cache");
    let servers = [(); 2].map(|()| place.serve_before(&origin, &["--max-cache-size", "2"]));
    let most = most_during(&cache, || {
        thread::scope(|scope| {
            for (at, server) in servers.iter().enumerate() {
                scope.spawn(move || {
                    let names: Vec<String> = (0..150).map(|number| format!("/{at}-{number}.jpg")).collect();
                    flood(server, &names, OLD);
                });
            }
        });
    });
    // A sixteenth for each, as none knows at once what the other one writes.
    assert!(most <= 2 * MIB + 2 * 2 * MIB / 16 + SLACK, "{most} bytes");
}

#[test]
fn what_is_larger_than_the_limit_is_answered_and_not_kept() {
    let png = pictures::png(1600, 1200, 1);
    assert!(png.len() > 1 << 20);
    let origin = Origin::new(&[("*", Page::File(png.clone(), "\"1\""))]);
    let place = Place::new(&[]);
    let cache = place.path().join("cache");
    let server = place.serve_before(&origin, &["--max-cache-size", "1"]);
    let paths: Vec<String> = (0..6).map(|number| format!("/{}.png", number / 3)).collect();
    thread::scope(|scope| {
        for path in &paths {
            let (server, png) = (&server, &png);
            scope.spawn(move || assert_eq!(server.get(path, OLD).body, *png));
        }
    });
    assert!(server.get("/0.png", WEBP).is_webp());
    assert!(look(&cache).1 <= MIB, "{:?}", look(&cache));
    assert!(stems(&cache, "remote-raw").is_empty());
}

/// A disk of a megabyte, of which nothing says in advance that it is full.
#[test]
fn a_full_disk_makes_room_before_memory_is_used() {
    let place = Place::new(&[]);
    fs::create_dir(place.path().join("cache")).unwrap();
    let jpeg = pictures::jpeg(200, 150, 2);
    let names: Vec<String> = (0..150).map(|number| format!("{number}.jpg")).collect();
    for name in &names {
        place.put(name, &pictures::with_comment(&jpeg, name));
    }
    let mount = "mount -t tmpfs -o size=1m none cache && exec \"$0\" \"$@\"";
    let mut command = Command::new("unshare");
    command.current_dir(place.path()).args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]);
    command.arg(env!("CARGO_BIN_EXE_slimpix"));
    let server = Server::serve(command, "pics", &["--max-cache-size", "0"]);
    for name in &names {
        assert!(server.get(&format!("/{name}"), WEBP).is_webp());
    }
    // The last ones are there, on the disk: nothing had to stay in memory.
    for name in &names[names.len() - 20..] {
        assert!(server.get(&format!("/{name}"), WEBP).is_webp());
    }
    assert_eq!(server.conversions(), names.len());
    assert_eq!(server.count("the cache can't be written"), 0, "{:#?}", server.log());
}

#[test]
fn the_formats_of_a_picture_go_together() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1))]);
    let server = place.serve(&["--formats", "webp,avif", "--max-cache-size", "1"]);
    let both = ("accept", "image/avif,image/webp");
    assert_eq!(server.get("/a.jpg", both).status, 200);
    let record = &records(&place.path().join("cache"))[0];
    let is_made = |format| record.variant(format).is_some();
    assert!(is_made(Format::WebP) && is_made(Format::Avif), "{record:?}");
    for number in 0..150 {
        place.put(
            &format!("{number}.jpg"),
            &pictures::with_comment(&pictures::jpeg(100, 80, 2), &number.to_string()),
        );
        assert!(server.get(&format!("/{number}.jpg"), WEBP).is_webp());
    }
    assert!(!stems(&place.path().join("cache"), "exhaust").contains(&record.id));
    assert_no_orphans(&place.path().join("cache"));
}
