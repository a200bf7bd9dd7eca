//! With keys, what a URL asks for must be signed: nobody makes the server convert what its site didn't ask for.

use std::{collections::BTreeSet, fs};

use http::Method;
use slimpix::service::{Key, Policy, Signed, signed};

use crate::support::{
    http::WEBP,
    origin::{Origin, Page},
    pictures, program,
    scenario::{Scenario, header, sent, text},
    server::{Place, Server},
};

const ACCEPT: &str = "Accept: image/webp,*/*";
/// The second at which scenarios begin.
const NOON: u64 = 1_700_000_000;

fn key(byte: u8) -> Key {
    Key { key: vec![byte; 32], salt: vec![byte, 1] }
}

fn scenario(change: impl FnOnce(&mut Policy)) -> Scenario {
    Scenario::with(|policy| {
        (policy.extra_params, policy.short_params, policy.explain) = (true, true, true);
        policy.sign_keys = vec![key(7)];
        change(policy);
    })
}

fn sign(target: &str, expires: Option<u64>) -> String {
    signed(&[key(7)], target, expires).unwrap()
}

#[test]
fn what_is_signed_is_what_others_make_of_it() {
    // Python: hmac.new(b"0123456789abcdef", b"salt" + b"/a.jpg?w=100", "sha256"), in base64url.
    let key = Key { key: b"0123456789abcdef".to_vec(), salt: b"salt".to_vec() };
    let by_python = "/a.jpg?w=100&signature=Hu47q1g7504s3NA4GKcWeWWrpvtS_n8bTAO17KLecFo";
    assert_eq!(signed(&[key], "/a.jpg?w=100", None).unwrap(), by_python);
    assert_eq!(signed(&[], "/a.jpg", None), None);
}

#[test]
fn whatever_asks_for_something_is_refused_without_its_signature() {
    let mut scenario = scenario(|_| ());
    for asked in
        ["w=10", "height=9", "q=50", "format=jpeg", "still", "meta=full", "explain", "%77=10", "x=1&w=3"]
    {
        let refused = scenario.get(&format!("/a.jpg?{asked}"), &[ACCEPT]);
        assert_eq!(sent(&refused), "403", "{asked}");
        assert!(text(&refused).starts_with("Signature required!"), "{}", text(&refused));
        assert_eq!(header(&refused, "cache-control"), "no-store");
        let signed = scenario.get(&sign(&format!("/a.jpg?{asked}"), None), &[ACCEPT]);
        assert_eq!(signed.status, 200, "{asked}");
    }
    assert_eq!(scenario.request(Method::HEAD, "/a.jpg?w=10", &[]).status, 403);
    for plain in ["/a.jpg", "/a.jpg?", "/a.jpg?x=1", "/healthz"] {
        assert_eq!(scenario.get(plain, &[ACCEPT]).status, 200, "{plain}");
    }
}

#[test]
fn no_other_url_has_the_same_signature() {
    let right = sign("/a.jpg?w=10&h=20", None);
    let mut scenario = scenario(|_| ()).source("b.jpg", crate::support::scenario::jpeg(64, 48, 1000));
    assert_eq!(scenario.get(&right, &[ACCEPT]).status, 200);
    // Wherever it stands.
    let signature = right.split("signature=").nth(1).unwrap();
    let moved = format!("/a.jpg?signature={signature}&w=10&h=20");
    assert_eq!(scenario.get(&moved, &[ACCEPT]).status, 200);
    for wrong in [
        right.replace("w=10", "w=11"),
        right.replace("w=10", "w=10&q=50"),
        right.replace("/a.jpg", "/b.jpg"),
        right.replace("/a.jpg", "//a.jpg"),
        right.replace("w=10&h=20", "h=20&w=10"),
        format!("{right}&signature={signature}"),
        format!("{right}&signature="),
        format!("{right}A"),
        format!("/a.jpg?w=10&h=20&signature={}", &signature[..42]),
        "/a.jpg?w=10&h=20&signature=".to_owned(),
        "/a.jpg?w=10&h=20&signature=%2b".to_owned(),
        "/a.jpg?signature=x".to_owned(),
        signed(&[key(8)], "/a.jpg?w=10&h=20", None).unwrap(),
    ] {
        let refused = scenario.get(&wrong, &[ACCEPT]);
        assert_eq!(refused.status, 403, "{wrong}");
        assert!(text(&refused).starts_with("Signature wrong!"), "{wrong}: {}", text(&refused));
    }
    // Every single character counts.
    for at in 0..signature.len() {
        let other = if &signature[at..=at] == "A" { "B" } else { "A" };
        let bent = format!("{}{other}{}", &signature[..at], &signature[at + 1..]);
        assert_eq!(
            scenario.get(&format!("/a.jpg?w=10&h=20&signature={bent}"), &[ACCEPT]).status,
            403,
            "{at}"
        );
    }
}

