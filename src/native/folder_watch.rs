//! Folders whose files are made into what browsers want before anybody asks: the kernel says when something was written
//! or moved there (inotify). What is new is found by looking through them, which is done now and then in any case: on
//! networks, and where the kernel has no room for so many folders, nothing is said.

use std::{sync::Arc, thread, time::Duration};

use crate::native::app::App;

/// How long after one another the folders are looked through where the kernel says nothing.
const LOOK: Duration = Duration::from_secs(if cfg!(target_os = "linux") { 600 } else { 60 });

/// Watches the folders of originals from now on.
pub(crate) fn begin(app: &Arc<App>) {
    let app = Arc::clone(app);
    let looking = Arc::clone(&app.prefetcher);
    spawn("look", move || {
        loop {
            thread::sleep(LOOK);
            looking.ask_for_new();
        }
    });
    spawn("watch", move || listen(&app));
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(work) {
        tracing::warn!(%error, "no thread to watch the folders");
    }
}

#[cfg(target_os = "linux")]
fn listen(app: &App) {
    if let Err(error) = inotify::listen(app) {
        tracing::warn!(%error, "the kernel doesn't say what is new in the folders: they are looked through every {LOOK:?}");
    }
}

#[cfg(not(target_os = "linux"))]
fn listen(_: &App) {}

#[cfg(target_os = "linux")]
mod inotify {
    use std::{mem::MaybeUninit, os::fd::OwnedFd};

    use rustix::{
        fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
        io::{Errno, Result},
    };

    use crate::native::{app::App, prefetch};

    /// Asks for what is new whenever something was written or moved into the folders, or those below them.
    pub(super) fn listen(app: &App) -> Result<()> {
        let kernel = inotify::init(CreateFlags::CLOEXEC)?;
        watch(&kernel, app)?;
        // What came between the first look and this.
        app.prefetcher.ask_for_new();
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
                watch(&kernel, app)?;
            }
            app.prefetcher.ask_for_new();
        }
    }

    /// Watches all folders that are there now. Those that are watched already stay so.
    fn watch(kernel: &OwnedFd, app: &App) -> Result<()> {
        let what = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::CREATE | WatchFlags::ONLYDIR;
        for root in app.roots() {
            for entry in prefetch::entries(app, root).filter(|entry| entry.file_type().is_dir()) {
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
