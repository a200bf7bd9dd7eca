//! Instances that share a bucket make each result once, and none waits for one that is gone.

use std::{
    io::Read,
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    figures::{figures, is},
    http::{self, AVIF, Reply, WEBP},
    moto::{BUCKET, Moto},
    origin::{Origin, Page},
    pictures,
    server::{DEADLINE, Place, Server},
};

/// An instance of a folder of its own, with the bucket.
fn instance(moto: &Moto, place: &Place, flags: &[&str]) -> Server {
    serve(moto, place, "pics", flags)
}

fn serve(moto: &Moto, place: &Place, what: &str, flags: &[&str]) -> Server {
    let results = format!("s3://{BUCKET}/shared");
    let flags = [&["--results", &results], flags].concat();
    Server::serve(moto.command(place.path()), what, &flags)
}

/// Keys below `shared/` of this kind.
fn keys(moto: &Moto, kind: &str) -> Vec<String> {
    let below = format!("shared/{kind}/");
    moto.keys().into_iter().filter(|key| key.starts_with(&below)).collect()
}

/// Asks all of them for a path at the same time, each some times.
fn all_at_once(servers: &[Server], path: &str, times: usize) -> Vec<Reply> {
    thread::scope(|scope| {
        let asked = servers.iter().flat_map(|server| vec![server.address; times]);
        let asking: Vec<_> =
            asked.map(|address| scope.spawn(move || http::get(address, path, &[WEBP]))).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

fn conversions(servers: &[Server]) -> usize {
    servers.iter().map(Server::conversions).sum()
}

/// Bytes that it has read so far, of files and whatever else.
fn bytes_read(server: &Server) -> usize {
    let io = std::fs::read_to_string(format!("/proc/{}/io", server.id())).unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

/// Waits until no lease is left: they are given back after the answer.
fn wait_for_no_lease(moto: &Moto) {
    let began = Instant::now();
    while !keys(moto, "leases").is_empty() {
        assert!(began.elapsed() < DEADLINE, "{:?}", moto.keys());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn four_instances_make_a_picture_once() {
    let moto = Moto::new();
    let jpeg = pictures::jpeg(1600, 1200, 1);
    // Copies on four disks: other files, the same bytes.
    let places: Vec<Place> = (0..4).map(|_| Place::new(&[("sub/a b.jpg", jpeg.clone())])).collect();
    let servers: Vec<Server> = places.iter().map(|place| instance(&moto, place, &[])).collect();
    let replies = all_at_once(&servers, "/sub/a%20b.jpg", 3);
    assert!(replies.iter().all(Reply::is_webp), "{replies:?}");
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    assert_eq!(conversions(&servers), 1, "{:#?}", moto.log());
    let results = keys(&moto, "results");
    assert_eq!(results.len(), 1);
    assert!(
        results[0].starts_with("shared/results/-/sub/a%20b.jpg/") && results[0].ends_with(".webp"),
        "{results:?}"
    );
    wait_for_no_lease(&moto);

    // What is near is not asked for again, and a new one finds it.
    let asked = || moto.log().iter().filter(|line| !line.contains("purges.json")).count();
    let before = asked();
    assert!(all_at_once(&servers, "/sub/a%20b.jpg", 1).iter().all(Reply::is_webp));
    assert_eq!(asked(), before);
    let place = Place::new(&[("sub/a b.jpg", jpeg)]);
    let new = instance(&moto, &place, &[]);
    assert_eq!(new.get("/sub/a%20b.jpg", WEBP).body, replies[0].body);
    assert_eq!(new.conversions(), 0);
    assert_eq!(moto.log().iter().filter(|line| line.contains("\" 5")).count(), 0, "{:#?}", moto.log());

    // Another picture under the same name is another one.
    place.put("sub/a b.jpg", &pictures::jpeg(1600, 1200, 2));
    assert_ne!(new.get("/sub/a%20b.jpg", WEBP).body, replies[0].body);
    assert_eq!(new.conversions(), 1);
}

#[test]
fn instances_before_one_origin_make_a_picture_once() {
    let moto = Moto::new();
    let origin = Origin::new(&[("/x.jpg", Page::File(pictures::jpeg(1200, 900, 1), "\"1\""))]);
    let places: Vec<Place> = (0..4).map(|_| Place::new(&[])).collect();
    let servers: Vec<Server> =
        places.iter().map(|place| serve(&moto, place, &origin.url(), &["--resize"])).collect();
    for path in ["/x.jpg", "/x.jpg?width=300"] {
        let replies = all_at_once(&servers, path, 2);
        assert!(replies.iter().all(|reply| reply.is_webp() && reply.body == replies[0].body));
    }
    assert_eq!(conversions(&servers), 2);
    let described: Vec<Reply> = servers.iter().map(|server| server.get("/x.jpg?meta=full", WEBP)).collect();
    assert!(described.iter().all(|reply| reply.text().contains("thumbhash")), "{described:?}");
    assert_eq!(keys(&moto, "results").len(), 3);
}

#[test]
fn another_takes_over_from_one_that_is_killed() {
    let moto = Moto::new();
    let jpeg = pictures::jpeg(2000, 1500, 1);
    let places: Vec<Place> = (0..4).map(|_| Place::new(&[("a.jpg", jpeg.clone())])).collect();
    // However slow this machine is.
    let flags = ["--formats", "avif", "--wait", "600"];
    let mut servers: Vec<Server> = places.iter().map(|place| instance(&moto, place, &flags)).collect();
    thread::scope(|scope| {
        let (replies, replied) = std::sync::mpsc::channel();
        for server in &servers {
            let (address, id, replies) = (server.address, server.id(), replies.clone());
            scope.spawn(move || {
                let mut stream = http::send(address, "GET", "/a.jpg", &[AVIF]);
                let mut answer = Vec::new();
                // That of the killed one breaks off.
                let _ = stream.read_to_end(&mut answer);
                replies.send((id, answer)).unwrap();
            });
        }
        drop(replies);
        let began = Instant::now();
        let holder: u32 = loop {
            assert!(began.elapsed() < DEADLINE, "{:#?}", moto.log());
            if let [lease] = &keys(&moto, "leases")[..] {
                let text = moto.get(&lease.replace('%', "%25")).text();
                if let Some(id) = text.split(' ').nth(1).and_then(|id| id.parse().ok()) {
                    break id;
                }
            }
        };
        let at = servers.iter().position(|server| server.id() == holder).unwrap();
        let killed = servers.remove(at);
        assert_eq!(killed.conversions(), 0, "it was done before it could be killed");
        killed.kill();
        let replies: Vec<(u32, Vec<u8>)> = replied.iter().filter(|(id, _)| *id != holder).collect();
        assert_eq!(replies.len(), 3);
        for (id, reply) in &replies {
            let text = String::from_utf8_lossy(reply);
            assert!(text.contains("image/avif"), "{id}: {}", text.lines().take(9).collect::<String>());
        }
    });
    assert_eq!(conversions(&servers), 1);
    assert_eq!(servers.iter().map(|server| server.count("another instance is gone")).sum::<usize>(), 1);
    assert_eq!(keys(&moto, "results").len(), 1);
}

#[test]
fn who_was_taken_for_gone_leaves_the_lease_of_who_took_over() {
    let moto = Moto::new();
    let jpeg = pictures::jpeg(2000, 1500, 1);
    let places: Vec<Place> = (0..2).map(|_| Place::new(&[("a.jpg", jpeg.clone())])).collect();
    let flags = ["--formats", "avif", "--wait", "600", "--admin-listen", "127.0.0.1:0"];
    let mut first = instance(&moto, &places[0], &flags);
    let mut second = instance(&moto, &places[1], &flags);
    let (one, two) = (first.admin(), second.admin());
    thread::scope(|scope| {
        let ask = |address| scope.spawn(move || http::get(address, "/a.jpg", &[AVIF]));
        let slow = ask(first.address);
        let began = Instant::now();
        while keys(&moto, "leases").is_empty() {
            assert!(began.elapsed() < DEADLINE, "{:#?}", moto.log());
        }
        let quick = ask(second.address);
        first.signal("STOP");
        second.wait_for_line("another instance is gone");
        first.signal("CONT");
        let replies = [slow.join().unwrap(), quick.join().unwrap()];
        assert!(replies.iter().all(|reply| reply.header("content-type") == "image/avif"), "{replies:?}");
    });
    assert_eq!((first.conversions(), second.conversions()), (1, 1));
    wait_for_no_lease(&moto);
    // Nothing else is deleted here.
    assert_eq!(moto.count(&["POST", "?delete"]), 1, "{:#?}", moto.log());
    let (one, two) = (figures(one), figures(two));
    is(&one, "slimpix_shared_leases_taken_total", 1.0);
    is(&one, "slimpix_shared_leases_lost_total", 1.0);
    is(&one, "slimpix_shared_leases", 0.0);
    is(&two, "slimpix_shared_lease_waits_total", 1.0);
    is(&two, "slimpix_shared_leases_taken_total", 1.0);
    is(&two, "slimpix_shared_leases_taken_over_total", 1.0);
    is(&two, "slimpix_shared_leases_lost_total", 0.0);
}

#[test]
fn an_original_is_read_once_and_what_came_of_it_is_counted() {
    let moto = Moto::new();
    let mut long = pictures::jpeg(300, 200, 1);
    long.resize(16 << 20, 0);
    let len = long.len();
    let places: Vec<Place> = (0..2).map(|_| Place::new(&[("a.jpg", long.clone())])).collect();
    let flags = ["--resize", "--admin-listen", "127.0.0.1:0"];
    let mut servers: Vec<Server> = places.iter().map(|place| instance(&moto, place, &flags)).collect();
    // So often is all of it read for an answer.
    let reads = |server: &Server, path: &str| {
        let before = bytes_read(server);
        assert!(server.get(path, WEBP).is_webp());
        (bytes_read(server) - before + len / 2) / len
    };
    assert_eq!(reads(&servers[0], "/a.jpg"), 1, "to convert it, where the bucket has nothing");
    assert_eq!(reads(&servers[0], "/a.jpg?width=200"), 1, "and again for another variant");
    assert_eq!(reads(&servers[1], "/a.jpg"), 1, "to know that it is the same");
    assert_eq!(reads(&servers[1], "/a.jpg?width=200"), 0, "which is known by then");
    assert_eq!(reads(&servers[1], "/a.jpg?width=100"), 1);
    wait_for_no_lease(&moto);

    let sizes: usize = keys(&moto, "results").iter().map(|key| moto.get(key).body.len()).sum();
    let [one, two] = &mut servers[..] else { panic!("two") };
    let (one, two) = (figures(one.admin()), figures(two.admin()));
    for (figures, hits, misses) in [(&one, 0.0, 2.0), (&two, 2.0, 1.0)] {
        is(figures, "slimpix_shared_hits_total", hits);
        is(figures, "slimpix_shared_misses_total", misses);
        is(figures, "slimpix_shared_leases_taken_total", misses);
        is(figures, "slimpix_shared_errors_total", 0.0);
        is(figures, "slimpix_shared_away", 0.0);
        is(figures, "slimpix_shared_leases", 0.0);
    }
    let written = [&one, &two].map(|figures| figures["slimpix_shared_written_bytes_total"]);
    assert_eq!(written.iter().sum::<f64>(), sizes as f64);
    is(&two, "slimpix_shared_read_bytes_total", written[0]);
}

#[test]
fn what_was_described_declined_or_failed_first_is_not_tried_by_others() {
    let moto = Moto::new();
    let jpeg = |seed| pictures::jpeg(300, 200, seed);
    let mut torn = pictures::png(300, 200, 1);
    let middle = torn.len() / 2;
    torn[middle] ^= 0x55;
    let pictures = [("described.jpg", jpeg(1)), ("larger.jpg", jpeg(2)), ("torn.png", torn)];
    let places: Vec<Place> = (0..2).map(|_| Place::new(&pictures)).collect();
    // A JPEG is shorter than what has each of its pixels.
    let flags = ["--quality", "100", "--admin-listen", "127.0.0.1:0"];
    let mut servers: Vec<Server> = places.iter().map(|place| instance(&moto, place, &flags)).collect();
    for path in ["/described.jpg?meta=full", "/larger.jpg", "/torn.png"] {
        let replies: Vec<Reply> = servers.iter().map(|server| server.get(path, WEBP)).collect();
        assert_eq!((replies[0].status, &replies[0].body), (200, &replies[1].body), "{path}");
        wait_for_no_lease(&moto);
    }
    assert_eq!((conversions(&servers), keys(&moto, "results").len()), (0, 3));
    for (server, hits, misses) in
        servers.iter_mut().zip([0.0, 3.0]).zip([3.0, 0.0]).map(|((a, b), c)| (a, b, c))
    {
        let figures = figures(server.admin());
        is(&figures, "slimpix_shared_hits_total", hits);
        is(&figures, "slimpix_shared_misses_total", misses);
    }
}

#[test]
fn damaged_results_are_made_again_and_purged_ones_are_gone() {
    let moto = Moto::new();
    let pictures = [("a.jpg", pictures::jpeg(400, 300, 1)), ("b/c.jpg", pictures::jpeg(400, 300, 2))];
    let token = "0123456789abcdef";
    let fresh = |place: &Place| {
        let mut command = moto.command(place.path());
        command.env("WEBP_ADMIN_TOKEN", token).env("WEBP_RESULTS", format!("s3://{BUCKET}/shared"));
        Server::serve(command, "pics", &[])
    };
    let place = Place::new(&pictures);
    let server = fresh(&place);
    let body = server.get("/a.jpg", WEBP).body;
    assert!(server.get("/b/c.jpg", WEBP).is_webp());
    let results = keys(&moto, "results");
    assert_eq!(results.len(), 2);

    let mut object = moto.get(&results[0]).body;
    assert!(object.ends_with(&body));
    let last = object.len() - 9;
    object[last] ^= 1;
    moto.put(&results[0], &object);
    let other_place = Place::new(&pictures);
    let other = fresh(&other_place);
    assert_eq!(other.get("/a.jpg", WEBP).body, body);
    assert_eq!((other.conversions(), other.count("a damaged result")), (1, 1), "{:#?}", other.log());
    assert_ne!(moto.get(&results[0]).body, object);
    assert!(moto.get(&results[0]).body.ends_with(&body));

    let admin = |call: &str| {
        http::request(other.address, "POST", call, &[("authorization", &format!("Bearer {token}"))])
    };
    let reply = admin("/_admin/purge?source=/a.jpg");
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(keys(&moto, "results"), [results[1].clone()]);
    admin("/_admin/purge?prefix=/b/");
    assert_eq!(keys(&moto, "results"), [""; 0]);
    assert!(server.get("/a.jpg", WEBP).is_webp());

    // From the command line, too.
    assert!(other.get("/b/c.jpg", WEBP).is_webp());
    assert_eq!(keys(&moto, "results").len(), 1);
    let mut command = moto.command(place.path());
    let results = format!("s3://{BUCKET}/shared");
    let ran =
        command.env("WEBP_RESULTS", results).args(["purge", "--cache", "cache", "--all"]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(keys(&moto, "results"), [""; 0]);
}

#[test]
fn a_bucket_that_hangs_or_is_gone_holds_nobody_up() {
    let moto = Moto::new();
    let place = Place::new(&[
        ("a.jpg", pictures::jpeg(400, 300, 1)),
        ("b.jpg", pictures::jpeg(400, 300, 2)),
        ("c.jpg", pictures::jpeg(400, 300, 3)),
    ]);
    let mut server = instance(&moto, &place, &["--admin-listen", "127.0.0.1:0"]);
    moto.stop();
    let began = Instant::now();
    assert!(server.get("/a.jpg", WEBP).is_webp());
    let first = began.elapsed();
    let began = Instant::now();
    assert!(server.get("/b.jpg", WEBP).is_webp());
    assert!(first < Duration::from_secs(30) && began.elapsed() < Duration::from_secs(20), "{first:?}");
    moto.go_on();
    drop(moto);
    assert!(server.get("/c.jpg", WEBP).is_webp());
    assert_eq!((server.conversions(), server.count("this instance makes its own")), (3, 1));
    let figures = figures(server.admin());
    is(&figures, "slimpix_shared_hits_total", 0.0);
    assert!(figures["slimpix_shared_errors_total"] >= 1.0, "{figures:#?}");
}
