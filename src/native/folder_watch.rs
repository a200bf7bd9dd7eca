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
    let watching = move || {
        listen(&app);
        loop {
            thread::sleep(LOOK);
            app.prefetcher.ask_for_new();
        }
    };
    if let Err(error) = thread::Builder::new().name("watch".to_owned()).spawn(watching) {
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
    use std::{
        collections::HashMap,
        ffi::{CStr, OsStr, OsString},
        mem::MaybeUninit,
        os::{fd::OwnedFd, unix::ffi::OsStrExt},
        path::{self, PathBuf},
    };

    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        fs::inotify::{self, CreateFlags, Event, ReadFlags, Reader, WatchFlags},
        io::{Errno, Result},
    };

    use super::LOOK;
    use crate::native::{app::App, prefetch};

    /// Asks for what is new whenever something was written or moved into the folders, or those below them.
    pub(super) fn listen(app: &App) -> Result<()> {
        let kernel = inotify::init(CreateFlags::CLOEXEC)?;
        let mut watched = Watched::default();
        watched.add(&kernel, app)?;
        // What came between the first look and this.
        app.prefetcher.ask_for_new();
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = Reader::new(&kernel, &mut buffer);
        loop {
            let (mut is_news, mut is_folder) = (true, true);
            if is_told(&kernel)? {
                (is_news, is_folder) = (false, false);
                loop {
                    match reader.next() {
                        Ok(event) => {
                            let news = watched.take(&event);
                            is_news |= news != News::Nothing;
                            is_folder |= news == News::Folder;
                        }
                        Err(Errno::INTR) => {}
                        Err(error) => return Err(error),
                    }
                    if reader.is_buffer_empty() {
                        break;
                    }
                }
            }
            if is_folder {
                watched.add(&kernel, app)?;
            }
            if is_news {
                app.prefetcher.ask_for_new();
            }
        }
    }

    /// Waits until the kernel says something; false when it has said nothing for long.
    fn is_told(kernel: &OwnedFd) -> Result<bool> {
        let patience = Timespec { tv_sec: LOOK.as_secs() as i64, tv_nsec: 0 };
        match poll(&mut [PollFd::new(kernel, PollFlags::IN)], Some(&patience)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What an event means.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum News {
        /// It is about something else.
        Nothing,
        /// There may be a picture.
        File,
        /// There may be a folder that isn't watched, or what was lost may have been one.
        Folder,
    }

    /// What is watched, by the kernel's numbers.
    #[derive(Debug, Default)]
    struct Watched {
        /// Folders that are served, and those below them.
        folders: HashMap<i32, PathBuf>,
        /// Those in which one that is served lies, by its name: another one may take its place.
        around: HashMap<i32, Vec<OsString>>,
    }

    impl Watched {
        /// Watches all folders that are there now. Those that are watched already stay so.
        fn add(&mut self, kernel: &OwnedFd, app: &App) -> Result<()> {
            let arrivals =
                WatchFlags::MOVED_TO | WatchFlags::CREATE | WatchFlags::ONLYDIR | WatchFlags::MASK_ADD;
            let watch = |folder: &path::Path, what| match inotify::add_watch(kernel, folder, what) {
                Ok(number) => Ok(Some(number)),
                // It is gone, or not to be read.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(None),
                Err(error) => Err(error),
            };
            for root in app.roots() {
                let place = path::absolute(root.path()).unwrap_or_default();
                if let (Some(around), Some(name)) = (place.parent(), place.file_name())
                    && let Some(number) = watch(around, arrivals)?
                {
                    let names = self.around.entry(number).or_default();
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
                for entry in prefetch::entries(app, root).filter(|entry| entry.file_type().is_dir()) {
                    if let Some(number) = watch(entry.path(), arrivals | WatchFlags::CLOSE_WRITE)? {
                        self.folders.insert(number, entry.into_path());
                    }
                }
            }
            Ok(())
        }

        fn take(&mut self, event: &Event<'_>) -> News {
            let (number, what) = (event.wd(), event.events());
            if what.contains(ReadFlags::QUEUE_OVERFLOW) {
                return News::Folder;
            }
            if what.contains(ReadFlags::IGNORED) {
                self.folders.remove(&number);
                self.around.remove(&number);
                return News::Nothing;
            }
            let name = event.file_name().map(CStr::to_bytes).map(OsStr::from_bytes);
            if let (Some(names), Some(name)) = (self.around.get(&number), name)
                && names.iter().any(|known| known == name)
            {
                return News::Folder;
            }
            let Some(folder) = self.folders.get(&number) else { return News::Nothing };
            let is_written = what.contains(ReadFlags::CLOSE_WRITE);
            let is_link = || name.is_some_and(|name| folder.join(name).is_symlink());
            match what.contains(ReadFlags::ISDIR) || (!is_written && is_link()) {
                true => News::Folder,
                false => News::File,
            }
        }
    }
}
