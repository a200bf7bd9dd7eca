//! Originals in a bucket are had as those of an HTTP origin are: kept, asked about by their tags, and what goes wrong is
//! told.

use std::fs;

use crate::support::{
    http::{OLD, WEBP},
    moto::{self, BUCKET, Moto},
    origin::{Origin, Page},
    pictures,
    server::{Place, Server},
};

/// Makes what is known look as if it had been learnt long ago.
fn age(place: &Place) {
    for path in place.cached(&format!("metadata/{BUCKET}")) {
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        record["slimpix"]["source"]["checked_at"]["secs_since_epoch"] = 1_000_000.into();
        fs::write(path, record.to_string()).unwrap();
    }
}

#[test]
fn originals_are_had_once_kept_and_asked_about_by_their_tags() {
    let moto = Moto::new();
    let (jpeg, other) = (pictures::jpeg(400, 300, 1), pictures::jpeg(400, 300, 2));
    moto.put("photos/sub/a%20b.jpg", &jpeg);
    let place = Place::new(&[]);
    let server = Server::serve(moto.command(place.path()), &format!("s3://{BUCKET}/photos/"), &[]);
    let reply = server.get("/sub/a%20b.jpg?v=1", WEBP);
    assert!(reply.is_webp(), "{reply:?} {:#?}", server.log());
    assert_eq!(server.get("/sub/a%20b.jpg", OLD).body, jpeg);
    assert_eq!(server.get("/sub/a%20b.jpg", WEBP).body, reply.body);
    let asked = |status: &str| moto.count(&["GET", "photos/sub/a", status]);
    assert_eq!((asked(" 200 "), asked(" 304 ")), (1, 0), "{:#?}", moto.log());

    age(&place);
    assert_eq!(server.get("/sub/a%20b.jpg", WEBP).body, reply.body);
    assert_eq!((asked(" 200 "), asked(" 304 "), server.conversions()), (1, 1, 1), "{:#?}", moto.log());

    moto.put("photos/sub/a%20b.jpg", &other);
    age(&place);
    assert_ne!(server.get("/sub/a%20b.jpg", WEBP).body, reply.body);
    assert_eq!(server.get("/sub/a%20b.jpg", OLD).body, other);

    assert_eq!(server.get("/sub/none.jpg", WEBP).status, 404);
    assert_eq!(server.get("/..%2fsub/a%20b.jpg", WEBP).status, 404);
    drop(moto);
    age(&place);
    assert_eq!(server.get("/sub/a%20b.jpg", OLD).body, other, "stale while the bucket is away");
}

#[test]
fn what_is_denied_is_told_and_no_picture() {
    let xml =
        b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let denied = Page::Raw("403 Forbidden\r\ncontent-length: 92", xml.to_vec());
    let origin = Origin::new(&[("*", denied)]);
    let place = Place::new(&[]);
    let server = Server::serve(moto::command(place.path(), origin.address), "s3://pictures", &[]);
    let reply = server.get("/a.jpg", WEBP);
    assert!([502, 504].contains(&reply.status), "{reply:?}");
    assert!(!reply.text().contains("bucket") && !reply.text().contains("Denied"), "{}", reply.text());
    assert_eq!(server.count("an original can't be had"), 1, "{:#?}", server.log());
    assert!(server.count("the bucket denies it to who we are") > 0, "{:#?}", server.log());
}

#[test]
fn a_bucket_that_cannot_be_meant_is_refused() {
    let place = Place::new(&[]);
    for what in ["s3://", "gs:///photos", "az://b?x"] {
        let ran = crate::support::program::run(place.path(), &["serve", what, "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, 2, "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("s3://bucket"), "{}", ran.stderr);
    }
}
