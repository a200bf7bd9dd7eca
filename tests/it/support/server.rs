//! The real server in a folder of its own: `pics` with pictures, `cache`, and a free port.

use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    http::{self, Reply},
    origin::Origin,
    program,
};

/// How long anything may take before a test gives up.
pub const DEADLINE: Duration = Duration::from_secs(600);

/// A folder with `pics` in it.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new(pictures: &[(&str, Vec<u8>)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path().join("pics")).unwrap();
        for (name, bytes) in pictures {
            place.put(name, bytes);
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join("pics").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The files of a folder of the cache, with their paths.
    pub fn cached(&self, folder: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path().join("cache").join(folder)) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// How many files the cache has, of whatever kind.
    pub fn kept(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let Ok(entries) = fs::read_dir(folder) else { return 0 };
            let paths = entries.map(|entry| entry.unwrap().path());
            paths.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(&self.path().join("cache"))
    }

    /// Takes the cache's folder away and puts a file there, below which nothing can be made: root may write
    /// everywhere else.
    pub fn lose_cache(&self) {
        let cache = self.path().join("cache");
        fs::remove_dir_all(&cache).unwrap();
        fs::write(cache, b"a file").unwrap();
    }

    /// Starts a server of `pics` with its cache in `cache`.
    pub fn serve(&self, flags: &[&str]) -> Server {
        Server::serve(program::command(self.path()), "pics", flags)
    }

    /// Starts a server that stands before an origin, with its cache in `cache`.
    pub fn serve_before(&self, origin: &Origin, flags: &[&str]) -> Server {
        Server::serve(program::command(self.path()), &origin.url(), flags)
    }

    /// Starts the program, which must come to listen.
    pub fn start(&self, args: &[&str]) -> Server {
        let mut command = program::command(self.path());
        command.args(args);
        Server::start(command)
    }
}

/// A server under way. It is killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// What it says goes to a file: it is there before the answer that it is about.
    log: File,
}

impl Server {
    /// Starts a command that is the program, or comes to it, as a server of a folder or an origin, with its cache in
    /// `cache`.
    pub fn serve(mut command: Command, what: &str, flags: &[&str]) -> Self {
        command.args(["serve", what, "--cache", "cache", "--listen", "127.0.0.1:0"]).args(flags);
        // Tests ask for sizes of a few pixels.
        command.env("WEBP_WIDTHS", "any");
        Self::start(command)
    }

    pub fn start(mut command: Command) -> Self {
        let log = tempfile::tempfile().unwrap();
        let child = command.stderr(log.try_clone().unwrap()).stdout(Stdio::null()).spawn().unwrap();
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), log };
        let line = server.wait_for_line("listening on http://");
        let address = line.split("listening on http://").nth(1).unwrap().split('/').next().unwrap();
        server.address = address.parse().unwrap();
        server
    }

    /// Where operators ask, with `--admin-listen 127.0.0.1:0`.
    pub fn admin(&mut self) -> SocketAddr {
        let line = self.wait_for_line("operators ask at http://");
        line.split("http://").nth(1).unwrap().trim_end_matches('/').parse().unwrap()
    }

    pub fn get(&self, path: &str, accept: (&str, &str)) -> Reply {
        http::get(self.address, path, &[accept])
    }

    /// How many handles the program has of files whose name ends so.
    pub fn open_files(&self, name: &str) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap();
        let names = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        names.filter(|path| path.to_string_lossy().ends_with(name)).count()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> Vec<String> {
        let mut bytes = vec![0; self.log.metadata().unwrap().len() as usize];
        self.log.read_exact_at(&mut bytes, 0).unwrap();
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }

    /// Conversions so far.
    pub fn conversions(&self) -> usize {
        self.count("CONV ")
    }

    pub fn count(&self, part: &str) -> usize {
        self.log().iter().filter(|line| line.contains(part)).count()
    }

    /// The first line with a part, as soon as it is there.
    pub fn wait_for_line(&mut self, part: &str) -> String {
        let began = Instant::now();
        loop {
            if let Some(line) = self.log().into_iter().find(|line| line.contains(part)) {
                return line;
            }
            assert!(began.elapsed() < DEADLINE, "no {part:?} in {:#?}", self.log());
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(self.count(part) > 0, "ended with {status} before {part:?}: {:#?}", self.log());
            }
            thread::yield_now();
        }
    }

    /// A figure of the kernel's about its memory, in bytes: `VmRSS`, or `VmHWM` for the most so far.
    pub fn memory(&self, figure: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
        line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap() << 10
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, as `kill` does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end; gives its exit code.
    pub fn wait(&mut self) -> i32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(began.elapsed() < DEADLINE, "it does not end");
            thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
