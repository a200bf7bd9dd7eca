//! A cached hit over a real socket, beside the same server's answer with the original: what negotiation, the record
//! and the checks of the cache cost. Run it with `cargo bench --bench hit`.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const REQUESTS: u32 = 2_000;
const ROUNDS: usize = 7;

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
    fs::create_dir(folder.path().join("pics"))?;
    fs::write(folder.path().join("pics/a.jpg"), photo(1200, 900)?)?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_slimpix"))
        .args(["serve", "pics", "--cache", "cache", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut log = BufReader::new(child.stderr.take().ok_or("no log")?);
    let _killed = Killed(child);
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        log.read_line(&mut line)?;
    }
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).ok_or("no address")?;

    let (webp, jpeg) = ("image/webp,*/*;q=0.8", "image/jpeg");
    let mut times = [Vec::new(), Vec::new()];
    let mut bytes = [0; 2];
    for _ in 0..ROUNDS {
        for (i, accept) in [webp, jpeg].into_iter().enumerate() {
            let (time, len) = round(address, accept)?;
            times[i].push(time);
            bytes[i] = len;
        }
    }
    let [hit, original] = times.map(|mut rounds| {
        rounds.sort();
        rounds[rounds.len() / 2] / REQUESTS
    });
    println!("cached hit: {hit:?} a request of {} bytes", bytes[0]);
    println!("original:   {original:?} a request of {} bytes", bytes[1]);
    println!("ratio:      {:.2}", hit.as_secs_f64() / original.as_secs_f64());
    Ok(())
}

/// One connection, many requests one after the other; the time and the length of a body.
fn round(address: &str, accept: &str) -> Result<(Duration, usize)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let request = format!("GET /a.jpg HTTP/1.1\r\nhost: a\r\naccept: {accept}\r\n\r\n");
    let mut body = Vec::new();
    // The first one converts, or warms up.
    answer(&mut stream, &mut reader, &request, &mut body)?;
    let began = Instant::now();
    for _ in 0..REQUESTS {
        answer(&mut stream, &mut reader, &request, &mut body)?;
    }
    Ok((began.elapsed(), body.len()))
}

fn answer(
    stream: &mut TcpStream,
    reader: &mut BufReader<TcpStream>,
    request: &str,
    body: &mut Vec<u8>,
) -> Result<()> {
    stream.write_all(request.as_bytes())?;
    let mut len = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => len = value.parse()?,
            None if line.starts_with("HTTP/1.1 200") => {}
            None if line.trim_end().is_empty() => break,
            None => return Err(line.into()),
            _ => {}
        }
    }
    body.resize(len, 0);
    reader.read_exact(body)?;
    Ok(())
}

/// A JPEG of a smooth scene.
fn photo(width: u16, height: u16) -> Result<Vec<u8>> {
    let mut pixels = Vec::new();
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            let level = (x as f32 / 31.0).sin() * 60.0 + (y as f32 / 23.0).cos() * 50.0 + 128.0;
            pixels.extend([level as u8, (x ^ y) as u8 / 4 + 90, (255.0 - level) as u8]);
        }
    }
    let mut file = Vec::new();
    jpeg_encoder::Encoder::new(&mut file, 90).encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(file)
}
