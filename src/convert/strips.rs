//! The steps that need no whole picture: rows are scaled as they are decoded, and coded at once where the format allows it.

mod output;

pub(super) use self::output::{Goal, Made, Streamed};
use self::output::{Output, Samples};
use super::{
    color::{self, Conversion},
    crop::Region,
    finish::Finish,
    geometry::Frame,
    metadata,
    plan::Plan,
    recolor::{Recolor, RecolorRows},
    resize,
    widen::Widening,
};
use crate::{
    codec::{
        self, Decoded, Facts, Format, Probe,
        rows::{Form, Head, Rows, Sink},
    },
    error::{Error, Kind, Result},
    limits::{Limits, area_bytes},
    pixel::{Layout, Metadata, Orientation, Picture, Planes, Raster, Size, Subsampling},
};

/// A decoded picture at its frame's size, turned as it is stored.
pub(super) struct Framed {
    pub picture: Picture,
    /// How it must be turned.
    pub orientation: Orientation,
    pub metadata: Metadata,
    /// True if the picture is the complement of inks, of which the profile speaks.
    pub is_complement: bool,
}

/// Decodes a picture and brings it to the frame's size, turned as it is stored: by rows where its kind allows. A
/// drawing is drawn at the size of its probe.
///
/// # Errors
/// Those of [`codec::decode_as`].
pub(super) fn decode_to_size(bytes: &[u8], probe: &Probe, limits: &Limits, frame: &Frame) -> Result<Framed> {
    let format = probe.format;
    let mut gathered = Gathered::new(frame);
    if codec::decode_rows(format, bytes, limits, &mut gathered)? {
        return gathered.finish();
    }
    let Decoded { picture, orientation, mut metadata } = codec::decode_sized(probe, bytes, limits)?;
    let orientation = orientation.then(frame.turn);
    let (picture, is_complement) = match picture {
        Picture::Inks(inks) if format == Format::Jpeg => (Picture::Raster(inks.into_complement()?), true),
        // No profile says what the colours are that become of inks.
        Picture::Inks(inks) => (color::of_inks(inks, metadata.icc.take().as_deref())?, false),
        other => (other, false),
    };
    let picture = resize::resize(picture, orientation, frame)?;
    Ok(Framed { picture, orientation, metadata, is_complement })
}

/// Turns a picture that comes by rows into a file, of which no more than some rows, what its format needs of them, and the
/// coded file are held. `None` when it has to be turned and can't come so.
///
/// # Errors
/// Those of [`codec::decode_as`] and [`codec::encode`].
pub(super) fn photo_to_file(bytes: &[u8], plan: &Plan, mut goal: Goal) -> Result<Option<Streamed>> {
    loop {
        let mut photo = Photo::new(plan, goal);
        let failed = match codec::decode_rows(plan.probe.format, bytes, &plan.limits, &mut photo) {
            Ok(false) => return Ok(None),
            Err(error) if !photo.is_settled() => (photo.instead(&error), error),
            // Nothing failed but what had come to its end.
            Ok(true) | Err(_) => match photo.finish() {
                Ok(Made::File(streamed)) => return Ok(Some(streamed)),
                Ok(Made::Again(next)) => {
                    goal = next;
                    continue;
                }
                Err((error, instead)) => (instead, error),
            },
        };
        match failed {
            (Some(instead), _) => goal = Goal::Surveyed(instead),
            (None, error) => return Err(error),
        }
    }
}

/// Rows on their way to another size. Those that are done wait in `done`, the only one or Y, Cb and Cr.
struct Scaling {
    form: Form,
    output: Size,
    /// Where planes become RGB before they are scaled.
    to_rgb: Option<Recolor>,
    scalers: Vec<resize::Scaler>,
    done: [Vec<u8>; 3],
}