#[test]
fn two_keys_hold_while_one_takes_the_place_of_the_other() {
    let mut scenario = scenario(|policy| policy.sign_keys = vec![key(9), key(7)]);
    for keys in [[key(9)], [key(7)]] {
        assert_eq!(scenario.get(&signed(&keys, "/a.jpg?w=10", None).unwrap(), &[ACCEPT]).status, 200);
    }
    assert_eq!(scenario.get(&signed(&[key(8)], "/a.jpg?w=10", None).unwrap(), &[ACCEPT]).status, 403);
}

#[test]
fn everything_is_signed_where_that_is_asked() {
    let mut scenario = scenario(|policy| policy.signed = Signed::All);
    for plain in ["/a.jpg", "/a.jpg?x=1"] {
        assert_eq!(scenario.get(plain, &[ACCEPT]).status, 403, "{plain}");
        assert_eq!(scenario.get(&sign(plain, None), &[ACCEPT]).status, 200, "{plain}");
    }
    assert_eq!(scenario.get("/healthz", &[]).status, 200);
}

#[test]
fn a_url_holds_until_it_expires_and_nobody_keeps_it_for_longer() {
    let mut scenario = scenario(|_| ());
    for (expires, age) in
        [(NOON + 1, "max-age=1"), (NOON + 100, "max-age=100"), (NOON + 1_000_000, "max-age=86400")]
    {
        for target in ["/a.jpg?w=10", "/a.jpg", "/a.jpg?meta=full"] {
            let answer = scenario.get(&sign(target, Some(expires)), &[ACCEPT]);
            assert_eq!(answer.status, 200);
            assert_eq!(header(&answer, "cache-control"), format!("public, {age}"), "{target}");
            // What a cache of answers keeps is for others, too.
            if let Some(whole) = answer.whole() {
                assert_eq!(whole.headers["cache-control"], "public, max-age=86400");
            }
        }
    }
    for expires in [0, NOON - 1, NOON] {
        let refused = scenario.get(&sign("/a.jpg?w=10", Some(expires)), &[ACCEPT]);
        assert_eq!((refused.status.as_u16(), text(&refused).contains("expired")), (403, true), "{expires}");
    }
    for expires in ["", "x", "-1", "+5", "1e9", "99999999999999999999", "17000000000000000000"] {
        let refused = scenario.get(&sign(&format!("/a.jpg?expires={expires}"), None), &[ACCEPT]);
        assert_eq!(refused.status, 403, "{expires}");
        assert!(text(&refused).contains("no second of Unix time"), "{expires}: {}", text(&refused));
    }
    // Of two the earlier holds, and one that isn't signed is nothing.
    let twice = sign(&format!("/a.jpg?expires={}&expires={}", NOON - 5, NOON + 5), None);
    assert_eq!(scenario.get(&twice, &[ACCEPT]).status, 403);
    assert_eq!(scenario.get("/a.jpg?expires=1", &[ACCEPT]).status, 200);
}

#[test]
fn signed_and_unsigned_urls_have_the_same_variants() {
    let mut scenario = scenario(|_| ());
    for expires in [None, Some(NOON + 10), Some(NOON + 20)] {
        scenario.get(&sign("/a.jpg?w=10", expires), &[ACCEPT]);
    }
    scenario.policy.sign_keys.clear();
    scenario.get("/a.jpg?w=10&signature=old&expires=9", &[ACCEPT]);
    assert_eq!(scenario.count("convert"), 1, "{:?}", scenario.did);
}

