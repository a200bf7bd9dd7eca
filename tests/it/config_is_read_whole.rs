//! webp_server_go's `config.json` is obeyed key by key, from the file and from the environment; what is wrong in it
//! is told in one line.

use std::{fs, net::TcpListener};

use crate::support::{
    http::{AVIF, OLD, WEBP},
    pictures, program,
    server::{Place, Server},
};

fn with_config(pictures: &[(&str, Vec<u8>)], config: &str) -> Place {
    let place = Place::new(pictures);
    fs::write(place.path().join("config.json"), config).unwrap();
    place
}

#[test]
fn the_keys_of_the_file_hold() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let place = with_config(
        &[("a.jpg", jpeg.clone()), ("a.bmp", b"BM".to_vec())],
        r#"{
            "HOST": "127.0.0.1", "PORT": "0", "QUALITY": 10, "IMG_PATH": "./pics",
            "EXHAUST_PATH": "./e", "METADATA_PATH": "./m", "REMOTE_RAW_PATH": "./r",
            "IMG_MAP": {"/other": "./elsewhere", "/other/deep": "./deeper"},
            "ALLOWED_TYPES": ["jpg"], "CONVERT_TYPES": ["webp"], "ENABLE_AVIF": true,
            "STRIP_METADATA": true, "ENABLE_EXTRA_PARAMS": true,
            "EXTRA_PARAMS_CROP_INTERESTING": "InterestingCentre", "READ_BUFFER_SIZE": 4096,
            "CONCURRENCY": 262144, "DISABLE_KEEPALIVE": false, "CACHE_TTL": 259200,
            "MAX_CACHE_SIZE": 0, "MAX_JOB_COUNT": 1, "MEMORY_LIMIT_MB": 300, "LAZY_MODE": false
        }"#,
    );
    for (folder, seed) in [("elsewhere", 5), ("deeper", 6)] {
        fs::create_dir(place.path().join(folder)).unwrap();
        fs::write(place.path().join(folder).join("b.jpg"), pictures::jpeg(200, 100, seed)).unwrap();
    }
    let server = place.start(&["serve", "--config", "config.json"]);
    let poor = server.get("/a.jpg", WEBP);
    assert!(poor.is_webp());
    assert_eq!(fs::read_dir(place.path().join("e/local")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(place.path().join("m/local")).unwrap().count(), 1);

    let refused = server.get("/a.bmp", WEBP);
    assert_eq!((refused.status, refused.text().trim()), (400, "File extension not allowed! a.bmp"));
    assert_eq!(server.get("/other/b.jpg", OLD).body, pictures::jpeg(200, 100, 5));
    assert_eq!(server.get("/other/deep/b.jpg", OLD).body, pictures::jpeg(200, 100, 6));
    assert_eq!(server.get("/a.jpg?width=40", WEBP).status, 200);
    server.get("/a.jpg", AVIF);
    assert!(server.log().iter().any(|line| line.contains("CONV ") && line.contains("avif")));

    let rich = place.start(&["serve", "--config", "config.json", "--quality", "95", "--cache", "c2"]);
    assert!(rich.get("/a.jpg", WEBP).body.len() > poor.body.len() * 2);
}

#[test]
fn the_environment_beats_the_file_and_flags_beat_both() {
    // As an editor of Windows writes it.
    let config = "\u{feff}{\"QUALITY\": 90, \"HOST\": \"0.0.0.0\"}\r\n";
    let place = with_config(&[("a.jpg", pictures::jpeg(400, 300, 1))], config);
    let examined = program::run(place.path(), &["doctor", "config.json"]);
    assert!(examined.text().contains("QUALITY = 90"), "{}", examined.stderr);
    let sizes = ["", "20", "50"].map(|quality| {
        let mut command = program::command(place.path());
        command.args(["serve", "pics", "--config", "config.json", "--listen", "127.0.0.1:0"]);
        command.args(["--cache", &format!("cache{quality}")]);
        match quality {
            "20" => drop(command.env("WEBP_QUALITY", "20")),
            "50" => drop(command.env("WEBP_QUALITY", "20").args(["--quality", "50"])),
            _ => {}
        }
        Server::start(command).get("/a.jpg", WEBP).body.len()
    });
    assert!(sizes[1] < sizes[2] && sizes[2] < sizes[0], "{sizes:?}");
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let place = with_config(&[], "{\n  \"QUALTY\": 80\n}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    fs::write(place.path().join("broken.json"), "{\n\n \"QUALITY\": 80,\n}").unwrap();
    fs::write(place.path().join("wrong.json"), r#"{"CONVERT_TYPES": ["tiff"]}"#).unwrap();
    for (args, code, parts) in [
        (&["serve", "--config", "config.json"][..], 2, ["config.json", "QUALTY", "line 2"]),
        (&["serve", "--config", "broken.json"], 2, ["broken.json", "trailing comma", "line 4"]),
        (&["serve", "--config", "wrong.json"], 2, ["CONVERT_TYPES", "tiff", "webp"]),
        (&["serve", "--config", "none.json"], 1, ["none.json", "configuration", "No such file"]),
        (&["serve", "nowhere", "--listen", "127.0.0.1:0"], 1, ["nowhere", "no folder", "IMG_PATH"]),
        (&["serve", "pics", "--listen", &taken], 1, [&taken, "can't listen", "in use"]),
        (&["serve", "pics", "--demo"], 1, ["www/dist", "www/build", "demo"]),
    ] {
        let ran = program::run(place.path(), args);
        let told: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("slimpix: ")).collect();
        assert_eq!((ran.code, told.len()), (code, 1), "{args:?}: {}", ran.stderr);
        for part in parts {
            assert!(told[0].contains(part), "{part:?} in {:?}", told[0]);
        }
    }
}
