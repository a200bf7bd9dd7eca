//! Files of this machine: written whole or not at all, and only regular ones read.

use std::{
    error,
    fs::{self, File, OpenOptions},
    hash::Hasher,
    io::{self, BufReader, Read, Seek, Write},
    os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use rustix::{
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
};
use twox_hash::XxHash64;

use crate::{
    codec::{self, Format, Looked},
    error::{Error, Kind, Result},
    limits::try_zeroed,
    native::arriving::Arriving,
};

/// Temporary files begin with this, so that leftovers of a crash are known as such.
pub(crate) const TEMPORARY_PREFIX: &str = ".slimpix-";

/// The bytes of an original or a variant: in a file that is open, in memory, or on their way from an origin.
#[derive(Debug)]
pub(crate) enum Content {
    /// On disk, standing at its beginning.
    File(File),
    /// In memory.
    Memory(Bytes),
    /// On its way from an origin: it can be read once.
    Arriving(Box<Arriving>),
}

impl Content {
    /// Another handle of the same; `None` when the system has none left.
    pub(crate) fn duplicate(&self) -> Option<Self> {
        match self {
            Self::File(file) => file.try_clone().ok().map(Self::File),
            Self::Memory(bytes) => Some(Self::Memory(bytes.clone())),
            Self::Arriving(_) => None,
        }
    }

    /// Waits until all of it has come. The caller must hold a ticket for that.
    pub(crate) async fn arrived(self) -> Result<Self> {
        match self {
            Self::Arriving(arriving) => arriving.whole().await.map(Self::Memory),
            here => Ok(here),
        }
    }

    /// True if it goes on up to its picture's end, see [`codec::is_whole`]; `None` where that can't be told.
    pub(crate) fn is_whole(&self, format: Format) -> Option<bool> {
        match self {
            Self::File(file) => {
                let mut handle = file;
                handle.rewind().ok()?;
                let is_whole = codec::is_whole(format, BufReader::with_capacity(64 << 10, file)).ok()?;
                handle.rewind().ok()?;
                is_whole
            }
            Self::Memory(bytes) => codec::is_whole(format, &bytes[..]).ok()?,
            Self::Arriving(_) => None,
        }
    }

    /// True for what is still to come.
    pub(crate) const fn is_arriving(&self) -> bool {
        matches!(self, Self::Arriving(_))
    }

    /// All of it; see [`read_whole`].
    pub(crate) fn read(&self, most: u64) -> Result<Bytes> {
        match self {
            Self::File(file) => {
                let mut handle = file;
                // Another handle of it may have been read.
                handle.rewind().map_err(|source| Error::with_source(Kind::Io, "can't be read", source))?;
                read_whole(file, most).map(Bytes::from)
            }
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::Arriving(_) => Err(not_here()),
        }
    }

    /// What it is, see [`look_at`].
    pub(crate) fn look_at(&self) -> Result<Looked> {
        match self {
            Self::File(file) => look_at(file),
            Self::Memory(bytes) => Ok(Looked::at(bytes)),
            Self::Arriving(_) => Err(not_here()),
        }
    }
}

fn not_here() -> Error {
    Error::new(Kind::Internal, "the original has not come yet")
}

/// Writes a file so that it is there whole or not at all: under a temporary name in the same folder, flushed to
/// the disk, then renamed. Makes the folder if need be.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut file = temporary().tempfile_in(folder)?;
    hold(file.as_file());
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Writes what somebody asked to have at a path. A pipe or a device there is written into, which a file in its place
/// would take away; what is no file and can't be written into is refused; a link stays one, and its file is replaced.
pub(crate) fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::metadata(path).map(|metadata| metadata.file_type()) {
        Ok(kind) if kind.is_fifo() || kind.is_char_device() => {
            OpenOptions::new().write(true).open(path)?.write_all(bytes)
        }
        Ok(kind) if !kind.is_file() => {
            let what = if kind.is_dir() {
                "is a folder"
            } else {
                "is neither a file, a pipe nor a character device"
            };
            Err(io::Error::new(io::ErrorKind::InvalidInput, what))
        }
        _ if path.is_symlink() => write_whole(&fs::canonicalize(path)?, bytes),
        _ => write_whole(path, bytes),
    }
}

/// Puts other bytes in a file's place, whole or not at all, with its permissions. A link stays one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    write_whole(&path, bytes)?;
    fs::set_permissions(&path, permissions)
}

/// Makes temporary files with the permissions that a new file usually has; else they would be their owner's alone.
pub(crate) fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).permissions(fs::Permissions::from_mode(0o666));
    builder
}

/// Says that a temporary file is in use, to [`remove_leftovers`] of any process, until it is closed.
pub(crate) fn hold(file: &File) {
    // Where there are no locks, leftovers are told by nothing, as ever.
    let _ = flock(file, FlockOperation::NonBlockingLockExclusive);
}

/// True if nobody holds a file, or that can't be known.
fn is_left(path: &Path) -> bool {
    File::open(path)
        .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK))
}

/// True if a disk has no room left, or this user none on it.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Opens a regular file; a folder, a pipe or a device is refused without waiting for it.
pub(crate) fn open_regular(path: &Path) -> Result<(File, fs::Metadata)> {
    // Opening a pipe would wait for its other end, so the kind is asked first, and again of what was opened.
    let metadata = fs::metadata(path).map_err(unopened)?;
    refuse_irregular(&metadata)?;
    regular(OpenOptions::new().read(true).open(path).map_err(unopened)?)
}

