//! Where rows go in the end: they are finished, looked at where it matters what they show, and coded.

use crate::{
    codec::{Format, RowWriter},
    convert::{finish::Finishing, graphic::Look, plan::Plan},
    error::Result,
    pixel::{Layout, Metadata, Subsampling},
};

/// A lossy file that was coded as its rows came.
pub(in crate::convert) struct Streamed {
    /// The file.
    pub file: Vec<u8>,
    /// True if the picture was looked at, and coded as a graphic it may be smaller, or better.
    pub may_be_graphic: bool,
}

pub(super) struct Output {
    finishing: Option<Finishing>,
    look: Option<Look>,
    writer: RowWriter,
}

impl Output {
    /// For rows of a layout, or planes.
    ///
    /// # Errors
    /// Those of [`RowWriter::new`].
    pub(super) fn new(plan: &Plan, layout: Layout) -> Result<Self> {
        let size = plan.frame.output;
        let finishing =
            plan.finish.as_ref().map(|finish| Finishing::new(finish, layout, finish.layout(layout), size));
        let look = if plan.may_be_graphic { Some(Look::new(plan.output)?) } else { None };
        Ok(Self {
            finishing: finishing.transpose()?,
            look,
            writer: RowWriter::new(plan.output, &plan.coding)?,
        })
    }

    /// Planes, to which nothing more is done.
    ///
    /// # Errors
    /// Those of [`RowWriter::push_planes`].
    pub(super) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        self.writer.push_planes(subsampling, planes)
    }

    /// # Errors
    /// Those of [`RowWriter::push_rows`].
    pub(super) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let Self { finishing, look, writer } = self;
        let mut put = |layout: Layout, rows: &[u8]| {
            if let Some(look) = look {
                look.push(layout, rows);
            }
            writer.push_rows(layout, rows)
        };
        match finishing {
            Some(finishing) => {
                let layout = finishing.layout();
                finishing.push(rows, &mut |rows| put(layout, rows))
            }
            None => put(layout, rows),
        }
    }

    /// Ends the picture.
    ///
    /// # Errors
    /// Those of [`RowWriter::finish`].
    pub(super) fn into_file(self, metadata: &Metadata, format: Format) -> Result<Streamed> {
        let file = self.writer.finish(metadata)?;
        let may_be_graphic = self.look.is_some_and(|look| look.may_be_graphic(format, &file));
        Ok(Streamed { file, may_be_graphic })
    }
}
