//! A drawing that takes more memory or time than was stated is ended by the kernel: the SVG itself goes out, the log
//! says why, and the server goes on.
//!
//! No drawing is known that is misjudged. So the limits are lowered that the process of one has set itself, and all
//! else is as it would be.

#![cfg(target_os = "linux")]

use std::{fs, thread};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::{
    http::{self, Reply},
    server::{Place, Server},
};

/// Noise that takes some seconds to draw and to code as AVIF.
const NOISE: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='1000' height='800'>\
    <filter id='f'><feTurbulence baseFrequency='.3' numOctaves='4'/></filter>\
    <g filter='url(#f)'><rect width='1000' height='800'/></g></svg>";

const ACCEPT: (&str, &str) = ("accept", "image/avif,image/webp,image/svg+xml,*/*");

/// The process that draws for a server, as soon as it has bounded its memory and its time.
fn drawing_of(server: &Server) -> Pid {
    let parent = format!("PPid:\t{}\n", server.id());
    loop {
        let processes =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        for id in processes.filter_map(|name| name.parse::<i32>().ok()) {
            let read = |name: &str| fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default();
            if !read("status").contains(&parent) || !read("cmdline").contains("--draw-one-svg") {
                continue;
            }
            let limits = read("limits");
            let is_set = |name: &str| {
                limits.lines().any(|line| {
                    line.strip_prefix(name).is_some_and(|rest| !rest.trim_start().starts_with("unlimited"))
                })
            };
            if is_set("Max address space") && is_set("Max cpu time") {
                return Pid::from_raw(id).unwrap();
            }
        }
        thread::yield_now();
    }
}

fn ends_alone(resource: Resource, most: u64) {
    let place = Place::new(&[("noise.svg", NOISE.into()), ("logo.svg", NOISE.replace(".3", "0").into())]);
    let server = place.serve(&["--resize", "--formats", "avif", "--effort", "6"]);
    let address = server.address;
    let request = thread::spawn(move || http::get(address, "/noise.svg?width=999", &[ACCEPT]));
    let lower = Rlimit { current: Some(most), maximum: Some(most) };
    prlimit(Some(drawing_of(&server)), resource, lower).unwrap();
    let answered: Reply = request.join().unwrap();
    assert_eq!((answered.status, answered.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(answered.body, NOISE.as_bytes());
    let log = server.log();
    let is_told = |line: &String| line.contains("/noise.svg") && line.contains("memory");
    assert!(log.iter().any(is_told), "{log:#?}");
    let next = http::get(address, "/logo.svg?width=20&format=avif", &[ACCEPT]);
    assert_eq!((next.status, next.header("content-type")), (200, "image/avif"));
}

#[test]
fn one_that_takes_too_much_memory() {
    ends_alone(Resource::As, 1 << 20);
}

#[test]
fn one_that_takes_too_long() {
    ends_alone(Resource::Cpu, 1);
}
