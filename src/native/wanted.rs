//! What `slimpix convert` is to make of each picture: a file for each width and each format that was asked for.

use std::{ffi::OsString, slice};

use crate::{
    codec::{Format, Probe},
    convert::{Mode, Params, Resize, Watermark, parse_turn},
    error::{Error, Kind, Result},
    native::{
        cli::{ConvertArgs, Target},
        conversions::format_of_name,
        watermark,
    },
    pixel::Orientation,
};

/// One result of each picture.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// One for each format to try; the smallest file is taken.
    params: Vec<Params>,
    /// The width that its name tells, where several are asked for.
    width: Option<u32>,
    /// It has the picture's own format, not that of `params`.
    own_format: bool,
}

impl Wanted {
    /// The formats that a result can have.
    pub(crate) fn formats(&self) -> impl Iterator<Item = Format> {
        self.params.iter().filter(|_| !self.own_format).map(|params| params.format)
    }

    /// True if its name tells its width.
    pub(crate) const fn has_width(&self) -> bool {
        self.width.is_some()
    }

    /// The name of the result without its extension, of a picture whose own is `stem`.
    pub(crate) fn name(&self, stem: &OsString) -> OsString {
        let mut name = stem.clone();
        if let Some(width) = self.width {
            name.push(format!("-{width}"));
        }
        name
    }

    /// The parameters of each format to try of a picture.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] when its own format is wanted, and can't be made.
    pub(crate) fn of(&self, probe: &Probe) -> Result<Vec<Params>> {
        if self.own_format && !probe.format.can_encode() {
            return Err(Error::unsupported(format!("{} can't be made here", probe.format.extension())));
        }
        let is_lossless = self.params.iter().any(|params| params.mode == Mode::Lossless);
        if self.own_format && is_lossless && !probe.format.info().has_lossless() {
            return Err(Error::unsupported(format!(
                "{} has no lossless mode here",
                probe.format.extension()
            )));
        }
        let own = |params: &Params| match self.own_format {
            true => Params { format: probe.format, ..params.clone() },
            false => params.clone(),
        };
        Ok(self.params.iter().map(own).collect())
    }

    /// True if `smaller`, which is wanted too, is already as wide as the picture.
    pub(crate) fn is_beyond(&self, smaller: &Self, probe: &Probe) -> bool {
        let enlarges = self.params.iter().any(|params| params.resize.is_some_and(|resize| resize.enlarge));
        let (Some(width), Some(smaller)) = (self.width, smaller.width) else { return false };
        !enlarges && smaller < width && smaller >= probe.oriented_size().width
    }
}

/// All that the arguments ask for, the smallest widths first.
///
/// # Errors
/// [`Kind::Parameter`] when they contradict each other; those of reading a mark.
pub(crate) fn read(args: &ConvertArgs) -> Result<Vec<Wanted>> {
    let mark = args.watermark.as_deref().map(watermark::read).transpose()?;
    let mark = mark.map(|mark| Watermark::new(mark, args.watermark_at));
    let by_name = format_of_output(args)?;
    let mut lists: Vec<&[Format]> = match &by_name {
        Some(format) => vec![slice::from_ref(format)],
        None if args.format.is_empty() => vec![Target::Webp.formats()],
        None => args.format.iter().map(|target| target.formats()).collect(),
    };
    let mut seen = Vec::new();
    lists.retain(|list| {
        !seen.contains(list) && {
            seen.push(*list);
            true
        }
    });
    let mut widths: Vec<Option<u32>> = args.width.iter().copied().map(Some).collect();
    widths.sort_unstable();
    widths.dedup();
    if widths.is_empty() {
        widths.push(None);
    }
    check(args, &lists, widths.len())?;
    let is_several = widths.len() > 1;
    let each = |width: Option<u32>| {
        let mark = mark.as_ref();
        lists.iter().map(move |list| Wanted {
            params: list.iter().map(|&format| params(args, format, width, mark)).collect(),
            width: width.filter(|_| is_several),
            own_format: args.in_place,
        })
    };
    Ok(widths.into_iter().flat_map(each).collect())
}