/// Opens a regular file of our own folders, where nobody else puts anything that it would matter to open.
pub(crate) fn open_own(path: &Path) -> Result<(File, fs::Metadata)> {
    regular(open_with(path, OFlags::NONBLOCK | OFlags::NOCTTY).map_err(unopened)?)
}

/// Opens a file to be read, with more flags.
pub(crate) fn open_with(path: &Path, flags: OFlags) -> io::Result<File> {
    // The system's flags have 32 bits.
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

/// The file, with what it is like, if it is a regular one.
pub(crate) fn regular(file: File) -> Result<(File, fs::Metadata)> {
    let metadata = file.metadata().map_err(unopened)?;
    refuse_irregular(&metadata)?;
    Ok((file, metadata))
}

/// Why a file could not be opened: it does not exist, access is denied, or the system has no room for an open file.
pub(crate) fn unopened(source: io::Error) -> Error {
    let is = |errno: Errno| source.raw_os_error() == Some(errno.raw_os_error());
    let kind = match source.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::PermissionDenied => Kind::NotFound,
        _ if is(Errno::LOOP) => Kind::NotFound,
        _ if [Errno::MFILE, Errno::NFILE, Errno::NOMEM].into_iter().any(is) => Kind::Overload,
        _ => Kind::Io,
    };
    Error::with_source(kind, "can't be read", source)
}

/// True if an error says no more than that there is no such file.
pub(crate) fn is_absence(error: &Error) -> bool {
    let source = error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    error.kind() == Kind::NotFound
        && source.is_none_or(|source| {
            source.kind() != io::ErrorKind::PermissionDenied
                && source.raw_os_error() != Some(Errno::LOOP.raw_os_error())
        })
}

pub(crate) fn refuse_irregular(metadata: &fs::Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "is a folder, not a file" } else { "is no regular file" };
    Err(Error::new(Kind::NotFound, what))
}

/// The first bytes of a file, `most` at the most; the file then stands at its beginning again.
pub(crate) fn read_head(mut file: &File, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(most as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head)
}

/// What a file is. Reads what that takes, wherever it stands in the file, which stays where it stood.
///
/// # Errors
/// [`Kind::Io`] when it can't be read, [`Kind::OutOfMemory`] when there is no room for a piece of it.
pub(crate) fn look_at(file: &File) -> Result<Looked> {
    let unreadable = |source| Error::with_source(Kind::Io, "can't be read", source);
    let length = file.metadata().map_err(unreadable)?.len();
    Looked::with(Some(length), |need| {
        let mut piece = try_zeroed(need.length)?;
        let mut filled = 0;
        while filled < piece.len() {
            match file.read_at(&mut piece[filled..], need.offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        piece.truncate(filled);
        Ok(piece)
    })
}

/// A whole file.
///
/// # Errors
/// [`Kind::LimitExceeded`] when it has more than `most` bytes, [`Kind::OutOfMemory`] when there is no room for it,
/// [`Kind::Io`] when it can't be read.
pub(crate) fn read_whole(file: &File, most: u64) -> Result<Vec<u8>> {
    let unreadable = |source| Error::with_source(Kind::Io, "can't be read", source);
    let expected = file.metadata().map_err(unreadable)?.len();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(expected.min(most)).unwrap_or(usize::MAX))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(Error::limit(format!("has more than {most} bytes")));
    }
    Ok(bytes)
}

/// The xxHash64 of a file in the form that records have; the file then stands at its beginning again.
pub(crate) fn checksum(mut file: &File) -> io::Result<String> {
    let mut hasher = XxHash64::with_seed(0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            file.rewind()?;
            return Ok(format!("{:x}", hasher.finish()));
        }
        hasher.write(&buffer[..read]);
    }
}

/// Removes temporary files that a crash left behind in a folder and all below it; gives their number. Those that
/// another process writes now stay. A folder that is not there has none.
pub(crate) fn remove_leftovers(folder: &Path) -> usize {
    let mut removed = 0;
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let leftover = entry.file_type().is_file()
            && entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY_PREFIX));
        if leftover && is_left(entry.path()) && fs::remove_file(entry.path()).is_ok() {
            removed += 1;
        }
    }
    removed
}

/// A path without `.` and without `..` where these can be resolved by the text alone; made absolute, so that two
/// spellings of a place compare equal even where nothing is there yet.
pub(crate) fn absolute_path(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (absolute.parent().map(absolute_path), absolute.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/er/a.webp");
        write_whole(&path, b"one")?;
        write_whole(&path, b"two")?;
        assert_eq!(fs::read(&path)?, b"two");
        assert_eq!(fs::read_dir(folder.path().join("deep/er"))?.count(), 1);
        Ok(())
    }

    #[test]
    fn leftovers_go_and_all_else_stays() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("local"))?;
        fs::write(folder.path().join("local/.slimpix-abc"), b"half")?;
        fs::write(folder.path().join("local/1.webp"), b"whole")?;
        let used = temporary().tempfile_in(folder.path().join("local"))?;
        hold(used.as_file());
        assert_eq!(remove_leftovers(folder.path()), 1);
        assert!(used.path().exists());
        assert_eq!(remove_leftovers(&folder.path().join("none")), 0);
        assert!(folder.path().join("local/1.webp").exists());
        Ok(())
    }

    #[test]
    fn only_regular_files_are_opened() {
        for path in ["/", "/dev/zero", "/nowhere/at/all"] {
            let refused = open_regular(Path::new(path)).map(|_| ()).map_err(|error| error.kind());
            assert_eq!(refused, Err(Kind::NotFound), "{path}");
        }
    }
}
