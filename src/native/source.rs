//! Originals: files below the configured folders, and copies of what origins have, kept in
//! `REMOTE_RAW_PATH/<host>/<id><ext>`. However many want the same remote original, it is fetched once.

use std::{
    fs,
    hash::Hasher,
    io,
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
use twox_hash::XxHash64;

use crate::{
    error::{Error, Kind, Result},
    native::{
        files::{self, Content},
        flight::{Flights, Joined, Landing},
        root::Root,
        store::{self, Store},
        sweep,
        upstream::{Answer, Download, Upstream},
    },
    service::{FileState, Restriction, Source, Stamp},
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
    /// It is here, with the checksum of its copy.
    Found(Stamp, Content, String),
    /// It is here for this request alone: its origin doesn't want it shared or kept.
    Restricted(Stamp, Content, Restriction),
    /// It is as it was known.
    Unchanged,
    /// There is none.
    Missing,
}

/// What a fetch tells all who wanted it. An original that could not be written comes along in memory.
#[derive(Debug, Clone)]
enum Word {
    Found(Stamp, String, Option<Bytes>),
    /// It is for the leader alone.
    Restricted,
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
        let RawPaths { now: path, old } = self.raw_paths(source);
        // What is only known, but not here any more, must be had again.
        let known = known.filter(|_| path.is_file() || old.is_file());
        let key = format!("{url} {known:?}");
        let word = match self.fetches.join(&key) {
            Joined::Leader(lead) => {
                let received = match self.ask(url, known).await {
                    Ok(Asked::Body(download)) if download.restriction.is_some() => {
                        lead.land(Word::Restricted);
                        return self.receive_for_one(download, &path).await;
                    }
                    Ok(Asked::Body(download)) => self.receive(download, &path).await,
                    Ok(Asked::Unchanged) => Ok(Word::Unchanged),
                    Ok(Asked::Missing) => Ok(Word::Missing),
                    Err(error) => Err(error),
                };
                let word = received.unwrap_or_else(|error| Word::Failed(error.kind(), error.to_string()));
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
            Word::Found(stamp, sum, Some(bytes)) => Ok(Fetched::Found(stamp, Content::Memory(bytes), sum)),
            Word::Found(stamp, sum, None) => Ok(Fetched::Found(stamp, Content::File(open(path).await?), sum)),
            Word::Restricted => self.fetch_alone(url, &path).await,
            Word::Unchanged => Ok(Fetched::Unchanged),
            Word::Missing => Ok(Fetched::Missing),
            Word::Failed(kind, what) => Err(Error::new(kind, what)),
        }
    }

    /// The bytes of an original: of the file, of the copy that is kept, or, where that is gone or damaged, of the
    /// origin, if that still has the same state of it.
    ///
    /// # Errors
    /// `NotFound` when there is none, and as [`Sources::fetch`].
    pub(crate) async fn content(
        self: &Arc<Self>,
        source: &Source,
        stamp: &Stamp,
        hash: Option<&str>,
    ) -> Result<Content> {
        if let Source::Local { .. } = source {
            let (sources, source) = (Arc::clone(self), source.clone());
            return blocking(move || sources.open_local(&source)).await?.map(|(content, _)| content);
        }
        let (store, paths, said) = (Arc::clone(&self.store), self.raw_paths(source), hash.map(str::to_owned));
        let opening = move || {
            let kept = store.open_raw(&paths.now, said.as_deref());
            // Another original may stand under the old name: it must be known to be this one.
            kept.or_else(|| store.open_raw_if_right(&paths.old, said.as_deref()?))
        };
        if let Some(file) = blocking(opening).await? {
            return Ok(Content::File(file));
        }
        match self.fetch(source, None).await? {
            Fetched::Found(now, content, sum) if now == *stamp && hash.is_none_or(|hash| hash == sum) => {
                Ok(content)
            }
            Fetched::Restricted(now, content, _) if now == *stamp => Ok(content),
            Fetched::Found(..) | Fetched::Restricted(..) => {
                Err(Error::new(Kind::NotFound, "the origin has another original by now"))
            }
            Fetched::Unchanged | Fetched::Missing => {
                Err(Error::new(Kind::NotFound, "the origin has no such original"))
            }
        }
    }

    /// Fetches what was for another request alone: this one asks for itself.
    async fn fetch_alone(&self, url: &str, path: &Path) -> Result<Fetched> {
        match self.ask(url, None).await? {
            Asked::Body(download) => self.receive_for_one(download, path).await,
            Asked::Unchanged | Asked::Missing => Ok(Fetched::Missing),
        }
    }

    /// Asks the origin. What it says is unchanged but not to be shared must be had anew: nothing that is kept will do.
    async fn ask(&self, url: &str, known: Option<&Stamp>) -> Result<Asked> {
        let mut answer = self.upstream.get(url, known, self.max_bytes).await?;
        if let Answer::Unchanged(Some(_)) = answer {
            answer = self.upstream.get(url, None, self.max_bytes).await?;
        }
        Ok(match answer {
            Answer::Unchanged(_) => Asked::Unchanged,
            Answer::Missing => Asked::Missing,
            Answer::Body(download) => Asked::Body(download),
        })
    }

    /// Writes a download to its file.
    async fn receive(&self, download: Download, path: &Path) -> Result<Word> {
        let (sweep, len, kept) = (Arc::clone(self.store.sweep()), download.stamp.len, path.to_owned());
        let (room, replaced) =
            blocking(move || (sweep.room_in_any_case(len).0, sweep::size_of(&kept))).await?;
        let (stamp, sum, sink) = drain(download, Sink::new(path.to_owned(), true).await).await?;
        let (in_memory, error) = sink.finish(path).await?;
        if let Some(error) = error {
            self.store.complain(path, &error);
        } else {
            room.keep(stamp.len, replaced);
        }
        Ok(Word::Found(stamp, sum, in_memory))
    }

    /// Takes a download that is for one request alone: into a file without a name, which goes with the request.
    /// What was kept before goes now.
    async fn receive_for_one(&self, download: Download, path: &Path) -> Result<Fetched> {
        let restriction = download.restriction;
        let (kept, place, sweep) = (path.to_owned(), path.to_owned(), Arc::clone(self.store.sweep()));
        drop(blocking(move || sweep.remove(&kept)).await?);
        let (stamp, sum, sink) = drain(download, Sink::new(place, false).await).await?;
        let content = sink.content().await?;
        Ok(match restriction {
            Some(restriction) => Fetched::Restricted(stamp, content, restriction),
            None => Fetched::Found(stamp, content, sum),
        })
    }

    fn local<'a>(&'a self, source: &'a Source) -> Result<(&'a Root, &'a Path)> {
        let found = match source {
            Source::Local { root, path, .. } => self.roots.get(*root).map(|root| (root, Path::new(path))),
            Source::Remote { .. } => None,
        };
        found.ok_or_else(|| Error::new(Kind::Internal, "not a local source"))
    }

    fn raw_paths(&self, source: &Source) -> RawPaths {
        let folder = self.store.folders().remote_raw.join(store::file_name(source.folder()));
        let name = |id: &str| folder.join(store::raw_name(id, source.name()));
        let id = source.id();
        RawPaths { now: name(&id.now), old: name(&id.old) }
    }
}