impl Scaling {
    /// Also the scale at which the source should come, in eighths. The rows come as they are stored, or turned.
    fn new(head: &Head, frame: &Frame, is_turned: bool) -> Result<(Self, u32)> {
        let region = Region::placed(head.size, head.orientation, frame);
        let output = frame.stored_output(head.orientation);
        let scale_num = frame.scale_num(head.scales);
        let (form, jobs) = resize::jobs(head.form, (head.size, scale_num), region, output, frame);
        let (form, output, jobs) = match is_turned {
            true => {
                let jobs = jobs.into_iter().map(|job| job.turned(head.orientation)).collect();
                (form.turned(head.orientation), frame.output, jobs)
            }
            false => (form, output, jobs),
        };
        let to_rgb = match (head.form, form, jobs.first()) {
            (Form::Planes(subsampling), Form::Raster(_), Some(job)) => {
                Some(Recolor::new(None, subsampling, job.from.width))
            }
            _ => None,
        };
        let scalers = jobs.into_iter().map(resize::Scaler::new).collect::<Result<_>>()?;
        Ok((Self { form, output, to_rgb, scalers, done: Default::default() }, scale_num))
    }

    /// Makes room for the whole result.
    fn reserve(&mut self) -> Result<()> {
        for (scaler, done) in self.scalers.iter().zip(&mut self.done) {
            let job = scaler.job();
            done.try_reserve_exact(area_bytes(job.to, job.layout.channels())?)?;
        }
        Ok(())
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        if self.to_rgb.is_some() {
            return match rows {
                Rows::Planes(planes) => self.take_as_rgb(planes, false),
                Rows::Raster(_) => Err(no_rows()),
            };
        }
        let planes = match &rows {
            Rows::Planes(planes) => planes.as_slice(),
            Rows::Raster(rows) => std::slice::from_ref(rows),
        };
        for ((scaler, rows), done) in self.scalers.iter_mut().zip(planes).zip(&mut self.done) {
            scaler.push(rows, &mut |rows| {
                done.try_reserve(rows.len())?;
                done.extend_from_slice(rows);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn take_as_rgb(&mut self, planes: [&[u8]; 3], is_end: bool) -> Result<()> {
        let (Some(to_rgb), [scaler]) = (&mut self.to_rgb, self.scalers.as_mut_slice()) else { return Ok(()) };
        let done = &mut self.done[0];
        to_rgb.push(planes, is_end, &mut |rgb| {
            scaler.push(rgb, &mut |rows| {
                done.try_reserve(rows.len())?;
                done.extend_from_slice(rows);
                Ok(())
            })
        })
    }

    fn into_picture(mut self) -> Result<Picture> {
        self.take_as_rgb([&[]; 3], true)?;
        let [first, cb, cr] = self.done;
        match self.form {
            Form::Raster(layout) => Raster::new(self.output, layout, first).map(Picture::Raster),
            Form::Planes(subsampling) => {
                Planes::new(self.output, subsampling, [first, cb, cr]).map(Picture::Planes)
            }
        }
    }
}

/// Gathers the scaled rows to a picture.
pub(super) struct Gathered<'a> {
    frame: &'a Frame,
    work: Option<(Scaling, Orientation, Metadata)>,
}

impl<'a> Gathered<'a> {
    pub(super) const fn new(frame: &'a Frame) -> Self {
        Self { frame, work: None }
    }

    /// Lets go of the rows that were taken.
    pub(super) fn let_go(&mut self) {
        self.work = None;
    }

    /// The picture, once all of its rows were taken.
    ///
    /// # Errors
    /// [`Kind::Internal`] where no rows came.
    pub(super) fn finish(self) -> Result<Framed> {
        let (scaling, orientation, metadata) = self.work.ok_or_else(no_rows)?;
        Ok(Framed { picture: scaling.into_picture()?, orientation, metadata, is_complement: false })
    }
}

impl Sink for Gathered<'_> {
    /// What is not scaled is not worth a copy, and a crop that follows the picture's detail must see it first.
    fn begin(&mut self, mut head: Head) -> Result<Option<u32>> {
        head.orientation = head.orientation.then(self.frame.turn);
        let source = head.orientation.oriented(head.size);
        if self.frame.is_plain(source) || !self.frame.is_placed(source) {
            return Ok(None);
        }
        let (mut scaling, scale_num) = Scaling::new(&head, self.frame, false)?;
        scaling.reserve()?;
        self.work = Some((scaling, head.orientation, head.metadata));
        Ok(Some(scale_num))
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        let (scaling, ..) = self.work.as_mut().ok_or_else(no_rows)?;
        scaling.take(rows)
    }
}

/// Codes a picture's rows as they come.
pub(super) struct Photo<'a> {
    plan: &'a Plan,
    /// Until there is an output.
    goal: Option<Goal>,
    work: Option<PhotoWork>,
}

struct PhotoWork {
    output: Output,
    form: Form,
    scaling: Option<Scaling>,
    /// Where turning moves chroma.
    widening: Option<Widening>,
    colors: Colors,
    metadata: Metadata,
}

/// What happens to the colours of rows.
enum Colors {
    Stay,
    OfPlanes(Recolor),
    OfRows(RecolorRows),
}

impl<'a> Photo<'a> {
    pub(super) const fn new(plan: &'a Plan, goal: Goal) -> Self {
        Self { plan, goal: Some(goal), work: None }
    }

