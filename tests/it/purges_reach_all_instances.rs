//! What is purged at one instance is gone at all that share its bucket, before long, and when they start if they were
//! down; none brings it back.

use std::{fs, thread, time::Instant};

use serde_json::Value;

use crate::support::{
    figures::{figures, is},
    http::{self, OLD, Reply, WEBP},
    moto::{BUCKET, Moto},
    origin::{Origin, Page},
    pictures, program,
    server::{DEADLINE, Place, Server},
};

const TOKEN: &str = "0123456789abcdef";

/// How an instance says that it has heard of a purge.
const HEARD: &str = "another instance has purged";

/// An instance with a cache of its own.
fn instance(moto: &Moto, place: &Place, origin: &Origin) -> Server {
    let mut command = moto.command(place.path());
    command.env("WEBP_ADMIN_TOKEN", TOKEN).env("WEBP_RESULTS", format!("s3://{BUCKET}/shared"));
    Server::serve(command, &origin.url(), &["--resize", "--admin-listen", "127.0.0.1:0"])
}

fn purge(server: &Server, query: &str) -> Reply {
    let token = format!("Bearer {TOKEN}");
    http::request(server.address, "POST", &format!("/_admin/purge?{query}"), &[("authorization", &token)])
}

/// An origin of some pictures.
fn origin() -> Origin {
    let page = |seed| Page::File(pictures::jpeg(300, 200, seed), "\"1\"");
    Origin::new(&[("/a.jpg", page(1)), ("/b.jpg", page(2)), ("/c.jpg", page(3)), ("/d.jpg", page(4))])
}

/// Another picture in the place of `/a.jpg`.
fn replace(origin: &Origin) -> Vec<u8> {
    let jpeg = pictures::jpeg(300, 200, 9);
    origin.put("/a.jpg", Page::File(jpeg.clone(), "\"2\""));
    jpeg
}

/// The purges that stand in the bucket.
fn listed(moto: &Moto) -> Vec<String> {
    let list: Value = serde_json::from_slice(&moto.get("shared/purges.json").body).unwrap();
    list["purges"].as_array().unwrap().iter().map(|entry| entry["query"].as_str().unwrap().into()).collect()
}

/// How many results there are in the bucket.
fn results(moto: &Moto) -> usize {
    moto.keys().iter().filter(|key| key.starts_with("shared/results/")).count()
}

/// Waits until a server has another picture than before.
fn wait_for(server: &Server, wanted: &[u8]) {
    let began = Instant::now();
    while server.get("/a.jpg", OLD).body != wanted {
        assert!(began.elapsed() < DEADLINE, "{:#?}", server.log());
        thread::yield_now();
    }
}

/// Waits until an instance has written down that it has done what it heard.
fn wait_for_done(place: &Place) {
    let (began, path) = (Instant::now(), place.path().join("cache/metadata/purges.json"));
    while !fs::read_to_string(&path).is_ok_and(|done| done.contains("source=/a.jpg")) {
        assert!(began.elapsed() < DEADLINE);
        thread::yield_now();
    }
}

#[test]
fn a_purge_at_one_instance_reaches_one_that_runs_and_one_that_was_down() {
    let (moto, origin) = (Moto::new(), origin());
    let places = [Place::new(&[]), Place::new(&[]), Place::new(&[])];
    let [first, mut second, third] = places.each_ref().map(|place| instance(&moto, place, &origin));
    for server in [&first, &second, &third] {
        for path in ["/a.jpg", "/b.jpg"] {
            assert!(server.get(path, WEBP).is_webp() && !server.get(path, OLD).is_webp(), "{path}");
        }
    }
    let old = first.get("/a.jpg", WEBP).body;
    drop(third);
    let new = replace(&origin);
    let told = purge(&first, "source=/a.jpg");
    assert!(told.status == 200 && told.text().starts_with("purged: "), "{told:?}");
    // Told before anything goes, and once more when it has.
    assert_eq!(listed(&moto), ["source=/a.jpg"; 2]);
    let made = first.get("/a.jpg", WEBP).body;
    assert!(made != old && first.get("/a.jpg", OLD).body == new);

    // Nobody asks it for anything meanwhile.
    let line = second.wait_for_line(HEARD);
    assert!(line.contains("source=/a.jpg"), "{line}");
    wait_for(&second, &new);
    assert_eq!(second.get("/a.jpg", WEBP).body, made);
    let counted = figures(second.admin());
    is(&counted, "slimpix_shared_purges_total", 1.0);

    let mut third = instance(&moto, &places[2], &origin);
    third.wait_for_line(HEARD);
    wait_for(&third, &new);
    assert_eq!(third.get("/a.jpg", WEBP).body, made);
    // What wasn't purged stayed.
    let asked = origin.asked();
    assert_eq!(asked.iter().filter(|line| line.starts_with("/b.jpg")).count(), 3, "{asked:?}");
    wait_for_done(&places[2]);

    // What is done is done: for the one that purged, and for who starts again. Who converts has heard of all.
    drop(third);
    let third = instance(&moto, &places[2], &origin);
    assert!(third.get("/c.jpg", WEBP).is_webp() && first.get("/d.jpg", WEBP).is_webp());
    assert_eq!((third.count(HEARD), first.count(HEARD), second.count(HEARD)), (0, 0, 1));
}

