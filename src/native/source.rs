//! Originals: files below the configured folders, and copies of what origins have, kept in
//! `REMOTE_RAW_PATH/<host>/<id><ext>`. However many want the same remote original, it is fetched once.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use crate::{
    error::{Error, Kind, Result},
    native::{
        blocking::blocking,
        cache_names::{file_name, raw_name},
        files::Content,
        passed_on::PassedOn,
        remote::{Asker, Fetched, Question, Remote, Unwritten},
        root::Root,
        store::Store,
    },
    service::{Demand, FileState, Source, Validators},
};

/// Where originals come from.
#[derive(Debug)]
pub(crate) struct Sources {
    roots: Arc<[Root]>,
    store: Arc<Store>,
    remote: Remote,
}

impl Sources {
    /// Originals below `roots`, as `Target::Local` counts them, or of `remote` origins.
    pub(crate) const fn new(roots: Arc<[Root]>, store: Arc<Store>, remote: Remote) -> Self {
        Self { roots, store, remote }
    }

    /// The present state of a local original; `None` for a remote one. Blocks.
    ///
    /// # Errors
    /// As [`Root::look_at`].
    pub(crate) fn validators(&self, source: &Source) -> Result<Option<Validators>> {
        match source {
            Source::Local { .. } => {
                let (root, path) = self.local(source)?;
                root.look_at(path).map(|metadata| Some(validators_of(&metadata)))
            }
            Source::Remote { .. } => Ok(None),
        }
    }

    /// Opens a local original. Blocks.
    ///
    /// # Errors
    /// As [`Root::open`].
    pub(crate) fn open_local(&self, source: &Source) -> Result<(Content, Validators)> {
        let (root, path) = self.local(source)?;
        let (file, metadata) = root.open(path)?;
        Ok((Content::File(file), validators_of(&metadata)))
    }

    /// Asks an origin for an original.
    ///
    /// # Errors
    /// As [`Remote::fetch`].
    pub(crate) async fn fetch(
        &self,
        source: &Source,
        known: Option<&Validators>,
        demand: Demand,
        asker: Asker<'_>,
    ) -> Result<(Fetched, Option<Unwritten>)> {
        let Source::Remote { url, .. } = source else {
            return Err(Error::new(Kind::Internal, "not a remote source"));
        };
        let RawPaths { now, old } = self.raw_paths(source);
        // What is only known, but not here any more, must be had again.
        let known = known.filter(|_| now.is_file() || old.is_file());
        self.remote
            .fetch(Question { url, path: &now, known, demand, asker, purges: self.store.purges().count() })
            .await
    }

    /// The bytes of an original: of the file, of the copy that is kept, or, where that is gone or damaged, of the
    /// origin, if that still has the same state of it.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is none, and as [`Sources::fetch`].
    pub(crate) async fn content(
        self: &Arc<Self>,
        source: &Source,
        validators: &Validators,
        hash: Option<&str>,
        passed_on: &PassedOn,
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
        // What was kept a moment ago is gone.
        let asker = Asker { passed_on, looked_at: Instant::now() };
        let (mut fetched, _) = self.fetch(source, None, Demand::anything(), asker).await?;
        if let (Fetched::Found(_, None), Source::Remote { url, .. }) = (&fetched, source) {
            // It is with another request: this one needs its own.
            let path = self.raw_paths(source).now;
            let question = Question {
                url,
                path: &path,
                known: None,
                demand: Demand::anything(),
                asker,
                purges: self.store.purges().count(),
            };
            fetched = self.remote.fetch_alone(question).await?;
        }
        let Fetched::Found(seen, Some(content)) = fetched else {
            return Err(Error::new(Kind::NotFound, "the origin has no such original"));
        };
        let is_same = seen.validators() == validators
            && hash.is_none_or(|hash| seen.checksum().is_none_or(|checksum| checksum == hash));
        match is_same {
            true => Ok(content),
            false => Err(Error::new(Kind::NotFound, "the origin has another original by now")),
        }
    }

    /// Forgets what origins gave and failed to give lately: it was purged.
    pub(crate) fn forget_lately(&self) {
        self.remote.forget_lately();
    }

    fn local<'a>(&'a self, source: &'a Source) -> Result<(&'a Root, &'a Path)> {
        let found = match source {
            Source::Local { root, path, .. } => self.roots.get(*root).map(|root| (root, Path::new(path))),
            Source::Remote { .. } => None,
        };
        found.ok_or_else(|| Error::new(Kind::Internal, "not a local source"))
    }

    fn raw_paths(&self, source: &Source) -> RawPaths {
        let folder = self.store.folders().remote_raw.join(file_name(source.folder()));
        let name = |id: &str| folder.join(raw_name(id, source.name()));
        let id = source.id();
        RawPaths { now: name(&id.now), old: name(&id.old) }
    }
}

/// Where the copy of a remote original is kept, and where webp_server_go and older versions kept it.
struct RawPaths {
    now: PathBuf,
    old: PathBuf,
}

/// The state of a file.
pub(super) fn validators_of(metadata: &fs::Metadata) -> Validators {
    let file = FileState {
        device: metadata.dev(),
        inode: metadata.ino(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    };
    Validators { len: metadata.len(), modified: metadata.modified().ok(), etag: None, file: Some(file) }
}