#[test]
fn the_program_signs_what_its_server_takes() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(300, 200, 1))]);
    let (new, old) = ("0a".repeat(32), format!("{}:{}", "0b".repeat(32), "c0"));
    let config = format!(r#"{{"SIGN_KEYS": ["{new}", "{old}"], "ENABLE_EXTRA_PARAMS": true}}"#);
    fs::write(place.path().join("config.json"), &config).unwrap();
    let flags = ["serve", "pics", "--config", "config.json", "--listen", "127.0.0.1:0", "--cache", "cache"];
    let server = place.start(&flags);
    let refused = server.get("/a.jpg?width=50", WEBP);
    assert_eq!((refused.status, refused.header("cache-control")), (403, "no-store"));
    assert!(refused.text().starts_with("Signature required!"));
    assert!(server.get("/a.jpg", WEBP).is_webp());

    let signed = |keys: Option<&str>, args: &[&str]| {
        let mut command = program::command(place.path());
        command.arg("sign").args(args);
        if let Some(keys) = keys {
            command.env("WEBP_SIGN_KEYS", keys);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said.trim_end().to_owned())
    };
    let (code, both) =
        signed(None, &["--config", "config.json", "/a.jpg?width=50", "http://x.test/a.jpg?width=60"]);
    let urls: Vec<&str> = both.lines().collect();
    assert_eq!((code, urls.len()), (0, 2), "{both}");
    assert!(urls[1].starts_with("http://x.test/a.jpg?width=60&signature="));
    for target in [urls[0], urls[1].strip_prefix("http://x.test").unwrap()] {
        assert!(server.get(target, WEBP).is_webp(), "{target}");
    }
    let (_, by_old) = signed(Some(&old), &["/a.jpg?width=50", "--expires-in", "600"]);
    let answer = server.get(&by_old, WEBP);
    assert!(answer.is_webp() && by_old.contains("&expires="), "{by_old}");
    let age: u32 = answer.header("cache-control").strip_prefix("public, max-age=").unwrap().parse().unwrap();
    assert!((500..=600).contains(&age), "{age}");
    assert_eq!(server.conversions(), 3);

    assert_eq!(signed(None, &["/a.jpg"]).0, 2);
    let (code, said) = signed(Some(&format!("{new},nonsense")), &["/a.jpg"]);
    assert_eq!((code, said.contains("SIGN_KEYS") && said.contains("\"key 2\"")), (2, true), "{said}");
    assert!(!said.contains("nonsense") && !said.contains("0a0a"), "{said}");
    assert_eq!(signed(Some(&new), &["a.jpg"]).0, 2);
    let told = program::run(place.path(), &["doctor", "config.json"]).text();
    assert!(told.contains("SIGN_KEYS is set") && !told.contains("0a0a"), "{told}");
}

#[test]
fn everything_is_converted_beforehand_without_signatures() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(300, 200, 1))]);
    let mut command = program::command(place.path());
    command.env("WEBP_SIGN_KEYS", "0a".repeat(16)).env("WEBP_SIGN", "all");
    command.args(["serve", "pics", "--cache", "cache", "--prefetch-foreground"]);
    assert!(command.output().unwrap().status.success());
    assert_eq!(place.cached("exhaust/local").len(), 1);
}

#[test]
fn an_origin_never_sees_a_signature() {
    let page = || Page::File(pictures::jpeg(300, 200, 1), "\"1\"");
    let origin = Origin::new(&[("/x.jpg?v=2", page())]);
    let place = Place::new(&[]);
    let key = "0a".repeat(16);
    let mut command = program::command(place.path());
    command.env("WEBP_SIGN_KEYS", &key);
    let server = Server::serve(command, &origin.url(), &["--resize"]);
    let keys = [Key { key: vec![10; 16], salt: Vec::new() }];
    let target = signed(&keys, "/x.jpg?v=2&w=40", Some(u32::MAX.into())).unwrap();
    assert_eq!(server.get("/x.jpg?v=2&w=40", WEBP).status, 403);
    assert!(origin.asked().is_empty());
    assert!(server.get(&target, WEBP).is_webp());
    assert_eq!(BTreeSet::from_iter(origin.asked()), BTreeSet::from(["/x.jpg?v=2".to_owned()]));
}