/// The format that `-o` says by its extension, if it says one.
///
/// # Errors
/// [`Kind::Parameter`] when that can't be made here, or `--format` says another one.
fn format_of_output(args: &ConvertArgs) -> Result<Option<Format>> {
    let Some(path) = args.output.as_deref() else { return Ok(None) };
    let Some(format) = format_of_name(path) else { return Ok(None) };
    let wrong = |why: String| Err(Error::new(Kind::Parameter, format!("-o {}: {why}", path.display())));
    if !format.can_encode() {
        return wrong(format!("{} can't be made here; --format has what can", format.extension()));
    }
    match args.format.as_slice() {
        [] => Ok(Some(format)),
        [target] if target.formats().contains(&format) => Ok(Some(format)),
        _ => wrong(format!("its extension says {}, and --format another one", format.extension())),
    }
}

fn check(args: &ConvertArgs, lists: &[&[Format]], widths: usize) -> Result<()> {
    let wrong = |what: &str| Err(Error::new(Kind::Parameter, what));
    let makes =
        |made: &dyn Fn(Format) -> bool| lists.iter().flat_map(|list| list.iter()).all(|format| made(*format));
    if args.lossless && !args.in_place && !makes(&|format| format.info().has_lossless()) {
        return wrong("--lossless goes with --format webp or png");
    }
    if args.lossless && args.target_size.is_some() {
        return wrong("--lossless keeps every pixel, and --target-size gives some away: one of them");
    }
    let is_named = args.format.iter().any(|target| matches!(target, Target::Webp | Target::Avif));
    if is_named && args.format.contains(&Target::Auto) {
        return wrong("--format auto is one of webp and avif: name it without them");
    }
    let is_one = lists.len() == 1 && widths == 1;
    if !is_one && args.output.is_some() {
        return wrong("-o is for a single result; use --out-dir for several widths or formats");
    }
    if !is_one && args.inputs.iter().any(|input| input.as_os_str() == "-") && args.out_dir.is_none() {
        return wrong("standard output takes a single result; use --out-dir for several widths or formats");
    }
    if widths > 1 && args.in_place {
        return wrong("--in-place makes one file of each picture: one --width at the most");
    }
    if args.in_place && args.inputs.iter().any(|input| input.as_os_str() == "-") {
        return wrong("--in-place is for files: standard input has no place");
    }
    Ok(())
}

fn params(args: &ConvertArgs, format: Format, width: Option<u32>, mark: Option<&Watermark>) -> Params {
    let resize = (width.is_some() || args.height.is_some()).then(|| Resize {
        width,
        height: args.height,
        fit: args.fit.into(),
        interest: args.gravity,
        enlarge: args.enlarge,
        filter: args.filter.into(),
        linear: args.linear,
        ..Resize::default()
    });
    Params {
        format,
        quality: args.quality,
        alpha_quality: args.alpha_quality,
        effort: args.effort,
        mode: if args.lossless { Mode::Lossless } else { Mode::Auto },
        resize,
        // Both are of the words that are taken.
        turn: parse_turn(args.rotate.as_deref(), args.flip.as_deref()).unwrap_or_default(),
        trim: args.trim,
        background: args.background,
        blur: args.blur,
        sharpen: args.sharpen,
        watermark: mark.cloned(),
        keep_metadata: args.keep_metadata,
        target_size: args.target_size,
        still: false,
    }
}

/// True if nothing is asked for but a format and how well the picture is coded: the source may stand for the result.
pub(super) fn shows_source(params: &Params) -> bool {
    let Params {
        format: _,
        quality: _,
        alpha_quality: _,
        effort: _,
        mode: _,
        resize,
        turn,
        trim,
        background,
        blur,
        sharpen,
        watermark,
        still,
        keep_metadata: _,
        target_size,
    } = params;
    let is_in_place = resize.is_none() && *turn == Orientation::Upright && trim.is_none();
    let is_untouched = background.is_none() && (*blur, *sharpen) == (0, 0) && watermark.is_none();
    is_in_place && is_untouched && !still && target_size.is_none()
}
