//! A download on its way into a file. The room on the disk is taken before anything is read, so that a full one is
//! known at once; the file gets its name when what came has been looked at.

use std::{fs, hash::Hasher, io, path::Path};

use tempfile::TempPath;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use twox_hash::XxHash64;

use crate::{
    error::{Error, Kind},
    native::{blocking::blocking, download::Download, files},
};

/// A temporary file.
pub(crate) struct Spool {
    file: tokio::fs::File,
    /// Without one it goes with its last handle.
    name: Option<TempPath>,
}

/// Why a download is not in a file.
pub(crate) enum Unspooled {
    /// The disk takes no more.
    Disk(io::Error),
    /// The origin failed.
    Origin(Error),
}

/// A whole download.
pub(crate) struct Spooled {
    pub(crate) file: fs::File,
    pub(crate) name: Option<TempPath>,
    pub(crate) len: u64,
    pub(crate) checksum: String,
}

impl Spool {
    /// One beside a path at which it is to be kept, or one that is not to be kept at all. `len` is 0 where it isn't
    /// known.
    pub(crate) async fn new(path: &Path, is_kept: bool, len: u64) -> io::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let made = blocking(move || {
            fs::create_dir_all(&folder)?;
            let (file, name) = if is_kept {
                let (file, name) = files::temporary().tempfile_in(folder)?.into_parts();
                files::hold(&file);
                (file, Some(name))
            } else {
                (tempfile::tempfile_in(folder)?, None)
            };
            reserve(&file, len)?;
            Ok((file, name))
        });
        let (file, name) = made.await.map_err(io::Error::other).flatten()?;
        Ok(Self { file: tokio::fs::File::from_std(file), name })
    }

    /// Reads a download to its end.
    pub(crate) async fn fill(mut self, download: &mut Download) -> Result<Spooled, Unspooled> {
        let mut len = 0;
        let mut hasher = XxHash64::with_seed(0);
        while let Some(piece) = download.piece().await.map_err(Unspooled::Origin)? {
            len += piece.len() as u64;
            hasher.write(&piece);
            self.file.write_all(&piece).await.map_err(Unspooled::Disk)?;
        }
        if download.validators.len != 0 && download.validators.len != len {
            return Err(Unspooled::Origin(Error::new(Kind::Upstream, "the origin's answer was cut short")));
        }
        let rewound = async {
            self.file.flush().await?;
            self.file.rewind().await
        };
        rewound.await.map_err(Unspooled::Disk)?;
        let (file, checksum) = (self.file.into_std().await, format!("{:x}", hasher.finish()));
        Ok(Spooled { file, name: self.name, len, checksum })
    }
}

/// Reserves `len` bytes on the disk. A file system that can't do that fails when it is written to.
#[cfg(target_os = "linux")]
fn reserve(file: &fs::File, len: u64) -> io::Result<()> {
    use rustix::{
        fs::{FallocateFlags, fallocate},
        io::Errno,
    };
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, len.max(1)) {
        Err(full @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(full.into()),
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
const fn reserve(_: &fs::File, _: u64) -> io::Result<()> {
    Ok(())
}
