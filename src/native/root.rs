//! A folder that is served, and what lies below it.
//!
//! Links inside it are followed as long as they stay inside; one that leads out is refused, unless the settings say
//! that all are followed. Nobody can turn a link between a check and the opening: Linux resolves a path below a folder
//! in one call (`openat2` with `RESOLVE_BENEATH`). That refuses absolute links even where they lead inside, and older
//! kernels and other systems don't have it: there a path's real place is looked up, must lie inside, and is opened
//! part by part, following no link at all.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    io::Errno,
};

use crate::{
    error::Result,
    native::files::{self, refuse_irregular},
};

/// A folder of originals.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
    follows_links: bool,
    /// The folder as it was last opened, with its device and number there: its name may lead elsewhere by now.
    opened: Mutex<Option<Opened>>,
}

type Opened = ((u64, u64), Arc<OwnedFd>);

/// Opens what is only looked at: no right to read it is needed, and no pipe is waited for.
#[cfg(target_os = "linux")]
const LOOK: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const LOOK: OFlags = OFlags::NONBLOCK;

impl Root {
    /// The folder of that path. Links that lead out of it are followed, too, if that is wanted.
    pub(crate) const fn new(path: PathBuf, follows_links: bool) -> Self {
        Self { path, follows_links, opened: Mutex::new(None) }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What a regular file below it is like now. Blocks.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::error::Kind::NotFound) when there is none, or none that may be had;
    /// [`Kind::Overload`](crate::error::Kind::Overload) when the system has no room to look.
    pub(crate) fn look_at(&self, below: &Path) -> Result<Metadata> {
        let metadata = if self.follows_links {
            fs::metadata(self.path.join(below))
        } else {
            match self.look_at_entry(below) {
                Some(metadata) => Ok(metadata),
                None => self.locate(below, LOOK).and_then(|file| File::from(file).metadata()),
            }
        };
        let metadata = metadata.map_err(files::unopened)?;
        refuse_irregular(&metadata)?;
        Ok(metadata)
    }

    /// Opens a regular file below it. Blocks, but not for the other end of a pipe.
    ///
    /// # Errors
    /// As [`Root::look_at`].
    pub(crate) fn open(&self, below: &Path) -> Result<(File, Metadata)> {
        if self.follows_links {
            return files::open_regular(&self.path.join(below));
        }
        let how = OFlags::NONBLOCK | OFlags::NOCTTY;
        let entry = self.path.join(below);
        let opened = match is_entry(below).then(|| files::open_with(&entry, how | OFlags::NOFOLLOW)) {
            Some(Ok(file)) => Ok(file),
            // Mostly a link.
            _ => self.locate(below, how).map(File::from),
        };
        files::regular(opened.map_err(files::unopened)?)
    }

    /// What an entry of the folder itself is like, unless it is a link: nothing on the way to it could lead out, so one
    /// call does.
    fn look_at_entry(&self, below: &Path) -> Option<Metadata> {
        let metadata = is_entry(below).then(|| fs::symlink_metadata(self.path.join(below)).ok()).flatten();
        metadata.filter(|metadata| !metadata.is_symlink())
    }

    /// True if what is there, be it a folder, may be had.
    pub(crate) fn holds(&self, below: &Path) -> bool {
        self.follows_links || self.locate(below, LOOK).is_ok()
    }

    fn locate(&self, below: &Path, how: OFlags) -> io::Result<OwnedFd> {
        let folder = self.folder()?;
        match beneath::open(folder.as_fd(), below, how | OFlags::CLOEXEC) {
            // It leads out, or is absolute; or the system can't say.
            Err(Errno::XDEV | Errno::NOSYS | Errno::PERM | Errno::AGAIN | Errno::INVAL) => {
                self.locate_by_steps(&folder, below, how)
            }
            opened => Ok(opened?),
        }
    }

    /// The folder, opened. It is opened anew where its name leads elsewhere than before.
    fn folder(&self) -> io::Result<Arc<OwnedFd>> {
        let now = fs::metadata(&self.path).map(|metadata| (metadata.dev(), metadata.ino()))?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, folder)) = opened.as_ref().filter(|(before, _)| *before == now) {
            return Ok(Arc::clone(folder));
        }
        let folder = openat(CWD, &self.path, LOOK | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let folder = File::from(folder);
        let place = folder.metadata().map(|metadata| (metadata.dev(), metadata.ino()))?;
        let folder = Arc::new(OwnedFd::from(folder));
        *opened = Some((place, Arc::clone(&folder)));
        Ok(folder)
    }

    fn locate_by_steps(&self, folder: &OwnedFd, below: &Path, how: OFlags) -> io::Result<OwnedFd> {
        let real_root = fs::canonicalize(&self.path)?;
        let real = fs::canonicalize(self.path.join(below))?;
        let Ok(inside) = real.strip_prefix(&real_root) else {
            let what = "a link leads out of the folder; --follow-links would allow it";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        };
        let parts: Vec<&OsStr> = inside.iter().collect();
        let Some((last, folders)) = parts.split_last() else { return Err(io::ErrorKind::NotFound.into()) };
        let mut at = folder.try_clone()?;
        for part in folders {
            let step = LOOK | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            at = openat(&at, *part, step, Mode::empty())?;
        }
        Ok(openat(&at, *last, how | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?)
    }
}

