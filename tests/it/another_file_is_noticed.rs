//! A file in the place of another one is noticed, though its length and its time are the same: after `cp -p`, after
//! `rsync -t`, behind a link that is turned elsewhere. The same bytes in another file are not converted again.

use std::{
    fs::{self, File},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    time::SystemTime,
};

use crate::support::{
    http::{self, OLD, WEBP},
    pictures,
    server::{Place, Server},
};

/// A picture of exactly that many bytes: what follows its end marker is of no account.
fn padded(seed: u32, len: usize) -> Vec<u8> {
    let mut jpeg = pictures::jpeg(200, 150, seed);
    assert!(jpeg.len() < len);
    jpeg.resize(len, 0);
    jpeg
}

const LEN: usize = 60_000;

fn write_at(path: &Path, bytes: &[u8], time: SystemTime) {
    fs::write(path, bytes).unwrap();
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

/// A server that has converted and sent `a.jpg`, of which there is now another one, put there by `replace`.
fn notices(replace: impl Fn(&Path, &[u8], SystemTime)) {
    let (one, other) = (padded(1, LEN), padded(2, LEN));
    let place = Place::new(&[]);
    let path = place.path().join("pics/a.jpg");
    let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    write_at(&path, &one, time);
    let server = place.serve(&[]);
    let first = [WEBP, OLD].map(|accept| server.get("/a.jpg", accept));
    assert!(first[0].is_webp());
    assert_eq!(first[1].body, one);
    // So often that it is at hand.
    assert_eq!(server.get("/a.jpg", WEBP).body, first[0].body);

    replace(&path, &other, time);
    assert_eq!(fs::metadata(&path).unwrap().len(), LEN as u64);
    for (accept, before) in [WEBP, OLD].into_iter().zip(&first) {
        let tag = ("if-none-match", before.header("etag"));
        let after = http::get(server.address, "/a.jpg", &[accept, tag]);
        assert_eq!(after.status, 200, "{accept:?}");
        assert_ne!(after.body, before.body, "{accept:?}");
        assert_ne!(after.header("etag"), before.header("etag"), "{accept:?}");
    }
    assert_eq!(server.get("/a.jpg", OLD).body, other);
    assert_eq!(server.conversions(), 2);
}

#[test]
fn a_copy_that_takes_the_place_is_noticed() {
    notices(|path, bytes, time| {
        let copy = path.with_extension("new");
        write_at(&copy, bytes, time);
        fs::rename(copy, path).unwrap();
    });
}

#[test]
fn bytes_that_are_changed_in_place_are_noticed() {
    notices(write_at);
}

#[test]
fn a_link_that_is_turned_elsewhere_is_noticed() {
    notices(|path, bytes, time| {
        let folder = path.parent().unwrap();
        write_at(&folder.join("other.bin"), bytes, time);
        fs::remove_file(path).unwrap();
        symlink("other.bin", path).unwrap();
    });
}

#[test]
fn a_folder_that_is_turned_elsewhere_is_noticed() {
    let (one, other) = (padded(1, LEN), padded(2, LEN));
    let place = Place::new(&[("v1/a.jpg", one.clone()), ("v2/a.jpg", other.clone())]);
    let time = SystemTime::now();
    for version in ["v1", "v2"] {
        let path = place.path().join("pics").join(version).join("a.jpg");
        File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    }
    let now = place.path().join("pics/now");
    symlink("v1", &now).unwrap();
    let server = place.serve(&[]);
    assert_eq!(server.get("/now/a.jpg", OLD).body, one);
    fs::remove_file(&now).unwrap();
    symlink("v2", &now).unwrap();
    assert_eq!(server.get("/now/a.jpg", OLD).body, other);
}

fn sized(server: &Server) -> Vec<Vec<u8>> {
    ["/a.jpg?width=100", "/a.jpg", "/a.jpg?width=50"].map(|path| server.get(path, WEBP).body).into()
}

#[test]
fn the_same_bytes_in_another_file_are_not_converted_again() {
    let place = Place::new(&[("a.jpg", padded(1, LEN))]);
    let path = place.path().join("pics/a.jpg");
    let server = place.serve(&["--resize"]);
    let made = sized(&server);
    assert_eq!(server.conversions(), 3);
    // Other rights, another time, another file.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(sized(&server), made);
    File::options().append(true).open(&path).unwrap().set_modified(SystemTime::now()).unwrap();
    assert_eq!(sized(&server), made);
    let copy = path.with_extension("new");
    fs::copy(&path, &copy).unwrap();
    fs::rename(&copy, &path).unwrap();
    assert_eq!(sized(&server), made);
    assert_eq!(server.conversions(), 3, "{:#?}", server.log());
    drop(server);
    assert_eq!(sized(&place.serve(&["--resize"])), made);
}

/// Takes out of the records what older versions did not write.
fn forget_files(place: &Place) {
    for path in place.cached("metadata/local") {
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let stamp = record["slimpix"]["source"]["stamp"].as_object_mut().unwrap();
        assert!(stamp.remove("file").is_some());
        fs::write(path, record.to_string()).unwrap();
    }
}

#[test]
fn records_of_older_versions_are_compared_by_their_bytes() {
    let place = Place::new(&[("a.jpg", padded(1, LEN))]);
    let server = place.serve(&["--resize"]);
    let made = sized(&server);
    drop(server);
    forget_files(&place);
    let server = place.serve(&["--resize"]);
    assert_eq!(sized(&server), made);
    assert_eq!(sized(&server), made);
    assert_eq!(server.conversions(), 0, "{:#?}", server.log());
    drop(server);

    forget_files(&place);
    let path = place.path().join("pics/a.jpg");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    write_at(&path, &padded(2, LEN), time);
    let server = place.serve(&["--resize"]);
    let other = sized(&server);
    assert!(other.iter().zip(&made).all(|(other, made)| other != made));
    assert_eq!(server.conversions(), 3);
}
