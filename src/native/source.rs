//! Originals: files below the configured folders, and copies of what origins have, kept in
//! `REMOTE_RAW_PATH/<host>/<id><ext>`. However many want the same remote original, it is fetched once.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
    task,
};

use crate::{
    error::{Error, Kind, Result},
    native::{
        files::{self, Content},
        flight::{Flights, Joined, Landing},
        root::Root,
        store::{self, Store},
        upstream::{Answer, Download, Upstream},
    },
    service::{FileState, Source, Stamp},
};

/// Where originals come from.
#[derive(Debug)]
pub(crate) struct Sources {
    roots: Arc<[Root]>,
    store: Arc<Store>,
    upstream: Upstream,
    fetches: Flights<Word>,
    max_bytes: u64,
}

/// What became of a fetch.
pub(crate) enum Fetched {
    /// It is here.
    Found(Stamp, Content),
    /// It is as it was known.
    Unchanged,
    /// There is none.
    Missing,
}

/// What a fetch tells all who wanted it. An original that could not be written comes along in memory.
#[derive(Debug, Clone)]
enum Word {
    Found(Stamp, Option<Bytes>),
    Unchanged,
    Missing,
    Failed(Kind, String),
}

impl Sources {
    /// Originals below `roots`, as `Target::Local` counts them, or from `upstream`, `max_bytes` long at the most.
    pub(crate) fn new(roots: Arc<[Root]>, store: Arc<Store>, upstream: Upstream, max_bytes: u64) -> Self {
        Self { roots, store, upstream, fetches: Flights::default(), max_bytes }
    }

    /// The present state of a local original; `None` for a remote one. Blocks.
    ///
    /// # Errors
    /// As [`Root::look_at`].
    pub(crate) fn stamp(&self, source: &Source) -> Result<Option<Stamp>> {
        match source {
            Source::Local { .. } => {
                let (root, path) = self.local(source)?;
                root.look_at(path).map(|metadata| Some(stamp_of(&metadata)))
            }
            Source::Remote { .. } => Ok(None),
        }
    }

    /// Opens a local original. Blocks.
    ///
    /// # Errors
    /// As [`Root::open`].
    pub(crate) fn open_local(&self, source: &Source) -> Result<(Content, Stamp)> {
        let (root, path) = self.local(source)?;
        let (file, metadata) = root.open(path)?;
        Ok((Content::File(file), stamp_of(&metadata)))
    }

    /// Asks an origin for an original, once for all who ask now.
    ///
    /// # Errors
    /// As [`Upstream::get`].
    pub(crate) async fn fetch(&self, source: &Source, known: Option<&Stamp>) -> Result<Fetched> {
        let Source::Remote { url, .. } = source else {
            return Err(Error::new(Kind::Internal, "not a remote source"));
        };
        let path = self.raw_path(source);
        // What is only known, but not here any more, must be had again.
        let known = known.filter(|_| path.is_file());
        let key = format!("{url} {known:?}");
        let word = match self.fetches.join(&key) {
            Joined::Leader(lead) => {
                let word = match self.ask(url, known, &path).await {
                    Ok(word) => word,
                    Err(error) => Word::Failed(error.kind(), error.to_string()),
                };
                lead.land(word.clone());
                word
            }
            Joined::Follower(follow) => match follow.landing().await {
                Landing::Told(word) => word,
                Landing::Panicked | Landing::Abandoned => {
                    Word::Failed(Kind::Upstream, "the fetch broke off".to_owned())
                }
            },
        };
        match word {
            Word::Found(stamp, Some(bytes)) => Ok(Fetched::Found(stamp, Content::Memory(bytes))),
            Word::Found(stamp, None) => Ok(Fetched::Found(stamp, Content::File(open(path).await?))),
            Word::Unchanged => Ok(Fetched::Unchanged),
            Word::Missing => Ok(Fetched::Missing),
            Word::Failed(kind, what) => Err(Error::new(kind, what)),
        }
    }

    /// The bytes of an original: of the file, of the copy that is kept, or, where that is gone, of the origin.
    ///
    /// # Errors
    /// `NotFound` when there is none, and as [`Sources::fetch`].
    pub(crate) async fn content(self: &Arc<Self>, source: &Source) -> Result<Content> {
        if let Source::Local { .. } = source {
            let (sources, source) = (Arc::clone(self), source.clone());
            return blocking(move || sources.open_local(&source)).await?.map(|(content, _)| content);
        }
        if let Ok(file) = open(self.raw_path(source)).await {
            return Ok(Content::File(file));
        }
        match self.fetch(source, None).await? {
            Fetched::Found(_, content) => Ok(content),
            Fetched::Unchanged | Fetched::Missing => {
                Err(Error::new(Kind::NotFound, "the origin has no such original"))
            }
        }
    }

