//! However many ask for a picture at the same time, it is converted once.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use crate::support::{
    http::{self, WEBP},
    origin::{Origin, Page},
    pictures,
    server::Place,
};

/// Asks for a path from many threads at the same time.
fn all_at_once(address: std::net::SocketAddr, path: &str, clients: usize) -> Vec<http::Reply> {
    let barrier = Arc::new(Barrier::new(clients));
    let asking: Vec<_> = (0..clients)
        .map(|_| {
            let (barrier, path) = (Arc::clone(&barrier), path.to_owned());
            thread::spawn(move || {
                barrier.wait();
                http::get(address, &path, &[WEBP])
            })
        })
        .collect();
    asking.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn fifty_at_once_make_one_conversion() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(1200, 900, 1))]);
    let server = place.serve(&[]);
    let replies = all_at_once(server.address, "/a.jpg", 50);
    assert!(replies.iter().all(http::Reply::is_webp));
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    assert_eq!(server.conversions(), 1);
}

#[test]
fn eight_at_once_fetch_a_remote_original_once() {
    let origin = Origin::new(&[("/a.jpg", Page::File(pictures::jpeg(600, 400, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let replies = all_at_once(server.address, "/a.jpg", 8);
    assert!(replies.iter().all(http::Reply::is_webp));
    assert_eq!(server.conversions(), 1);
    assert_eq!(origin.asked(), ["/a.jpg"]);
}
