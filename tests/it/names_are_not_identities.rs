//! Two names of the same hash are two pictures: with webp_server_go's hash, whose seed everybody knows, such names are
//! made in no time, and none of them may show what another one left in the cache.

use std::fs;

use slimpix::service::{Id, Step, hash_hex};

use crate::support::{
    http::{OLD, WEBP},
    origin::{Origin, Page},
    pictures,
    scenario::Scenario,
    server::Place,
};

const P1: u64 = 0x9E37_79B1_85EB_CA87;
const P2: u64 = 0xC2B2_AE3D_27D4_EB4F;

/// One step of xxHash64's second lane.
fn step(state: u64, word: u64) -> u64 {
    state.wrapping_add(word.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1)
}

/// Two names between `before` and `after` with the same xxHash64 of the whole: what one word of a lane changes, the
/// next word of that lane undoes.
fn colliding(before: &str, after: &str) -> [String; 2] {
    let start = before.len().next_multiple_of(32);
    let name = "a".repeat(start + 64 - before.len());
    let text = format!("{before}{name}{after}");
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let state = (0..start).step_by(32).fold(P2, |state, at| step(state, word(text.as_bytes(), at + 8)));
    // Newton's way to the inverse of an odd number.
    let inverse = (0..6).fold(P2, |x, _| x.wrapping_mul(2_u64.wrapping_sub(P2.wrapping_mul(x))));
    let second = word(text.as_bytes(), start + 40);
    let reached = step(state, word(text.as_bytes(), start + 8));
    for i in 0..u64::MAX {
        let first = u64::from_le_bytes(std::array::from_fn(|digit| b'b' + (i >> (4 * digit)) as u8 % 16));
        let away = reached.wrapping_sub(step(state, first));
        let bytes = second.wrapping_add(away.wrapping_mul(inverse)).to_le_bytes();
        if bytes.iter().all(u8::is_ascii_alphanumeric) {
            let mut other = text.clone().into_bytes();
            other[start + 8..start + 16].copy_from_slice(&first.to_le_bytes());
            other[start + 40..start + 48].copy_from_slice(&bytes);
            let other = String::from_utf8(other).unwrap();
            assert_eq!(hash_hex(text.as_bytes()), hash_hex(other.as_bytes()));
            let end = before.len() + name.len();
            return [name, other[before.len()..end].to_owned()];
        }
    }
    unreachable!("one in a hundred thousand will do")
}

#[test]
fn files_of_colliding_names_are_their_own() {
    let names =
        colliding("/", ".jpg?width=&height=&max_width=&max_height=").map(|name| format!("{name}.jpg"));
    assert_ne!(names[0], names[1]);
    let place = Place::new(&[
        (names[0].as_str(), pictures::jpeg(200, 150, 1)),
        (names[1].as_str(), pictures::jpeg(200, 150, 2)),
    ]);
    let server = place.serve(&[]);
    let [one, other] = names.each_ref().map(|name| server.get(&format!("/{name}"), WEBP).body);
    assert_ne!(one, other);
    for _ in 0..2 {
        assert_eq!(
            names.each_ref().map(|name| server.get(&format!("/{name}"), WEBP).body),
            [one.clone(), other.clone()]
        );
    }
    assert_eq!(server.conversions(), 2);
}

#[test]
fn remote_originals_of_colliding_names_are_their_own() {
    let origin = Origin::new(&[]);
    let names = colliding(&format!("{}/", origin.url()), ".jpg").map(|name| format!("/{name}.jpg"));
    let jpegs = [pictures::jpeg(200, 150, 1), pictures::jpeg(200, 150, 2)];
    for (name, jpeg) in names.iter().zip(&jpegs) {
        origin.put(name, Page::File(jpeg.clone(), "\"1\""));
    }
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    for _ in 0..2 {
        for (name, jpeg) in names.iter().zip(&jpegs) {
            assert_eq!(server.get(name, OLD).body, *jpeg);
        }
        let made = names.each_ref().map(|name| server.get(name, WEBP).body);
        assert_ne!(made[0], made[1]);
    }
    assert_eq!((server.conversions(), origin.asked().len()), (2, 2));
}

fn id(uri: &str) -> Id {
    match Scenario::default().begin(http::Method::GET, uri, &[]) {
        Step::Lookup(lookup) => lookup.id,
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_record_of_another_name_is_no_record() {
    for is_old in [false, true] {
        let place =
            Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1)), ("b.jpg", pictures::jpeg(200, 150, 2))]);
        let server = place.serve(&[]);
        let a = server.get("/a.jpg", WEBP).body;
        drop(server);
        // What /a.jpg left, put where /b.jpg is looked for.
        let Id { now, old } = id("/b.jpg");
        let at = if is_old { old } else { now };
        let (record, variant) = (&place.cached("metadata/local")[0], &place.cached("exhaust/local")[0]);
        let mut json: serde_json::Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
        json["id"] = at.as_str().into();
        let (metadata, exhaust) = (record.parent().unwrap(), variant.parent().unwrap());
        fs::write(metadata.join(format!("{at}.json")), json.to_string()).unwrap();
        fs::copy(variant, exhaust.join(format!("{at}.webp"))).unwrap();

        let server = place.serve(&[]);
        for _ in 0..3 {
            let b = server.get("/b.jpg", WEBP);
            assert!(b.is_webp());
            assert_ne!(b.body, a, "old: {is_old}");
        }
        assert_eq!(server.get("/a.jpg", WEBP).body, a);
        assert_eq!(server.conversions(), 1);
    }
}

#[test]
fn what_an_older_version_kept_is_found_under_its_old_name() {
    let jpeg = pictures::jpeg(200, 150, 1);
    let origin = Origin::new(&[("/x.jpg", Page::File(jpeg.clone(), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let made = server.get("/x.jpg", WEBP).body;
    drop(server);
    let old = hash_hex(format!("{}/x.jpg", origin.url()).as_bytes());
    for folder in ["metadata", "exhaust", "remote-raw"] {
        let path = &place.cached(&format!("{folder}/{}", origin.address))[0];
        let extension = path.extension().unwrap().to_str().unwrap();
        fs::rename(path, path.with_file_name(format!("{old}.{extension}"))).unwrap();
    }
    let record = &place.cached(&format!("metadata/{}", origin.address))[0];
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    json["id"] = old.as_str().into();
    fs::write(record, json.to_string()).unwrap();
    origin.go_down();
    let server = place.serve_before(&origin, &[]);
    assert_eq!(server.get("/x.jpg", WEBP).body, made);
    assert_eq!(server.get("/x.jpg", OLD).body, jpeg);
    assert_eq!(server.conversions(), 0);
}
