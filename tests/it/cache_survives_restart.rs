//! The cache is laid out as webp_server_go's, whose files are used, and a restart converts nothing again.

use std::fs;

use slimpix::service::hash_hex;

use crate::support::{http::WEBP, pictures, server::Place};

#[test]
fn a_restart_converts_nothing_again() {
    let place = Place::new(&[("webp_server.jpg", pictures::jpeg(400, 300, 1))]);
    let first = place.serve(&[]).get("/webp_server.jpg", WEBP);
    // Of SHA-256 of "/webp_server.jpg?width=&height=&max_width=&max_height=".
    let id = "dfc0f0a89ad449f633824970f85a5cb8";
    let cache = place.path().join("cache");
    assert_eq!(place.cached("exhaust/local"), [cache.join(format!("exhaust/local/{id}.webp"))]);
    assert_eq!(place.cached("metadata/local"), [cache.join(format!("metadata/local/{id}.json"))]);
    let server = place.serve(&[]);
    let second = server.get("/webp_server.jpg", WEBP);
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(server.conversions(), 0);
}

#[test]
fn what_webp_server_go_made_is_used_while_the_original_is_the_same() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let place = Place::new(&[("webp_server.jpg", jpeg.clone())]);
    // Any WebP that is smaller than the original will do for one that was made before.
    let made = {
        let other = Place::new(&[("x.jpg", pictures::jpeg(100, 80, 3))]);
        other.serve(&[]).get("/x.jpg", WEBP).body
    };
    let write = |checksum: &str| {
        for folder in ["exhaust/local", "metadata/local"] {
            fs::create_dir_all(place.path().join("cache").join(folder)).unwrap();
        }
        fs::write(place.path().join("cache/exhaust/local/281a623ba38d56d1.webp"), &made).unwrap();
        let record = serde_json::json!({
            "id": "281a623ba38d56d1",
            "path": "/webp_server.jpg?width=&height=&max_width=&max_height=",
            "checksum": checksum, "width": 400, "height": 300, "format": "jpeg", "size": 360_000,
            "num_pages": 1, "blurhash": "", "colorspace": "srgb",
        });
        let path = place.path().join("cache/metadata/local/281a623ba38d56d1.json");
        fs::write(path, record.to_string()).unwrap();
    };

    write(&hash_hex(&jpeg));
    let server = place.serve(&[]);
    assert_eq!(server.get("/webp_server.jpg", WEBP).body, made);
    assert_eq!(server.conversions(), 0);
    drop(server);

    write("0");
    let server = place.serve(&[]);
    let reply = server.get("/webp_server.jpg", WEBP);
    assert!(reply.is_webp() && reply.body != made);
    assert_eq!(server.conversions(), 1);
}
