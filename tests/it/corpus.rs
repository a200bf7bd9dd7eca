//! The conformance corpus: its manifest, and how a decoded picture is compared with a row of it.
//!
//! The corpus lies at `../shared/corpus` beside the repository, or where `SLIMPIX_CORPUS` says. When it isn't there
//! the few pictures in `tests/data` serve, with rows of the same manifest, and the run says so.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use slimpix::pixel::{Layout, Picture, Raster, Size};

/// What a row of the manifest says of a file. The columns are described in the corpus' own README.
#[derive(Debug, Clone)]
pub struct Row {
    pub path: String,
    pub format: String,
    /// Of a row whose picture is decoded by someone.
    pub size: Option<Size>,
    pub tier: String,
    pub expected: String,
    pub exact: bool,
    pub frames: u32,
    /// Of an animation: frames, loop, delays, and a hash of all that is shown; empty of others.
    pub anim: String,
    pub depth16: bool,
    pub rgba8_sha256: String,
    pub grid4: Vec<u8>,
    /// As it is looked at; empty when that is as stored.
    pub grid4_oriented: Vec<u8>,
    /// With its ICC profile applied; empty without one.
    pub grid4_srgb: Vec<u8>,
}

/// The corpus on disk.
pub struct Corpus {
    pub root: PathBuf,
    pub rows: Vec<Row>,
}

impl Corpus {
    /// Finds and reads it, or what stands in for it.
    pub fn find() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root =
            env::var_os("SLIMPIX_CORPUS").map_or_else(|| project.join("../shared/corpus"), PathBuf::from);
        Self::at(root.clone()).unwrap_or_else(|| {
            println!("no corpus at {}: tests/data serves", root.display());
            Self::at(project.join("tests/data")).unwrap()
        })
    }

    fn at(root: PathBuf) -> Option<Self> {
        let manifest = fs::read_to_string(root.join("manifest.tsv")).ok()?;
        let mut lines = manifest.lines();
        let columns: Vec<&str> = lines.next()?.split('\t').collect();
        let rows = lines.map(|line| read_row(&columns, line)).collect();
        Some(Self { root, rows })
    }

    pub fn read(&self, row: &Row) -> Vec<u8> {
        fs::read(self.root.join(&row.path)).unwrap()
    }
}

fn read_row(columns: &[&str], line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let field = |name: &str| fields[columns.iter().position(|column| *column == name).unwrap()].to_owned();
    let mode = field("mode");
    Row {
        path: field("path"),
        format: field("format"),
        size: match (field("width").parse(), field("height").parse()) {
            (Ok(width), Ok(height)) => Some(Size::new(width, height)),
            _ => None,
        },
        tier: field("tier"),
        expected: field("expected"),
        exact: field("exact") == "yes",
        frames: field("frames").parse().unwrap_or(1),
        anim: field("anim"),
        depth16: mode.contains("bd16") || mode.starts_with("I;16"),
        rgba8_sha256: field("rgba8_sha256"),
        grid4: unhex(&field("grid4")),
        grid4_oriented: unhex(&field("grid4_oriented")),
        grid4_srgb: unhex(&field("grid4_srgb")),
    }
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// The SHA-256 of RGBA samples, in hex.
pub fn sha256(rgba: &[u8]) -> String {
    Sha256::digest(rgba).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A picture as 8-bit RGBA, straight alpha.
pub fn rgba(picture: &Picture) -> Raster {
    let raster = picture.clone().into_raster().unwrap();
    let pixels = raster.data().chunks_exact(raster.layout().channels() as usize);
    let expand = |pixel: &[u8]| match (raster.layout(), pixel) {
        (Layout::Gray, &[v]) => [v, v, v, 255],
        (Layout::GrayAlpha, &[v, a]) => [v, v, v, a],
        (Layout::Rgb, &[r, g, b]) => [r, g, b, 255],
        (Layout::Rgba, &[r, g, b, a]) => [r, g, b, a],
        _ => unreachable!(),
    };
    Raster::new(raster.size(), Layout::Rgba, pixels.flat_map(expand).collect()).unwrap()
}

/// The means of premultiplied RGBA in four by four cells, as the manifest defines them.
pub fn grid4(rgba: &Raster) -> Vec<u8> {
    let [width, height] = [rgba.size().width, rgba.size().height].map(|side| side as usize);
    let span = |cell: usize, side: usize| {
        let from = cell * side / 4;
        from..((cell + 1) * side / 4).max(from + 1)
    };
    let mut means = Vec::new();
    for (row, column) in (0..16).map(|cell| (cell / 4, cell % 4)) {
        let mut sums = [0_f64; 4];
        let (xs, ys) = (span(column, width), span(row, height));
        let count = (xs.len() * ys.len()) as f64;
        for y in ys {
            for pixel in rgba.data()[4 * (y * width + xs.start)..4 * (y * width + xs.end)].as_chunks::<4>().0
            {
                let alpha = f64::from(pixel[3]);
                for channel in 0..3 {
                    sums[channel] += f64::from(pixel[channel]) * alpha / 255.0;
                }
                sums[3] += alpha;
            }
        }
        means.extend(sums.map(|sum| (sum / count).round() as u8));
    }
    means
}

/// The largest difference between two grids.
pub fn difference(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}