/// Where the copy of a remote original is kept, and where webp_server_go and older versions kept it.
struct RawPaths {
    now: PathBuf,
    old: PathBuf,
}

/// What an origin answered.
enum Asked {
    Body(Download),
    Unchanged,
    Missing,
}

/// Reads a download to its end; also gives the state and the checksum of what came.
async fn drain(mut download: Download, mut sink: Sink) -> Result<(Stamp, String, Sink)> {
    let mut len = 0;
    let mut hasher = XxHash64::with_seed(0);
    while let Some(piece) = download.piece().await? {
        len += piece.len() as u64;
        hasher.write(&piece);
        sink = sink.push(&piece).await?;
    }
    if download.stamp.len != 0 && download.stamp.len != len {
        return Err(Error::new(Kind::Upstream, "the origin's answer was cut short"));
    }
    Ok((Stamp { len, ..download.stamp }, format!("{:x}", hasher.finish()), sink))
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
    /// With its name, if it has one.
    File(tokio::fs::File, Option<TempPath>),
    Memory(Vec<u8>, io::Error),
}

impl Sink {
    /// One for what is to be kept at a path, or for what is not to be kept at all.
    async fn new(path: PathBuf, is_kept: bool) -> Self {
        let made = blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            if !is_kept {
                return tempfile::tempfile_in(folder).map(|file| (file, None));
            }
            let (file, path) = files::temporary().tempfile_in(folder)?.into_parts();
            Ok((file, Some(path)))
        });
        match made.await.map_err(io::Error::other).flatten() {
            Ok((file, path)) => Self::File(tokio::fs::File::from_std(file), path),
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
            Self::File(_, None) => Err(Error::new(Kind::Internal, "a copy that has no name can't be kept")),
            Self::File(file, Some(temporary)) => {
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

impl Sink {
    /// What came, without keeping it.
    async fn content(self) -> Result<Content> {
        match self {
            Self::Memory(bytes, _) => Ok(Content::Memory(bytes.into())),
            Self::File(mut file, _) => {
                let unreadable = |source| Error::with_source(Kind::Io, "the copy can't be read back", source);
                file.rewind().await.map_err(unreadable)?;
                Ok(Content::File(file.into_std().await))
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
