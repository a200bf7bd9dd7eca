//! Told to stop, the server finishes the answers under way, takes no new ones, and ends with code 0.

use std::{io::Read, net::TcpStream};

use crate::support::{
    http::{self, OLD, WEBP},
    pictures,
    server::Place,
};

#[test]
fn an_answer_under_way_is_finished() {
    // More than the sockets between the two can hold, so that it is under way for sure.
    let mut large = pictures::jpeg(64, 64, 1);
    large.resize(24 << 20, 0);
    let place = Place::new(&[("large.jpg", large.clone())]);
    let mut server = place.serve(&[]);
    let mut begun = http::begin(server.address, "GET", "/large.jpg", &[OLD]);
    assert_eq!(begun.reply.status, 200);
    let mut first = [0; 1000];
    begun.rest.read_exact(&mut first).unwrap();

    server.terminate();
    server.wait_for_line("stopping");
    assert!(TcpStream::connect(server.address).is_err());
    let mut body = first.to_vec();
    begun.rest.read_to_end(&mut body).unwrap();
    assert!(body == large);
    assert_eq!(server.wait(), 0);
}

#[test]
fn an_idle_server_ends_at_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 64, 1))]);
    let mut server = place.serve(&[]);
    assert_eq!(server.get("/a.jpg", WEBP).status, 200);
    // A connection that is kept open without a request does not hold it up.
    let idle = TcpStream::connect(server.address).unwrap();
    server.terminate();
    assert_eq!(server.wait(), 0);
    drop(idle);
}
