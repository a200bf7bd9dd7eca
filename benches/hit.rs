//! Cached hits over real sockets, several connections at once, beside nginx (where it is installed) serving the very
//! same bytes from a folder, turn by turn. Run it with `cargo bench --bench hit`.

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Pictures of each size.
const PICTURES: u32 = 6;
const CONNECTIONS: u32 = 16;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let sizes = [("large", 1600, 1200), ("small", 160, 120)];
    for (name, width, height) in sizes {
        fs::create_dir_all(folder.join("pics").join(name))?;
        for i in 0..PICTURES {
            fs::write(folder.join("pics").join(path(name, i)), photo(width, height, i)?)?;
        }
    }
    let (_slimpix, ours) = slimpix(folder)?;
    for (name, _, _) in sizes {
        fs::create_dir_all(folder.join("converted").join(name))?;
        for i in 0..PICTURES {
            let mut connection = Connection::open(&ours)?;
            connection.get(&path(name, i))?;
            // The first answer may be made and sent from memory, and the next one be checked for the first time.
            connection.get(&path(name, i))?;
            fs::write(folder.join("converted").join(path(name, i)), &connection.body)?;
        }
    }
    let nginx = nginx(&folder.join("converted"))?;
    if nginx.is_none() {
        println!("nginx is not installed: there is nothing to compare with");
    }
    for (name, _, _) in sizes {
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            rates[0].push(rate(&ours, name)?);
            if let Some((_, theirs)) = &nginx {
                rates[1].push(rate(theirs, name)?);
            }
        }
        report(name, folder, &rates)?;
    }
    Ok(())
}

fn path(name: &str, i: u32) -> String {
    format!("{name}/{i}.jpg")
}

fn report(name: &str, folder: &Path, [ours, theirs]: &[Vec<f64>; 2]) -> Result<()> {
    let median = |mut of: Vec<f64>| {
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    };
    let files = fs::read_dir(folder.join("converted").join(name))?;
    let bytes = files.flatten().flat_map(|file| file.metadata()).map(|metadata| metadata.len()).sum::<u64>();
    let kilobytes = bytes / u64::from(PICTURES) / 1000;
    print!("{name} ({kilobytes} KB): slimpix {:.0} hits/s", median(ours.clone()));
    if !theirs.is_empty() {
        let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        print!(", nginx {:.0}, ratio {:.2}", median(theirs.clone()), median(ratios));
    }
    println!();
    Ok(())
}

/// Starts the program; gives its address.
fn slimpix(folder: &Path) -> Result<(Killed, String)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_slimpix"))
        .args(["serve", "pics", "--cache", "cache", "--listen", "127.0.0.1:0", "--verbosity", "3"])
        .current_dir(folder)
        .stderr(Stdio::piped())
        .spawn()?;
    let mut log = BufReader::new(child.stderr.take().ok_or("no log")?);
    let killed = Killed(child);
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        log.read_line(&mut line)?;
    }
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).ok_or("no address")?;
    // What it says later must not fill the pipe.
    thread::spawn(move || io::copy(&mut log, &mut io::sink()));
    Ok((killed, address.to_owned()))
}

/// Starts nginx on a folder, with sendfile and no log; `None` if it is not installed.
fn nginx(folder: &Path) -> Result<Option<(Killed, String)>> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let place = folder.with_file_name("nginx");
    fs::create_dir_all(&place)?;
    let temporary = |name: &str| format!("{name}_temp_path {name};\n");
    let temporaries: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].into_iter().map(temporary).collect();
    let config = format!(
        "daemon off; pid pid; worker_processes 2; events {{ }}\n\
         http {{ sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000;\n\
         types {{ }} default_type image/webp; {temporaries}\
         server {{ listen {address}; root {}; }} }}",
        folder.display()
    );
    fs::write(place.join("nginx.conf"), config)?;
    let prefix = format!("{}/", place.display());
    let program =
        ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|file| Path::new(file).is_file());
    let mut command = Command::new(program.unwrap_or("nginx"));
    let started = command.args(["-e", "stderr", "-p", &prefix, "-c", "nginx.conf"]).spawn();
    let child = match started {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        started => Killed(started?),
    };
    let began = Instant::now();
    while TcpStream::connect(&address).is_err() {
        if began.elapsed() > Duration::from_secs(10) {
            return Err("nginx does not listen".into());
        }
        thread::yield_now();
    }
    Ok(Some((child, address)))
}

/// Answers a second, all connections together, one request after the other on each.
fn rate(address: &str, name: &str) -> Result<f64> {
    let began = Instant::now();
    let asking = (0..CONNECTIONS).map(|first| {
        let (address, name) = (address.to_owned(), name.to_owned());
        thread::spawn(move || -> Result<u32> {
            let mut connection = Connection::open(&address)?;
            let mut answers = 0;
            while began.elapsed() < ROUND {
                connection.get(&path(&name, (first + answers) % PICTURES))?;
                answers += 1;
            }
            Ok(answers)
        })
    });
    let asking: Vec<_> = asking.collect();
    let mut answers = 0;
    for thread in asking {
        answers += thread.join().map_err(|_| "a client panicked")??;
    }
    Ok(f64::from(answers) / began.elapsed().as_secs_f64())
}

/// A connection that is kept open.
struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned(), body: Vec::new() })
    }

    /// Asks for a picture and reads it into `body`.
    fn get(&mut self, path: &str) -> Result<()> {
        let head =
            format!("GET /{path} HTTP/1.1\r\nhost: {}\r\naccept: image/webp,*/*;q=0.8\r\n\r\n", self.address);
        self.stream.get_mut().write_all(head.as_bytes())?;
        let mut len = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => len = value.parse()?,
                None if line.starts_with("HTTP/1.1 200") => {}
                None if line.trim_end().is_empty() && !line.is_empty() => break,
                None => return Err(line.into()),
                _ => {}
            }
        }
        self.body.resize(len, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(())
    }
}

/// A JPEG of a smooth scene with some noise.
fn photo(width: u16, height: u16, seed: u32) -> Result<Vec<u8>> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut pixels = Vec::new();
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let level =
                (x as f32 / 31.0).sin() * 60.0 + (y as f32 / 23.0).cos() * 50.0 + (state % 40) as f32 + 100.0;
            pixels.extend([level as u8, (x ^ y) as u8 / 4 + 90, (255.0 - level) as u8]);
        }
    }
    let mut file = Vec::new();
    jpeg_encoder::Encoder::new(&mut file, 90).encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(file)
}
