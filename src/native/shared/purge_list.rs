//! The list of purges in the bucket, by which instances hear of each other's: an object that is read where it has
//! changed, and written where nobody else has written it meanwhile.

use super::{SHORT, Shared, names};
use crate::{
    error::Result,
    native::bucket::{Condition, Opening, Version},
};

/// Bytes of a list at the most. One that is longer can't be one.
const LONGEST: u64 = 1 << 20;

/// The list as it stands in the bucket.
pub(crate) struct Listed {
    pub(crate) json: Vec<u8>,
    pub(crate) version: Version,
}

impl Shared {
    /// The list, unless it is still that one.
    ///
    /// # Errors
    /// [`Kind::Upstream`](crate::error::Kind::Upstream).
    pub(crate) async fn read_purges(&self, known: Option<&Version>) -> Result<Opening<Listed>> {
        let reading = async {
            Ok(match self.bucket.open_unless(&names::purges(&self.prefix), known).await? {
                Opening::Absent => Opening::Absent,
                Opening::Same => Opening::Same,
                Opening::Open(object) => {
                    let version = object.version.clone();
                    let json = if object.len > LONGEST { Vec::new() } else { object.read().await? };
                    Opening::Open(Listed { json, version })
                }
            })
        };
        self.asked(SHORT, reading).await
    }

    /// Writes the list in the place of that one, or of none. `None` if another has written it meanwhile.
    ///
    /// # Errors
    /// [`Kind::Upstream`](crate::error::Kind::Upstream); then it isn't known whether it is written.
    pub(crate) async fn write_purges(
        &self,
        json: Vec<u8>,
        known: Option<&Version>,
    ) -> Result<Option<Version>> {
        let condition = known.map_or(Condition::IsNew, |known| Condition::Is(known.clone()));
        let key = names::purges(&self.prefix);
        self.asked(SHORT, self.bucket.put(&key, vec![json.into()], condition)).await
    }
}
