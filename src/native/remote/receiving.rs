//! Takes what an origin answers: into a file, where it is looked at and gets its name, or, where the disk takes no more,
//! as it comes.

use std::{io, path::Path, sync::Arc};

use tempfile::TempPath;
use tokio::sync::OwnedSemaphorePermit;

use super::{Question, Received, Remote};
use crate::{
    error::{Error, Kind, Result},
    native::{
        arriving::Arriving,
        blocking::blocking,
        download::Download,
        eviction::{self, Reservation},
        files::{self, Content},
        spool::{Spool, Spooled, Unspooled},
        upstream::Answer,
    },
    service::{Seen, SourceInfo, Validators},
};

impl Remote {
    /// Takes what comes into a file, or, where the disk takes no more, as it comes.
    pub(super) async fn receive(
        &self,
        question: Question<'_>,
        mut download: Download,
        permit: OwnedSemaphorePermit,
    ) -> Result<Received> {
        let is_kept = download.caching.restriction.is_none();
        let full = match self.spool(question.path, is_kept, download.validators.len).await {
            Ok((spool, reservation)) => match spool.fill(&mut download).await {
                Ok(spooled) => return self.keep(question, download, spooled, reservation).await,
                Err(Unspooled::Origin(error)) => return Err(error),
                Err(Unspooled::Disk(full)) => {
                    // What had come went with its file.
                    download = self.again(question).await?;
                    full
                }
            },
            Err(full) => full,
        };
        self.store.complain(question.path, &full);
        self.pass_on(question, download, permit).await
    }

    /// A file for what comes, and the room that it takes of what may be kept.
    async fn spool(&self, path: &Path, is_kept: bool, len: u64) -> io::Result<(Spool, Option<Reservation>)> {
        let evictor = Arc::clone(self.store.evictor());
        let reservation = match is_kept {
            true => Some(
                blocking(move || evictor.reserve(len)).await.ok().flatten().ok_or_else(eviction::no_room)?,
            ),
            false => None,
        };
        let mut spool = Spool::new(path, is_kept, len).await;
        if spool.as_ref().is_err_and(files::is_full) {
            let evictor = Arc::clone(self.store.evictor());
            if blocking(move || evictor.make_room_on_disk(len)).await.unwrap_or(false) {
                spool = Spool::new(path, is_kept, len).await;
            }
        }
        spool.map(|spool| (spool, reservation))
    }

    /// Looks at what has come, and keeps it if it is of use and others may have it.
    async fn keep(
        &self,
        question: Question<'_>,
        download: Download,
        spooled: Spooled,
        reservation: Option<Reservation>,
    ) -> Result<Received> {
        let Spooled { file, name, len, checksum } = spooled;
        let (caching, validators) = (download.caching, Validators { len, ..download.validators });
        let (path, demand, store) = (question.path.to_owned(), question.demand, Arc::clone(&self.store));
        let (url, purges) = (question.url.to_owned(), question.purges);
        let looking = blocking(move || {
            let content = Content::File(file);
            let looked = content.look_at()?;
            let is_cut = looked.format.and_then(|format| content.is_whole(format)).map(|is_whole| !is_whole);
            let checksum = Some(checksum).filter(|_| caching.restriction.is_none());
            let info = SourceInfo { validators, looked, checksum, is_cut };
            if let Some(refusal) = demand.refusal(&info) {
                return Err(refusal);
            }
            // What came without a length may be more than there is room for.
            let reservation = reservation.and_then(|reservation| reservation.up_to(len));
            let writing = store.purges().writing();
            let is_purged = writing.is_purged(&url, purges);
            let persisted = match name {
                // It goes when it is closed.
                Some(name) if is_purged => name.close(),
                Some(_) if reservation.is_none() => Err(eviction::no_room()),
                Some(name) => {
                    let replaced = eviction::size_of(&path);
                    let persisted = persist(&content, name, &path);
                    if let (Ok(()), Some(reservation)) = (&persisted, reservation) {
                        reservation.keep(len, replaced);
                    }
                    persisted
                }
                None => {
                    // What was kept of an earlier answer goes. Most often there is nothing.
                    drop(store.evictor().remove(&path));
                    Ok(())
                }
            };
            drop(writing);
            Ok((Box::new(Seen::of(&info, caching)), content, persisted, is_purged))
        });
        let (seen, content, persisted, is_purged) = looking.await.flatten()?;
        let is_kept = persisted.is_ok() && !is_purged && caching.restriction.is_none();
        if let Err(error) = persisted {
            self.store.complain(question.path, &error);
        }
        Ok(Received { seen, content, is_kept })
    }

    /// Looks at the beginning of what comes.
    async fn pass_on(
        &self,
        question: Question<'_>,
        mut download: Download,
        permit: OwnedSemaphorePermit,
    ) -> Result<Received> {
        let mut len = download.validators.len;
        if len == 0 {
            // An answer states its length, so what comes without one is read for that alone, and then once more.
            while let Some(piece) = download.piece().await? {
                len += piece.len() as u64;
            }
            download = self.again(question).await?;
        }
        let (caching, validators) = (download.caching, Validators { len, ..download.validators.clone() });
        let mut arriving = Arriving::new(download, len, permit);
        let looked = arriving.look_at().await?;
        let info = SourceInfo { validators, looked, checksum: None, is_cut: None };
        if let Some(refusal) = question.demand.refusal(&info) {
            return Err(refusal);
        }
        let content = Content::Arriving(Box::new(arriving));
        Ok(Received { seen: Box::new(Seen::of(&info, caching)), content, is_kept: false })
    }

    /// Asks for the same once more.
    async fn again(&self, question: Question<'_>) -> Result<Download> {
        match self.get(question, None).await? {
            Answer::Body(download) => Ok(*download),
            Answer::Unchanged(_) | Answer::Missing => {
                Err(Error::new(Kind::Upstream, "has no such original any more"))
            }
        }
    }
}

/// Gives a file its name once it is on the disk.
fn persist(content: &Content, name: TempPath, path: &Path) -> io::Result<()> {
    if let Content::File(file) = content {
        file.sync_all()?;
    }
    name.persist(path).map_err(io::Error::from)
}
