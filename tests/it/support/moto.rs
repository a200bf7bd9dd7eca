//! A server that speaks S3 as Amazon's does, conditional writes included: moto, which `tests/run native` installs.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use super::{http, program, server::DEADLINE};

/// The bucket that is there.
pub const BUCKET: &str = "pictures";

/// moto doesn't ask whose signature it is, but wants one.
const SIGNED: (&str, &str) = (
    "authorization",
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
);

/// The server. It is killed when dropped.
pub struct Moto {
    child: Child,
    pub address: SocketAddr,
    log: tempfile::NamedTempFile,
}

impl Moto {
    pub fn new() -> Self {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
        let program = tools.join("moto/bin/moto_server");
        assert!(program.is_file(), "there is no {}: `tests/run native` installs it", program.display());
        // It doesn't tell which port it took.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = tempfile::NamedTempFile::new().unwrap();
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(File::create(log.path()).unwrap())
            .spawn()
            .unwrap();
        let mut moto = Self { child, address, log };
        moto.wait();
        moto.ask("PUT", "", &[]);
        moto
    }

    fn wait(&mut self) {
        let began = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(began.elapsed() < DEADLINE && ended.is_none(), "moto doesn't listen: {:?}", self.log());
            thread::yield_now();
        }
    }

    /// What it was asked, a line each, with the status that it answered.
    pub fn log(&self) -> Vec<String> {
        fs::read_to_string(self.log.path()).unwrap().lines().map(str::to_owned).collect()
    }

    /// How many requests had all these words.
    pub fn count(&self, words: &[&str]) -> usize {
        self.log().iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        assert_eq!(self.ask("PUT", key, bytes).status, 200);
    }

    pub fn get(&self, key: &str) -> http::Reply {
        self.ask("GET", key, &[])
    }

    /// All keys, in their order.
    pub fn keys(&self) -> Vec<String> {
        let listed = self.ask("GET", "?list-type=2", &[]).text();
        listed.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned()).collect()
    }

    fn ask(&self, method: &str, key: &str, body: &[u8]) -> http::Reply {
        let len = body.len().to_string();
        let path = format!("/{BUCKET}/{key}");
        http::request_with(self.address, method, &path, &[SIGNED, ("content-length", &len)], body)
    }

    /// The program in a folder, with the environment that leads to this server.
    pub fn command(&self, folder: &Path) -> Command {
        command(folder, self.address)
    }

    /// From now on it answers nothing, but holds its connections.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in a folder, with the environment that leads to a server of buckets.
pub fn command(folder: &Path, address: SocketAddr) -> Command {
    let mut command = program::command(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    command
}
