//! The pictures.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use slimpix::{
    codec,
    limits::Limits,
    pixel::{Layout, Raster, Size},
};

/// Pictures of a kind.
pub struct Class {
    pub name: String,
    pub files: Vec<PathBuf>,
}

/// Where the corpus is.
pub fn folder() -> PathBuf {
    env::var_os("SLIMPIX_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from)
}

/// The classes, or the one of a name; none without a corpus.
pub fn classes(only: Option<&str>) -> Option<Vec<Class>> {
    let mut classes = Vec::new();
    for entry in fs::read_dir(folder().join("quality")).ok()? {
        let path = entry.unwrap().path();
        let name = name_of(&path);
        if only.is_none_or(|only| only == name) {
            let mut files: Vec<PathBuf> =
                fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            classes.push(Class { name, files });
        }
    }
    classes.sort_by(|a, b| a.name.cmp(&b.name));
    Some(classes)
}

/// A file's name.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The photo of 12 megapixels.
pub fn large_photo() -> Raster {
    rgb(&folder().join("quality/jpeg-original/012mp-bus.jpg"))
}

/// A picture's RGB, on white.
pub fn rgb(path: &Path) -> Raster {
    composite(&rgba(path), 255)
}

/// A picture's RGB, or RGBA where it is not opaque.
pub fn colors(path: &Path) -> Raster {
    let raster = rgba(path);
    let is_opaque = raster.data().chunks_exact(4).all(|pixel| pixel[3] == 255);
    if is_opaque { composite(&raster, 255) } else { raster }
}

fn rgba(path: &Path) -> Raster {
    let picture = codec::decode(&fs::read(path).unwrap(), &Limits::default()).unwrap().picture;
    let raster = picture.into_raster().unwrap();
    let channels = raster.layout().channels() as usize;
    let mut data = Vec::new();
    for pixel in raster.data().chunks_exact(channels) {
        data.extend(if channels < 3 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] });
        data.push(if raster.layout().has_alpha() { pixel[channels - 1] } else { 255 });
    }
    Raster::new(raster.size(), Layout::Rgba, data).unwrap()
}

/// RGB or RGBA composited on a grey background.
pub fn composite(raster: &Raster, background: u8) -> Raster {
    if !raster.layout().has_alpha() {
        return raster.clone();
    }
    let mut data = Vec::new();
    for pixel in raster.data().chunks_exact(4) {
        let (alpha, ground) = (u32::from(pixel[3]), u32::from(background));
        let seen = |value: u8| ((u32::from(value) * alpha + ground * (255 - alpha) + 127) / 255) as u8;
        data.extend([pixel[0], pixel[1], pixel[2]].map(seen));
    }
    Raster::new(raster.size(), Layout::Rgb, data).unwrap()
}

/// The middle of a picture.
pub fn crop(raster: &Raster, side: u32) -> Raster {
    let channels = raster.layout().channels() as usize;
    let Size { width, height } = raster.size();
    let size = Size::new(width.min(side), height.min(side));
    let (left, top) = ((width - size.width) / 2, (height - size.height) / 2);
    let mut data = Vec::new();
    for row in
        raster.data().chunks_exact(width as usize * channels).skip(top as usize).take(size.height as usize)
    {
        data.extend_from_slice(&row[left as usize * channels..(left + size.width) as usize * channels]);
    }
    Raster::new(size, raster.layout(), data).unwrap()
}