    /// Lets go of the rows that were taken.
    pub(super) fn let_go(&mut self) {
        self.work = None;
    }

    /// See [`Output::is_settled`].
    pub(super) fn is_settled(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.output.is_settled())
    }

    /// See [`Output::instead`].
    fn instead(&self, error: &Error) -> Option<Facts> {
        self.work.as_ref().and_then(|work| work.output.instead(error))
    }

    /// What came of the rows, once all that are needed were taken.
    ///
    /// # Errors
    /// Those of coding, with what must be known instead.
    pub(super) fn finish(self) -> Result<Made, (Error, Option<Facts>)> {
        let plan = self.plan;
        let mut work = self.work.ok_or_else(|| (no_rows(), None))?;
        if !work.output.is_settled()
            && let Err(error) = work.code_rest()
        {
            let instead = work.output.instead(&error);
            return Err((error, instead));
        }
        // The rows' memory is free before the file is put together.
        drop((work.scaling, work.widening));
        work.output.into_made(&work.metadata, plan.coding.format)
    }
}

impl Sink for Photo<'_> {
    fn begin(&mut self, mut head: Head) -> Result<Option<u32>> {
        head.orientation = head.orientation.then(self.plan.frame.turn);
        let is_gray = matches!(head.form, Form::Raster(layout) if layout.channels() < 3);
        let icc = head.metadata.icc.as_deref();
        let keeps_colors = self.plan.keeps_colors(icc, is_gray);
        let conversion = if keeps_colors { None } else { Conversion::of(&head.metadata, is_gray)? };
        if head.orientation != Orientation::Upright && !head.can_turn {
            return Ok(None);
        }
        let frame = &self.plan.frame;
        let (scaling, scale_num) = match frame.is_plain(head.orientation.oriented(head.size)) {
            true => (None, 8),
            false => {
                let (scaling, scale_num) = Scaling::new(&head, frame, true)?;
                (Some(scaling), scale_num)
            }
        };
        let metadata = match self.plan.keep_metadata {
            true => {
                let is_gray = is_gray && !self.plan.finish.as_ref().is_some_and(Finish::colors);
                metadata::kept(head.metadata, is_gray, self.plan.coding.format)
            }
            false => Metadata::default(),
        };
        let width = frame.output.width;
        let turned = head.form.turned(head.orientation);
        let widening = match (&scaling, head.form, turned) {
            (None, Form::Planes(own), Form::Planes(subsampling)) => {
                let moved = own.moved(head.size, head.orientation);
                moved.map(|moved| Widening::new(subsampling, moved, width))
            }
            _ => None,
        };
        let form = match (&scaling, &widening) {
            (Some(scaling), _) => scaling.form,
            (None, Some(_)) => Form::Planes(Subsampling::Yuv444),
            (None, None) => turned,
        };
        let colors = match (conversion, form) {
            (Some(Conversion::Rgb(transform)), Form::Planes(subsampling)) => {
                Colors::OfPlanes(Recolor::new(Some(transform), subsampling, width))
            }
            // What is coded without loss becomes RGB first.
            (_, Form::Planes(subsampling)) if self.plan.finish.is_some() || self.plan.coding.lossless => {
                Colors::OfPlanes(Recolor::new(None, subsampling, width))
            }
            (Some(conversion), Form::Raster(layout)) => {
                Colors::OfRows(RecolorRows::new(conversion, layout, width))
            }
            _ => Colors::Stay,
        };
        let layout = if let Form::Raster(layout) = form { layout } else { Layout::Rgb };
        let mut coding = self.plan.coding;
        let is_halved = matches!(form, Form::Planes(Subsampling::Yuv420)) && self.plan.finish.is_none();
        if coding.format == Format::Jpeg && is_halved {
            // Planes that become RGB on their way have no more chroma than before.
            coding.full_chroma = false;
        }
        // A profile that is kept says RGB, even where all is grey.
        let samples = Samples { layout, reduces: !keeps_colors };
        let goal = self.goal.take().ok_or_else(no_rows)?;
        let output = Output::new(self.plan, &coding, samples, goal, &metadata)?;
        self.work = Some(PhotoWork { output, form, scaling, widening, colors, metadata });
        Ok(Some(scale_num))
    }

    fn turn(&self, stored: Orientation) -> Orientation {
        stored.then(self.plan.frame.turn)
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        let work = self.work.as_mut().ok_or_else(no_rows)?;
        match (&mut work.scaling, &work.widening, rows) {
            (Some(scaling), ..) => {
                scaling.take(rows)?;
                work.code_done(false)?;
            }
            (None, Some(_), Rows::Planes(planes)) => work.code_widened(planes, false)?,
            (None, ..) => work.code(rows)?,
        }
        // Ends the decoder's work.
        if work.output.is_settled() { Err(no_rows()) } else { Ok(()) }
    }
}

