//! The memory promise, by the kernel's own figures: bursts of photos of 12 megapixels are all converted, within a few
//! dozen megabytes and within a container's limit, and the memory comes back.

use std::{thread, time::Instant};

use crate::support::{
    cgroup::Group,
    http::{self, Reply, WEBP},
    pictures,
    server::{DEADLINE, Place, Server},
};

const MIB: u64 = 1 << 20;

/// Two conversions at a time, as fast as they go: the time is not what is tested here. Whoever waits, waits until it
/// is done.
const FLAGS: [&str; 6] = ["--jobs", "2", "--effort", "0", "--wait", "600"];

/// A folder of photos and their paths.
fn photos(count: usize, photo: &[u8]) -> (Place, Vec<String>) {
    let place = Place::new(&[]);
    let paths = (0..count).map(|i| {
        let name = format!("{i}.jpg");
        place.put(&name, &pictures::with_comment(photo, &name));
        format!("/{name}")
    });
    let paths = paths.collect();
    (place, paths)
}

fn serve(command: std::process::Command, flags: &[&str]) -> Server {
    Server::serve(command, "pics", &[&FLAGS, flags].concat())
}

fn assert_all_converted(replies: &[Reply]) {
    for reply in replies {
        assert!(reply.is_webp(), "{} {}", reply.status, reply.header("content-type"));
    }
}

#[test]
fn bursts_are_converted_in_little_memory_which_comes_back() {
    let photo = pictures::photo();
    let (place, paths) = photos(25, &photo);
    let server = place.serve(&FLAGS);
    // What a test's build has in memory of its own large file says nothing: the rest is what the program takes.
    let at_rest = server.memory("RssAnon");
    assert_all_converted(&http::get_all_at_once(server.address, &paths[..5], &[WEBP]));
    let five = server.memory("VmHWM");
    assert_all_converted(&http::get_all_at_once(server.address, &paths[5..], &[WEBP]));
    let twenty = server.memory("VmHWM");
    let began = Instant::now();
    let mut after = server.memory("RssAnon");
    while after > 5 * MIB && began.elapsed().as_secs() < 30 {
        thread::yield_now();
        after = server.memory("RssAnon");
    }
    let mib = |bytes: u64| bytes as f64 / MIB as f64;
    println!(
        "{} bytes a photo; MiB without the program's file: at rest {:.1}, after {:.1} s {:.1}; resident: 5 at once {:.1}, 20 {:.1}",
        photo.len(),
        mib(at_rest),
        began.elapsed().as_secs_f64(),
        mib(after),
        mib(five),
        mib(twenty),
    );
    assert!(at_rest <= 3 * MIB, "at rest {at_rest}");
    assert!(five <= 48 * MIB, "5 at once {five}");
    assert!(twenty <= 64 * MIB, "20 at once {twenty}");
    assert!(after <= 5 * MIB, "afterwards {after}");
    assert_eq!(server.conversions(), paths.len());
}

#[test]
fn a_page_of_fifty_photos_takes_no_more() {
    let (place, paths) = photos(50, &pictures::jpeg(1600, 1200, 1));
    let server = place.serve(&FLAGS);
    // As a browser asks: six at a time.
    for six in paths.chunks(6) {
        assert_all_converted(&http::get_all_at_once(server.address, six, &[WEBP]));
    }
    let most = server.memory("VmHWM");
    assert!(most <= 48 * MIB, "{most}");
}

/// In a group with that limit, or, where none can be made, with the budget that such a group gives.
fn within(limit: u64) {
    let (place, paths) = photos(25, &pictures::photo());
    let group = Group::new(&format!("{}M", limit / MIB), limit);
    let server = match &group {
        Ok(group) => serve(group.command(place.path()), &[]),
        Err(error) => {
            eprintln!(
                "no memory control group can be made here ({error}): the budget of one is tried instead"
            );
            let budget = format!("{}M", limit / MIB * 7 / 8 - 7 - (limit / MIB / 8).clamp(4, 8));
            serve(crate::support::program::command(place.path()), &["--memory", &budget])
        }
    };
    let listening = server.log().into_iter().find(|line| line.contains("listening")).unwrap();
    let said = listening.split("memory=").nth(1).unwrap().split_whitespace().next().unwrap();
    let budget: u64 = said.parse().unwrap();
    assert!(budget < limit && budget >= 8 * MIB, "{listening}");
    for burst in [&paths[..5], &paths[5..]] {
        assert_all_converted(&http::get_all_at_once(server.address, burst, &[WEBP]));
    }
    assert!(server.memory("VmHWM") <= limit);
    let kills = group.as_ref().map_or(0, Group::kills);
    assert_eq!(kills, 0);
    println!("{} MiB: at the most {:.1} resident", limit / MIB, server.memory("VmHWM") as f64 / MIB as f64);
    server.kill();
}

#[test]
fn bursts_are_converted_in_a_container_of_200_mib() {
    within(200 * MIB);
}

#[test]
fn bursts_are_converted_in_a_container_of_64_mib() {
    within(64 * MIB);
}

#[test]
fn bursts_are_converted_in_a_container_of_32_mib() {
    within(32 * MIB);
}

#[test]
fn two_hundred_who_want_one_picture_share_one_conversion_and_its_memory() {
    let (place, paths) = photos(1, &pictures::photo());
    let server = place.serve(&FLAGS);
    let wanted = vec![paths[0].clone(); 200];
    let began = Instant::now();
    let replies = http::get_all_at_once(server.address, &wanted, &[WEBP]);
    assert!(began.elapsed() < DEADLINE);
    assert_all_converted(&replies);
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    assert_eq!(server.conversions(), 1);
    let most = server.memory("VmHWM");
    println!("200 at once, {} bytes each: at the most {most} resident", replies[0].body.len());
    assert!(most <= 64 * MIB, "{most}");
}
