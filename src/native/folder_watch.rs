//! Folders whose files are made into what browsers want before anybody asks: the kernel says when something was written
//! or moved there (inotify). What is new is found by looking through them, which is done now and then in any case: on
//! networks, and where the kernel has no room for so many folders, nothing is said.

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use crate::native::{app::App, prefetcher::Prefetcher};

/// How long after one another the folders are looked through where the kernel says nothing.
const LOOK: Duration = Duration::from_secs(if cfg!(target_os = "linux") { 600 } else { 60 });

/// Watches the folders of originals from now on.
pub(crate) fn begin(app: &App) {
    let folders: Vec<PathBuf> = app.roots().iter().map(|root| root.path().to_owned()).collect();
    let prefetcher = Arc::clone(&app.prefetcher);
    let looking = Arc::clone(&prefetcher);
    spawn("look", move || {
        loop {
            thread::sleep(LOOK);
            looking.ask_for_new();
        }
    });
    spawn("watch", move || listen(&folders, &prefetcher));
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(work) {
        tracing::warn!(%error, "no thread to watch the folders");
    }
}

#[cfg(target_os = "linux")]
fn listen(folders: &[PathBuf], prefetcher: &Prefetcher) {
    if let Err(error) = inotify::listen(folders, || prefetcher.ask_for_new()) {
        tracing::warn!(%error, "the kernel doesn't say what is new in the folders: they are looked through every {LOOK:?}");
    }
}

#[cfg(not(target_os = "linux"))]
fn listen(_: &[PathBuf], _: &Prefetcher) {}

#[cfg(target_os = "linux")]
mod inotify {
    use std::{mem::MaybeUninit, os::fd::OwnedFd, path::PathBuf};

    use rustix::{
        fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
        io::{Errno, Result},
    };
    use walkdir::WalkDir;

    /// Calls `tell` whenever something was written or moved into the folders, or those below them.
    pub(super) fn listen(folders: &[PathBuf], tell: impl Fn()) -> Result<()> {
        let kernel = inotify::init(CreateFlags::CLOEXEC)?;
        watch(&kernel, folders)?;
        // What came between the first look and this.
        tell();
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = Reader::new(&kernel, &mut buffer);
        loop {
            let mut is_folder = false;
            loop {
                match reader.next() {
                    // What was lost may have been a folder.
                    Ok(event) => {
                        is_folder |= event.events().intersects(ReadFlags::ISDIR | ReadFlags::QUEUE_OVERFLOW)
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error),
                }
                if reader.is_buffer_empty() {
                    break;
                }
            }
            if is_folder {
                watch(&kernel, folders)?;
            }
            tell();
        }
    }

    /// Watches all folders that are there now. Those that are watched already stay so.
    fn watch(kernel: &OwnedFd, folders: &[PathBuf]) -> Result<()> {
        let what = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::CREATE | WatchFlags::ONLYDIR;
        for folder in folders {
            let entries = WalkDir::new(folder).follow_links(true).into_iter().flatten();
            for entry in entries.filter(|entry| entry.file_type().is_dir()) {
                match inotify::add_watch(kernel, entry.path(), what) {
                    // It is gone, or not to be read.
                    Ok(_) | Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}
