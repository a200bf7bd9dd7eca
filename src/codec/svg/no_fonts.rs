//! What stands for `fonts` in a build that draws no text.

use resvg::usvg::{Options, Tree, roxmltree::Document};

use crate::{error::Result, limits::Limits};

pub(super) struct Fonts;

impl Fonts {
    pub(super) fn new(_: &Limits) -> Self {
        Self
    }

    pub(super) fn are_there(&self) -> bool {
        false
    }

    pub(super) fn set(&self, _: &mut Options<'_>, _: &Document<'_>) {}

    pub(super) fn check(&self, _: &Tree, _: u64) -> Result<()> {
        Ok(())
    }
}