/// True for the name of something in the folder itself.
fn is_entry(below: &Path) -> bool {
    let mut parts = below.components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

#[cfg(target_os = "linux")]
mod beneath {
    use std::{os::fd::BorrowedFd, path::Path};

    use rustix::{
        fs::{Mode, OFlags, ResolveFlags, openat2},
        io::Errno,
    };

    /// How often the kernel is asked again when something was renamed while it looked.
    const TRIES: usize = 16;

    pub(super) fn open(
        folder: BorrowedFd<'_>,
        below: &Path,
        how: OFlags,
    ) -> Result<std::os::fd::OwnedFd, Errno> {
        let mut tries = 0;
        loop {
            match openat2(folder, below, how, Mode::empty(), ResolveFlags::BENEATH) {
                Err(Errno::AGAIN | Errno::INTR) if tries < TRIES => tries += 1,
                opened => return opened,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod beneath {
    use std::{os::fd::BorrowedFd, path::Path};

    use rustix::{fs::OFlags, io::Errno};

    pub(super) fn open(_: BorrowedFd<'_>, _: &Path, _: OFlags) -> Result<std::os::fd::OwnedFd, Errno> {
        Err(Errno::NOSYS)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::error::Kind;

    /// `in/` with a file, a folder and links of every kind, and `out/` beside it.
    fn folder() -> io::Result<tempfile::TempDir> {
        let place = tempfile::tempdir()?;
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("in/deep"))?;
        fs::create_dir(at("out"))?;
        fs::write(at("in/a"), "a")?;
        fs::write(at("in/deep/b"), "b")?;
        fs::write(at("out/secret"), "secret")?;
        symlink("../a", at("in/deep/up"))?;
        symlink(at("in/a"), at("in/absolute"))?;
        symlink("deep", at("in/folder"))?;
        symlink("../out/secret", at("in/leads-out"))?;
        symlink(at("out/secret"), at("in/leads-out-absolutely"))?;
        symlink("../out", at("in/folder-out"))?;
        symlink("../../in/a", at("in/deep/out-and-in"))?;
        symlink("loop", at("in/loop"))?;
        symlink("/dev/zero", at("in/device"))?;
        symlink("/proc/self/root/etc/passwd", at("in/magic"))?;
        Ok(place)
    }

    fn read(root: &Root, below: &str) -> Result<String> {
        let looked = root.look_at(Path::new(below));
        let (file, metadata) = root.open(Path::new(below))?;
        assert_eq!(looked?.ino(), metadata.ino());
        assert!(root.holds(Path::new(below)));
        Ok(io::read_to_string(file).expect("read"))
    }

    #[test]
    fn links_are_followed_as_long_as_they_stay_inside() -> io::Result<()> {
        let place = folder()?;
        let root = Root::new(place.path().join("in"), false);
        for (below, text) in [
            ("a", "a"),
            ("deep/b", "b"),
            ("deep/up", "a"),
            ("absolute", "a"),
            ("folder/b", "b"),
            ("folder/up", "a"),
            ("deep/out-and-in", "a"),
        ] {
            assert_eq!(read(&root, below).expect(below), text);
        }
        let out = [
            "leads-out",
            "leads-out-absolutely",
            "folder-out/secret",
            "loop",
            "device",
            "magic",
            "none",
            "deep",
        ];
        for below in out {
            assert_eq!(read(&root, below).map_err(|error| error.kind()), Err(Kind::NotFound), "{below}");
        }
        assert!(!root.holds(Path::new("folder-out")) && root.holds(Path::new("folder")));
        Ok(())
    }

    #[test]
    fn without_the_kernels_help_it_is_the_same() -> io::Result<()> {
        let place = folder()?;
        let root = Root::new(place.path().join("in"), false);
        let at = root.folder()?;
        for below in ["a", "deep/up", "absolute", "folder/b", "deep/out-and-in"] {
            assert!(root.locate_by_steps(&at, Path::new(below), LOOK).is_ok(), "{below}");
        }
        for below in ["leads-out", "leads-out-absolutely", "folder-out/secret", "loop", "device", "none", ""]
        {
            assert!(root.locate_by_steps(&at, Path::new(below), LOOK).is_err(), "{below}");
        }
        Ok(())
    }

    #[test]
    fn where_it_is_wanted_all_links_are_followed() -> io::Result<()> {
        let place = folder()?;
        let root = Root::new(place.path().join("in"), true);
        for below in ["leads-out", "leads-out-absolutely", "folder-out/secret"] {
            assert_eq!(read(&root, below).expect(below), "secret");
        }
        assert!(read(&root, "device").is_err());
        Ok(())
    }

    #[test]
    fn a_folder_whose_name_is_turned_elsewhere_is_the_other_one() -> io::Result<()> {
        let place = folder()?;
        let name = place.path().join("now");
        symlink("in", &name)?;
        let root = Root::new(name.clone(), false);
        assert!(read(&root, "a").is_ok() && read(&root, "secret").is_err());
        fs::remove_file(&name)?;
        symlink("out", &name)?;
        assert!(read(&root, "a").is_err() && read(&root, "secret").is_ok());
        Ok(())
    }
}
