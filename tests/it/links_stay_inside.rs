//! A link that leads out of the folder that is served is as if it were not there, unless the settings say otherwise.
//! One that stays inside is served.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::support::{
    http::{OLD, WEBP},
    pictures, program,
    server::{Place, Server},
};

/// `pics` with links of every kind, and a secret beside it. Gives the secret.
fn place() -> (Place, Vec<u8>) {
    let place =
        Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1)), ("deep/b.jpg", pictures::jpeg(200, 150, 2))]);
    let secret = pictures::jpeg(200, 150, 3);
    fs::create_dir(place.path().join("out")).unwrap();
    fs::write(place.path().join("out/secret.jpg"), &secret).unwrap();
    let pics = place.path().join("pics");
    symlink("../out/secret.jpg", pics.join("link.jpg")).unwrap();
    symlink(place.path().join("out/secret.jpg"), pics.join("absolute.jpg")).unwrap();
    symlink("../out", pics.join("folder")).unwrap();
    symlink("link.jpg", pics.join("twice.jpg")).unwrap();
    symlink("deep/b.jpg", pics.join("inside.jpg")).unwrap();
    symlink(pics.join("a.jpg"), pics.join("inside-absolutely.jpg")).unwrap();
    symlink("../a.jpg", pics.join("deep/up.jpg")).unwrap();
    symlink("round.jpg", pics.join("round.jpg")).unwrap();
    (place, secret)
}

const OUT: [&str; 4] = ["/link.jpg", "/absolute.jpg", "/folder/secret.jpg", "/twice.jpg"];
const INSIDE: [&str; 5] = ["/a.jpg", "/deep/b.jpg", "/inside.jpg", "/inside-absolutely.jpg", "/deep/up.jpg"];

fn refuses(server: &Server) {
    for path in OUT {
        for accept in [WEBP, OLD] {
            assert_eq!(server.get(path, accept).status, 404, "{path}");
        }
        assert_eq!(server.get(&format!("{path}?meta=full"), OLD).status, 404, "{path}");
    }
    for path in INSIDE {
        assert!(server.get(path, WEBP).is_webp(), "{path}");
        assert_eq!(server.get(path, OLD).status, 200, "{path}");
    }
    assert_eq!(server.get("/round.jpg", WEBP).status, 404);
}

#[test]
fn what_leads_out_is_not_found_and_what_stays_inside_is_served() {
    let (place, _) = place();
    let server = place.serve(&[]);
    refuses(&server);
    assert!(server.count("--follow-links") > 0, "{:#?}", server.log());
}

#[test]
fn all_links_are_followed_where_that_is_set() {
    let (place, secret) = place();
    let config = place.path().join("config.json");
    fs::write(
        config,
        r#"{"IMG_PATH": "pics", "HOST": "127.0.0.1", "PORT": 0, "CACHE": "cache", "FOLLOW_LINKS": true}"#,
    )
    .unwrap();
    let mut by_variable = program::command(place.path());
    by_variable.env("WEBP_FOLLOW_LINKS", "true");
    for server in [
        place.serve(&["--follow-links"]),
        place.start(&["serve", "--config", "config.json"]),
        Server::serve(by_variable, "pics", &[]),
    ] {
        for path in OUT {
            assert!(server.get(path, WEBP).is_webp(), "{path}");
            assert_eq!(server.get(path, OLD).body, secret, "{path}");
        }
    }
    // What is in the cache from then on is not served when they aren't followed any more.
    refuses(&place.serve(&[]));
}

#[test]
fn a_folder_that_is_moved_out_and_linked_is_outside() {
    let (place, _) = place();
    let server = place.serve(&[]);
    for _ in 0..3 {
        assert!(server.get("/deep/b.jpg", WEBP).is_webp());
    }
    let (inside, outside) = (place.path().join("pics/deep"), place.path().join("out/deep"));
    fs::rename(&inside, &outside).unwrap();
    symlink(&outside, &inside).unwrap();
    for accept in [WEBP, OLD] {
        assert_eq!(server.get("/deep/b.jpg", accept).status, 404);
    }
}

#[test]
fn a_link_that_is_turned_while_it_is_asked_for_never_shows_what_is_outside() {
    let (place, secret) = place();
    let pics = place.path().join("pics");
    for (name, to) in [("one", "deep"), ("two", "../out")] {
        symlink(to, pics.join(name)).unwrap();
    }
    fs::copy(pics.join("a.jpg"), pics.join("deep/secret.jpg")).unwrap();
    symlink("deep", pics.join("now")).unwrap();
    let server = place.serve(&[]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for to in ["../out", "deep"] {
                    symlink(to, pics.join("next")).unwrap();
                    fs::rename(pics.join("next"), pics.join("now")).unwrap();
                }
            }
        });
        let mut statuses = [0, 0];
        for _ in 0..400 {
            let reply = server.get("/now/secret.jpg", OLD);
            assert_ne!(reply.body, secret);
            assert!([200, 404].contains(&reply.status), "{}", reply.status);
            statuses[usize::from(reply.status == 404)] += 1;
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(statuses.iter().all(|count| *count > 0), "{statuses:?}: nothing was turned");
    });
}

#[test]
fn prefetch_leaves_out_what_leads_out() {
    let (place, _) = place();
    let args = ["serve", "pics", "--cache", "cache", "--prefetch-foreground"];
    let ran = program::run(place.path(), &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("pictures={}", INSIDE.len())), "{}", ran.stderr);
}

#[test]
fn the_page_stays_inside_too() {
    let (place, _) = place();
    let page = place.path().join("page");
    fs::create_dir(&page).unwrap();
    fs::write(page.join("index.html"), "page").unwrap();
    fs::write(page.join("a.js"), "script").unwrap();
    symlink("a.js", page.join("inside.js")).unwrap();
    symlink("../out/secret.jpg", page.join("link.jpg")).unwrap();
    let server = place.serve(&["--demo", "--demo-path", "page"]);
    assert_eq!(server.get("/_demo/inside.js", OLD).text(), "script");
    assert_eq!(server.get("/_demo/link.jpg", OLD).status, 404);
    drop(server);
    let server = place.serve(&["--demo", "--demo-path", "page", "--follow-links"]);
    assert_eq!(server.get("/_demo/link.jpg", OLD).status, 200);
}