impl PhotoWork {
    /// Codes all that waits.
    fn code_rest(&mut self) -> Result<()> {
        self.code_done(true)?;
        self.code_widened([&[]; 3], true)?;
        self.code_recolored([&[]; 3], true)
    }

    /// Codes rows as they are, or in other colours.
    fn code(&mut self, rows: Rows<'_>) -> Result<()> {
        match (rows, self.form, &mut self.colors) {
            (Rows::Planes(planes), Form::Planes(_), Colors::OfPlanes(_)) => {
                self.code_recolored(planes, false)
            }
            (Rows::Planes(planes), Form::Planes(subsampling), _) => {
                self.output.push_planes(subsampling, planes)
            }
            (Rows::Raster(rows), Form::Raster(layout), colors) => {
                let rows = if let Colors::OfRows(recolor) = colors { recolor.convert(rows)? } else { rows };
                self.output.push_rows(layout, rows)
            }
            _ => Err(no_rows()),
        }
    }

    fn code_widened(&mut self, planes: [&[u8]; 3], is_end: bool) -> Result<()> {
        let Some(mut widening) = self.widening.take() else { return Ok(()) };
        widening.push(planes, is_end, &mut |planes| self.code(Rows::Planes(planes)))?;
        self.widening = Some(widening);
        Ok(())
    }

    fn code_recolored(&mut self, planes: [&[u8]; 3], is_end: bool) -> Result<()> {
        let Colors::OfPlanes(recolor) = &mut self.colors else { return Ok(()) };
        recolor.push(planes, is_end, &mut |rgb| self.output.push_rows(Layout::Rgb, rgb))
    }

    /// Codes the scaled rows of which all planes are there; of all but the last an even number.
    fn code_done(&mut self, is_end: bool) -> Result<()> {
        let Some(mut scaling) = self.scaling.take() else { return Ok(()) };
        let [y, cb, cr] = &mut scaling.done;
        match scaling.form {
            Form::Raster(_) => {
                self.code(Rows::Raster(y))?;
                y.clear();
            }
            Form::Planes(subsampling) => {
                let (width, down) = (scaling.output.width as usize, subsampling.factors().1 as usize);
                let chroma_width = subsampling.chroma_size(scaling.output).width as usize;
                let chroma_rows = cb.len().min(cr.len()) / chroma_width;
                let rows = (y.len() / width).min(chroma_rows * down);
                let rows = if is_end { rows } else { rows / down * down };
                let (luma, chroma) = (rows * width, rows.div_ceil(down) * chroma_width);
                self.code(Rows::Planes([&y[..luma], &cb[..chroma], &cr[..chroma]]))?;
                y.drain(..luma);
                cb.drain(..chroma);
                cr.drain(..chroma);
            }
        }
        self.scaling = Some(scaling);
        Ok(())
    }
}

pub(super) fn no_rows() -> Error {
    Error::new(Kind::Internal, "rows of another kind than was said")
}

#[cfg(test)]
mod tests;