#[test]
fn what_is_made_of_what_was_purged_is_not_put_back() {
    let (moto, origin) = (Moto::new(), origin());
    let places = [Place::new(&[]), Place::new(&[])];
    let [first, second] = places.each_ref().map(|place| instance(&moto, place, &origin));
    assert!(second.get("/a.jpg", WEBP).is_webp());
    let new = replace(&origin);
    purge(&first, "source=/a.jpg");
    assert_eq!(results(&moto), 0);
    // It still has the old one, unless it has just heard.
    assert!(second.get("/a.jpg?width=50", WEBP).is_webp());
    assert_eq!(second.count(HEARD), 1, "{:#?}", second.log());
    let alone = Place::new(&[]);
    let expected = alone.serve_before(&origin, &["--resize"]).get("/a.jpg?width=50", WEBP).body;
    assert_eq!(first.get("/a.jpg?width=50", WEBP).body, expected);
    wait_for(&second, &new);
    assert_eq!(second.get("/a.jpg?width=50", WEBP).body, expected);
}

#[test]
fn purges_at_the_same_time_are_all_told() {
    let (moto, origin) = (Moto::new(), origin());
    let places = [Place::new(&[]), Place::new(&[]), Place::new(&[])];
    let [first, second, third] = places.each_ref().map(|place| instance(&moto, place, &origin));
    thread::scope(|scope| {
        for (at, server) in [&first, &first, &second, &third].into_iter().enumerate() {
            scope.spawn(move || {
                for seed in 0..3 {
                    let told = purge(server, &format!("source=/{at}/{seed}.jpg"));
                    assert_eq!(told.status, 200, "{told:?}");
                }
            });
        }
    });
    let mut listed = listed(&moto);
    listed.sort();
    let all: Vec<String> =
        (0..12).map(|number| format!("source=/{}/{}.jpg", number / 3, number % 3)).collect();
    assert_eq!(listed, all);
    // Who converts has heard of all, but for its own.
    for (server, path, others) in [(&first, "/a.jpg", 6), (&second, "/b.jpg", 9), (&third, "/c.jpg", 9)] {
        assert!(server.get(path, WEBP).is_webp());
        assert_eq!(server.count(HEARD), others, "{:#?}", server.log());
    }
}

#[test]
fn who_can_t_be_told_is_said() {
    let (moto, origin) = (Moto::new(), origin());
    let place = Place::new(&[]);
    let server = instance(&moto, &place, &origin);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    let new = replace(&origin);
    drop(moto);
    let told = purge(&server, "source=/a.jpg");
    assert_eq!(told.status, 500);
    let text = told.text();
    assert!(text.starts_with("not all is purged: 3 files, "), "{text}");
    assert!(text.ends_with("other instances weren't told\n"), "{text}");
    assert_eq!(server.get("/a.jpg", OLD).body, new);
}

#[test]
fn the_command_line_tells_instances_or_says_that_it_can_t() {
    let (moto, origin) = (Moto::new(), origin());
    let places = [Place::new(&[]), Place::new(&[])];
    let server = instance(&moto, &places[0], &origin);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    let ask = || {
        let mut command = moto.command(places[1].path());
        command.env("WEBP_RESULTS", format!("s3://{BUCKET}/shared")).env("WEBP_IMG_PATH", origin.url());
        let output = command.args(["purge", "--cache", "cache", "/a.jpg"]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let new = replace(&origin);
    let (code, text) = ask();
    assert!(code == Some(0) && text.starts_with("purged: 1 files, "), "{text}");
    assert_eq!(listed(&moto), ["source=%2Fa%2Ejpg"; 2]);
    assert!(server.get("/b.jpg", WEBP).is_webp());
    wait_for(&server, &new);

    let mut command = program::command(places[1].path());
    command.env("WEBP_RESULTS", "s3://pictures/shared").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let output = command.args(["purge", "--cache", "cache", "--all"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("other instances weren't told"), "{text}");
}

#[test]
fn a_list_that_makes_no_sense_may_have_meant_anything() {
    let (moto, origin) = (Moto::new(), origin());
    let place = Place::new(&[]);
    let server = instance(&moto, &place, &origin);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    drop(server);
    let new = replace(&origin);
    moto.put("shared/purges.json", b"{nonsense");
    let mut server = instance(&moto, &place, &origin);
    assert!(server.wait_for_line(HEARD).contains("all"));
    wait_for(&server, &new);
    assert_eq!(listed(&moto), [""; 0]);
    assert_eq!(server.count("makes no sense"), 1);
    purge(&server, "source=/a.jpg");
    assert_eq!(listed(&moto), ["source=/a.jpg"; 2]);
}
