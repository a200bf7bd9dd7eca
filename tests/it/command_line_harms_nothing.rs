//! The command line and what is said on it harm nothing: no device is replaced, no name steers a terminal, a full disk
//! is no success, and no signal of those that a service meets ends it.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::{FileTypeExt, symlink},
    process::{Command, Stdio},
    thread,
};

use crate::support::{
    http::WEBP,
    pictures, program,
    server::{Place, Server},
};

#[test]
fn a_pipe_and_a_device_are_written_into() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1))]);
    let fifo = place.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read(fifo).unwrap()
    });
    let ran = program::run(place.path(), &["convert", "pics/a.jpg", "-o", "fifo", "--format", "webp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
    assert!(reader.join().unwrap().starts_with(b"RIFF"));

    // By a link, so that a fault would take the link away and not the machine's device.
    let device = place.path().join("null");
    symlink("/dev/null", &device).unwrap();
    let ran = program::run(place.path(), &["convert", "pics/a.jpg", "-o", "null", "--format", "webp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(fs::symlink_metadata(&device).unwrap().is_symlink());

    // A link to a file stays one, too.
    fs::write(place.path().join("real.webp"), "old").unwrap();
    symlink("real.webp", place.path().join("link.webp")).unwrap();
    let ran = program::run(place.path(), &["convert", "pics/a.jpg", "-o", "link.webp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(fs::symlink_metadata(place.path().join("link.webp")).unwrap().is_symlink());
    assert!(fs::read(place.path().join("real.webp")).unwrap().starts_with(b"RIFF"));

    fs::create_dir(place.path().join("folder")).unwrap();
    let ran = program::run(place.path(), &["convert", "pics/a.jpg", "-o", "folder", "--format", "webp"]);
    assert_eq!(ran.code, 1);
    assert!(place.path().join("folder").is_dir());
}

const NAME: &str = "a\x1b[31m\u{9b}\u{202e}\nb.jpg";

#[test]
fn no_name_steers_a_terminal() {
    let place = Place::new(&[(NAME, pictures::jpeg(200, 150, 1)), ("x.jpg", pictures::jpeg(200, 150, 2))]);
    fs::write(place.path().join(format!("torn{NAME}")), b"\xff\xd8\xff\xe0").unwrap();
    let (input, torn) = (format!("pics/{NAME}"), format!("torn{NAME}"));
    for args in [
        vec!["convert", input.as_str(), "--out-dir", "out"],
        vec!["convert", input.as_str(), "--out-dir", "out", "--json"],
        vec!["convert", torn.as_str(), "--out-dir", "out"],
        vec!["convert", torn.as_str(), "--out-dir", "out", "--json"],
        vec!["convert", "pics", "--out-dir", "out"],
        vec!["probe", input.as_str()],
        vec!["probe", input.as_str(), "--json"],
        vec!["probe", torn.as_str()],
        vec!["probe", "none\x1b[31m.jpg"],
        vec!["serve", "none\x1b[31m"],
    ] {
        let ran = program::run(place.path(), &args);
        for said in [ran.text(), ran.stderr.clone()] {
            let steers = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
            assert!(!said.chars().any(|c| steers(&c)), "{args:?}: {said:?}");
            assert!(said.lines().all(|line| !line.starts_with("b.jpg")), "{args:?}: {said:?}");
        }
        if args.contains(&"--json") {
            assert_eq!(ran.json_lines()[0]["input"], args[1], "{args:?}");
        }
    }
}

#[test]
fn what_could_not_be_said_is_a_failure() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1))]);
    for args in [
        &["convert", "pics/a.jpg", "--out-dir", "out", "--json"][..],
        &["convert", "pics/a.jpg", "--out-dir", "out"],
        &["probe", "pics/a.jpg", "--json"],
        &["probe", "pics/a.jpg"],
        &["serve", "--dump-config"],
    ] {
        let mut command = program::command(place.path());
        let full = File::options().write(true).open("/dev/full").unwrap();
        let status = command.args(args).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{args:?}");
    }
}

#[test]
fn neither_a_hangup_nor_a_limit_on_files_ends_the_server() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(1200, 900, 1))]);
    let own = program::command(place.path());
    let mut command = Command::new("sh");
    command.current_dir(place.path());
    command.args(["-c", "ulimit -f 16; exec \"$@\"", "sh"]).arg(own.get_program());
    let server = Server::serve(command, "pics", &[]);
    let hangup = Command::new("sh").args(["-c", &format!("kill -HUP {}", server.id())]).status().unwrap();
    assert!(hangup.success());
    for _ in 0..2 {
        let reply = server.get("/a.jpg", WEBP);
        assert!(reply.is_webp());
        assert!(reply.body.len() > 16 << 10, "too small to meet the limit");
    }
    assert_eq!(server.conversions(), 1, "{:#?}", server.log());
}

fn status(server: &Server, head: &str) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_request_names_one_host() {
    let place = Place::new(&[]);
    let server = place.serve(&[]);
    for (head, expected) in [
        ("GET /healthz HTTP/1.1\r\nhost: a\r\n", "200"),
        ("GET /healthz HTTP/1.1\r\n", "400"),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n", "400"),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nHost: a\r\n", "400"),
        ("GET /healthz HTTP/1.0\r\n", "200"),
        ("GET /healthz HTTP/1.0\r\nhost: a\r\nhost: b\r\n", "400"),
    ] {
        assert_eq!(status(&server, head), expected, "{head:?}");
    }
}
