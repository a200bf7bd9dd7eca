//! Bad pictures and bad paths are answered cleanly over real sockets: never a 500, never a file from elsewhere.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use crate::support::{
    http::{AVIF, WEBP},
    pictures,
    server::Place,
};

#[test]
fn damaged_and_lying_files_never_make_a_500() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let png = pictures::png(100, 100, 1);
    let mut lying = png.clone();
    lying[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let place = Place::new(&[
        ("cut.jpg", jpeg[..jpeg.len() / 3].to_vec()),
        ("head.jpg", jpeg[..20].to_vec()),
        ("huge.png", lying),
        ("cut.png", png[..png.len() / 2].to_vec()),
        ("empty.jpg", Vec::new()),
        ("page.jpg", b"<html><script>alert(1)</script>".to_vec()),
        ("named.png", jpeg.clone()),
    ]);
    let server = place.serve(&["--formats", "webp,avif"]);
    for path in ["cut.jpg", "head.jpg", "huge.png", "cut.png", "empty.jpg", "page.jpg"] {
        for _ in 0..2 {
            let reply = server.get(&format!("/{path}"), AVIF);
            assert!([200, 404, 415].contains(&reply.status), "{path}: {}", reply.status);
            let kind = reply.header("content-type");
            assert!(reply.status != 200 || kind.starts_with("image/"), "{path}: {kind}");
            assert!(!kind.contains("html"), "{path}: {kind}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        }
    }
    // The name lies, the content counts.
    let named = server.get("/named.png", ("accept", "image/jpeg,image/png"));
    assert_eq!((named.status, named.header("content-type")), (200, "image/jpeg"));
    assert_eq!(server.get("/page.jpg", WEBP).status, 404);
    assert_eq!(server.get("/empty.jpg", WEBP).status, 404);
}

#[test]
fn no_spelling_of_a_path_leaves_the_folder() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 64, 1))]);
    fs::write(place.path().join("secret.jpg"), pictures::jpeg(64, 64, 2)).unwrap();
    fs::create_dir(place.path().join("pics/sub")).unwrap();
    let server = place.serve(&[]);
    for path in [
        "/../secret.jpg",
        "/sub/../../secret.jpg",
        "/%2e%2e/secret.jpg",
        "/%2E%2E%2Fsecret.jpg",
        "/..%2fsecret.jpg",
        "/sub/%2e%2e/%2e%2e/secret.jpg",
        "/%252e%252e/secret.jpg",
        "/..%5csecret.jpg",
        "/a.jpg%00.png",
        "//../secret.jpg",
        "/./../secret.jpg",
        "/%c0%ae%c0%ae/secret.jpg",
    ] {
        let reply = server.get(path, WEBP);
        assert!([400, 404].contains(&reply.status), "{path}: {}", reply.status);
    }
    assert!(server.get("/sub/.././a.jpg", WEBP).status != 500);
    assert!(server.get("/a.jpg", WEBP).status == 200);
}

#[test]
fn folders_pipes_and_missing_files_are_not_found() {
    let place = Place::new(&[]);
    fs::create_dir(place.path().join("pics/folder.jpg")).unwrap();
    let pipe = place.path().join("pics/pipe.jpg");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let server = place.serve(&[]);
    for path in ["/folder.jpg", "/pipe.jpg", "/none.jpg", "/folder.jpg/", "/a.jpg/b.jpg"] {
        let reply = server.get(path, WEBP);
        assert_eq!((reply.status, reply.text().trim()), (404, "Image not found!"), "{path}");
    }
    let long = format!("/{}.jpg", "x".repeat(5000));
    assert_eq!(server.get(&long, WEBP).status, 404);
}

#[test]
fn what_is_no_http_ends_the_connection_and_nothing_else() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 64, 1))]);
    let server = place.serve(&[]);
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "y".repeat(200_000));
    for noise in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", &long] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        // The server may well hang up before all of it is sent.
        let _ = stream.write_all(noise.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(server.get("/a.jpg", WEBP).status == 200);
}
