//! What the pictures of a folder are, by their content, of which no more is read than that takes:
//! `cargo run --example probe_folder -- pictures`

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use slimpix::{ErrorKind, codec::Looked};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            println!("{}: {}", path.display(), describe(&path)?);
        }
    }
    Ok(())
}

fn describe(path: &Path) -> Result<String, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let looked = Looked::with(Some(length), |need| {
        let mut piece = Vec::new();
        let read = file
            .seek(SeekFrom::Start(need.offset))
            .and_then(|_| file.by_ref().take(need.length as u64).read_to_end(&mut piece));
        read.map_err(|error| slimpix::Error::with_source(ErrorKind::Io, "reading", error))?;
        Ok(piece)
    })?;
    Ok(match looked.probe {
        Ok(probe) => {
            let size = probe.oriented_size();
            let moves = if probe.animated == Some(true) { ", moves" } else { "" };
            format!("{}, {}x{}{moves}", probe.format.media_type(), size.width, size.height)
        }
        Err(error) => format!("{error}"),
    })
}