    async fn ask(&self, url: &str, known: Option<&Stamp>, path: &Path) -> Result<Word> {
        let mut download = match self.upstream.get(url, known, self.max_bytes).await? {
            Answer::Unchanged => return Ok(Word::Unchanged),
            Answer::Missing => return Ok(Word::Missing),
            Answer::Body(download) => download,
        };
        let (len, in_memory) = self.receive(&mut download, path).await?;
        if download.stamp.len != 0 && download.stamp.len != len {
            return Err(Error::new(Kind::Upstream, "the origin's answer was cut short"));
        }
        Ok(Word::Found(Stamp { len, ..download.stamp }, in_memory))
    }

    /// Writes a download to its file; gives its length, and its bytes where the disk would not take them.
    async fn receive(&self, download: &mut Download, path: &Path) -> Result<(u64, Option<Bytes>)> {
        let mut sink = Sink::new(path.to_owned()).await;
        let mut len = 0;
        while let Some(piece) = download.piece().await? {
            len += piece.len() as u64;
            sink = sink.push(&piece).await?;
        }
        match sink.finish(path).await? {
            (None, None) => Ok((len, None)),
            (in_memory, error) => {
                if let Some(error) = error {
                    self.store.complain(path, &error);
                }
                Ok((len, in_memory))
            }
        }
    }

    fn local<'a>(&'a self, source: &'a Source) -> Result<(&'a Root, &'a Path)> {
        let found = match source {
            Source::Local { root, path, .. } => self.roots.get(*root).map(|root| (root, Path::new(path))),
            Source::Remote { .. } => None,
        };
        found.ok_or_else(|| Error::new(Kind::Internal, "not a local source"))
    }

    fn raw_path(&self, source: &Source) -> PathBuf {
        let extension = Path::new(source.name())
            .extension()
            .and_then(|extension| extension.to_str())
            .map(|extension| format!(".{extension}"))
            .unwrap_or_default();
        let folder = self.store.folders().remote_raw.join(store::file_name(source.folder()));
        folder.join(store::file_name(&format!("{}{extension}", source.id())))
    }
}

/// Runs what blocks on a thread for that.
///
/// # Errors
/// `Internal` when it panics.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    task::spawn_blocking(work)
        .await
        .map_err(|source| Error::with_source(Kind::Internal, "a file operation broke off", source))
}

async fn open(path: PathBuf) -> Result<fs::File> {
    blocking(move || files::open_regular(&path)).await?.map(|(file, _)| file)
}

/// The state of a file.
pub(super) fn stamp_of(metadata: &fs::Metadata) -> Stamp {
    let file = FileState {
        device: metadata.dev(),
        inode: metadata.ino(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    };
    Stamp { len: metadata.len(), modified: metadata.modified().ok(), etag: None, file: Some(file) }
}

/// Where a download goes: a temporary file, or memory from the moment on when the disk takes no more.
enum Sink {
    File(tokio::fs::File, TempPath),
    Memory(Vec<u8>, io::Error),
}

impl Sink {
    async fn new(path: PathBuf) -> Self {
        let made = blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            files::temporary().tempfile_in(folder)
        });
        match made.await.map_err(io::Error::other).flatten() {
            Ok(file) => {
                let (file, path) = file.into_parts();
                Self::File(tokio::fs::File::from_std(file), path)
            }
            Err(error) => Self::Memory(Vec::new(), error),
        }
    }

    async fn push(self, piece: &[u8]) -> Result<Self> {
        match self {
            Self::Memory(mut bytes, error) => {
                bytes.try_reserve(piece.len())?;
                bytes.extend_from_slice(piece);
                Ok(Self::Memory(bytes, error))
            }
            Self::File(mut file, path) => {
                let begun = file.stream_position().await.unwrap_or(0);
                match write(&mut file, piece).await {
                    Ok(()) => Ok(Self::File(file, path)),
                    Err(error) => {
                        let mut bytes = Vec::new();
                        rewind_and_read(file, begun, &mut bytes).await?;
                        bytes.extend_from_slice(piece);
                        Ok(Self::Memory(bytes, error))
                    }
                }
            }
        }
    }

    /// The bytes if they are in memory, and why they are.
    async fn finish(self, path: &Path) -> Result<(Option<Bytes>, Option<io::Error>)> {
        match self {
            Self::Memory(bytes, error) => Ok((Some(bytes.into()), Some(error))),
            Self::File(file, temporary) => {
                let path = path.to_owned();
                let whole = file.sync_all().await;
                blocking(move || whole.and_then(|()| temporary.persist(path).map_err(io::Error::from)))
                    .await?
                    .map(|()| (None, None))
                    .map_err(|source| Error::with_source(Kind::Io, "the copy can't be kept", source))
            }
        }
    }
}

async fn write(file: &mut tokio::fs::File, piece: &[u8]) -> io::Result<()> {
    file.write_all(piece).await?;
    file.flush().await
}

async fn rewind_and_read(mut file: tokio::fs::File, len: u64, bytes: &mut Vec<u8>) -> Result<()> {
    let read = async {
        file.rewind().await?;
        file.take(len).read_to_end(bytes).await
    };
    read.await
        .map(|_| ())
        .map_err(|source| Error::with_source(Kind::Io, "the copy can't be read back", source))
}
