//! Where rows go in the end: they are finished, looked at where it matters what they show, and coded.

use crate::{
    codec::{Coding, Facts, Format, LosslessEnded, LosslessRows, RowWriter, Survey},
    convert::{finish::Finishing, graphic::Look, plan::Plan},
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Subsampling},
};

/// A file that was coded as its rows came.
pub(in crate::convert) struct Streamed {
    /// The file; empty if it wasn't wanted any more, see [`Goal::Photo`].
    pub file: Vec<u8>,
    /// True if the picture was looked at, and coded as a graphic it may be smaller, or better.
    pub may_be_graphic: bool,
}

/// What rows are wanted for.
pub(in crate::convert) enum Goal {
    /// The file of a photo. Where it may be a graphic it is looked at, and where `ends_early` its file is given up as soon as
    /// it is likely to be one.
    Photo { ends_early: bool },
    /// The file of a graphic, which is given up as soon as it is sure to be none.
    Graphic,
    /// What must be known before there can be a file.
    Survey,
    /// The file of a picture that was looked at.
    Surveyed(Facts),
    /// A WebP without loss, for which rows come several times: what has come of them.
    Lossless(Option<LosslessRows>),
}

pub(super) struct Output {
    finishing: Option<Finishing>,
    look: Option<Look>,
    /// Why it ends before all rows have come.
    ends: Option<Ends>,
    drain: Drain,
}

/// As what a picture is coded until it is known that it is the other.
#[derive(Clone, Copy)]
enum Ends {
    Photo,
    Graphic,
}

enum Drain {
    Writer(RowWriter),
    Survey(Survey),
    Lossless(LosslessRows),
}

/// How interleaved rows come.
pub(super) struct Samples {
    pub(super) layout: Layout,
    /// Samples that say nothing may be left out.
    pub(super) reduces: bool,
}

impl Output {
    /// For rows of a layout, or planes.
    ///
    /// # Errors
    /// Those of [`RowWriter::new`].
    pub(super) fn new(
        plan: &Plan,
        coding: &Coding,
        Samples { layout, reduces }: Samples,
        goal: Goal,
        metadata: &Metadata,
    ) -> Result<Self> {
        let size = plan.frame.output;
        let finishing =
            plan.finish.as_ref().map(|finish| Finishing::new(finish, layout, finish.layout(layout), size));
        let finishing = finishing.transpose()?;
        let layout = finishing.as_ref().map_or(layout, Finishing::layout);
        let is_looked_at = plan.may_be_graphic && matches!(goal, Goal::Photo { .. } | Goal::Graphic);
        Ok(Self {
            finishing,
            look: if is_looked_at { Some(Look::new(plan.output, coding.format)?) } else { None },
            ends: match goal {
                Goal::Photo { ends_early: true } => Some(Ends::Photo),
                Goal::Graphic => Some(Ends::Graphic),
                _ => None,
            },
            drain: match goal {
                Goal::Photo { .. } => Drain::Writer(RowWriter::new(plan.output, coding)?),
                Goal::Graphic => {
                    let coding = coding.with_full_chroma(true).with_graphic(true);
                    Drain::Writer(RowWriter::new(plan.output, &coding)?)
                }
                Goal::Survey => Drain::Survey(Survey::new(layout, reduces)),
                Goal::Surveyed(facts) => {
                    Drain::Writer(RowWriter::of_surveyed(plan.output, facts, coding, metadata)?)
                }
                Goal::Lossless(Some(rows)) => Drain::Lossless(rows),
                Goal::Lossless(None) => {
                    Drain::Lossless(LosslessRows::new(plan.output, coding, layout, reduces)?)
                }
            },
        })
    }

    /// Planes, to which nothing more is done.
    ///
    /// # Errors
    /// Those of [`RowWriter::push_planes`].
    pub(super) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        match &mut self.drain {
            Drain::Writer(writer) => writer.push_planes(subsampling, planes),
            Drain::Survey(_) | Drain::Lossless(_) => Err(Error::new(Kind::Internal, "planes, not rows")),
        }
    }

    /// # Errors
    /// Those of [`RowWriter::push_rows`].
    pub(super) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let Self { finishing, look, drain, .. } = self;
        let mut put = |layout: Layout, rows: &[u8]| {
            if let Some(look) = look {
                look.push(layout, rows);
            }
            match drain {
                Drain::Writer(writer) => writer.push_rows(layout, rows),
                Drain::Survey(survey) => {
                    survey.push(rows);
                    Ok(())
                }
                Drain::Lossless(coder) => coder.push_rows(rows),
            }
        };
        match finishing {
            Some(finishing) => {
                let layout = finishing.layout();
                finishing.push(rows, &mut |rows| put(layout, rows))
            }
            None => put(layout, rows),
        }
    }

    /// True if no more rows are needed.
    pub(super) fn is_settled(&self) -> bool {
        match &self.drain {
            Drain::Writer(_) => self.look.as_ref().zip(self.ends).is_some_and(|(look, ends)| match ends {
                Ends::Photo => look.is_likely_graphic(),
                Ends::Graphic => look.is_surely_photo(),
            }),
            Drain::Survey(survey) => survey.is_settled(),
            Drain::Lossless(rows) => rows.is_settled(),
        }
    }

    /// See [`RowWriter::instead`].
    pub(super) fn instead(&self, error: &Error) -> Option<Facts> {
        if let Drain::Writer(writer) = &self.drain { writer.instead(error) } else { None }
    }

    /// Ends the picture, or the work on it as far as that is settled.
    ///
    /// # Errors
    /// Those of [`RowWriter::finish_surveyed`].
    pub(super) fn into_made(
        self,
        metadata: &Metadata,
        format: Format,
    ) -> Result<Made, (Error, Option<Facts>)> {
        if self.is_settled() && matches!(self.drain, Drain::Writer(_)) {
            let may_be_graphic = matches!(self.ends, Some(Ends::Photo));
            return Ok(Made::File(Streamed { file: vec![], may_be_graphic }));
        }
        let writer = match self.drain {
            Drain::Survey(survey) => return Ok(Made::Again(Goal::Surveyed(survey.into_facts()))),
            Drain::Lossless(rows) => {
                return Ok(match rows.end(metadata).map_err(|error| (error, None))? {
                    LosslessEnded::Again(rows) => Made::Again(Goal::Lossless(Some(rows))),
                    LosslessEnded::File(file) => Made::File(Streamed { file, may_be_graphic: false }),
                });
            }
            Drain::Writer(writer) => writer,
        };
        let file = writer.finish_surveyed(metadata)?;
        let may_be_graphic = self.look.is_some_and(|look| look.may_be_graphic(format, &file));
        Ok(Made::File(Streamed { file, may_be_graphic }))
    }
}

/// What came of rows.
pub(in crate::convert) enum Made {
    File(Streamed),
    /// The rows must come once more.
    Again(Goal),
}
