//! What `slimpix convert` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::flags::{sentence, takes};
use crate::{
    codec::Format,
    convert::{Filter, Fit, Interest, Placement, Trim, parse_blur, parse_color, parse_sharpen},
    settings::{
        SIDE, Size, Whole,
        server::MAX_JOB_COUNT,
        shared::{EFFORT, QUALITY},
    },
};

/// Any number of bytes. A budget that is too small for a picture is told of with the picture.
const BYTES: Size = Size::from(1);

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Files, folders (with all below them), or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The file to write, or - for standard output; for a single input [default: beside the input]
    #[arg(short, long, value_name = "OUT", conflicts_with_all = ["out_dir", "in_place"])]
    pub(crate) output: Option<PathBuf>,
    /// The folder to write to; the structure of input folders is kept
    #[arg(short = 'd', long, value_name = "DIR", env = "WEBP_OUT_DIR", hide_env_values = true)]
    pub(crate) out_dir: Option<PathBuf>,
    /// Make each picture anew in its own format, and put it in the picture's place where it is at least 2 % smaller
    #[arg(long, conflicts_with_all = ["out_dir", "format"])]
    pub(crate) in_place: bool,
    /// Write no result that isn't smaller than its picture
    #[arg(long, env = "WEBP_ONLY_IF_SMALLER", hide_env_values = true)]
    pub(crate) only_if_smaller: bool,
    /// Make results of folders again that are there and newer than their pictures
    #[arg(long, env = "WEBP_FORCE", hide_env_values = true)]
    pub(crate) force: bool,
    /// Say what would be made, and write nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// The formats to make, one file each; auto is the smaller of webp and avif [default: as OUT's name says, else
    /// webp]
    #[arg(
        short,
        long,
        value_enum,
        value_name = "LIST",
        value_delimiter = ',',
        env = "WEBP_FORMAT",
        hide_env_values = true
    )]
    pub(crate) format: Vec<Target>,
    #[arg(short, long, value_name = "Q", env = "WEBP_QUALITY", hide_env_values = true, help = sentence(&QUALITY.about),
          default_value_t = QUALITY.default, value_parser = takes(QUALITY.takes))]
    pub(crate) quality: u8,
    /// Quality of a lossy WebP's alpha, 0 to 100: below 100 it keeps 2 to 248 of its levels
    #[arg(long, value_name = "Q", env = "WEBP_ALPHA_QUALITY", hide_env_values = true, default_value_t = 100,
          value_parser = takes(Whole(0_u8, 100)))]
    pub(crate) alpha_quality: u8,
    /// The most bytes that a result may have: the quality is lowered as far as it takes
    #[arg(long, value_name = "SIZE", env = "WEBP_TARGET_SIZE", hide_env_values = true,
          value_parser = takes(BYTES))]
    pub(crate) target_size: Option<u64>,
    #[arg(short, short_alias = 'm', long, value_name = "0..6", env = "WEBP_EFFORT", hide_env_values = true,
          help = sentence(&EFFORT.about), default_value_t = EFFORT.default, value_parser = takes(EFFORT.takes))]
    pub(crate) effort: u8,
    /// Keep every pixel as it is (webp and png)
    #[arg(long, env = "WEBP_LOSSLESS", hide_env_values = true)]
    pub(crate) lossless: bool,
    /// The width to make, in pixels; of several, as 400,800,1600, each is a file with its width in its name, up to
    /// the picture's own
    #[arg(short, long, value_name = "PX", value_delimiter = ',', env = "WEBP_WIDTH", hide_env_values = true,
          value_parser = takes(SIDE))]
    pub(crate) width: Vec<u32>,
    /// The height to make, in pixels
    #[arg(long, value_name = "PX", env = "WEBP_HEIGHT", hide_env_values = true,
          value_parser = takes(SIDE))]
    pub(crate) height: Option<u32>,
    /// How the picture meets width and height
    #[arg(long, value_enum, env = "WEBP_FIT", hide_env_values = true, default_value_t = FitArg::Contain)]
    pub(crate) fit: FitArg,
    /// The part that fit=cover keeps, or where fit=pad has the picture: centre, entropy (the most detail), a side or a corner (top, top-left), or a point
    /// as shares of width and height: 0.25x0.5
    #[arg(long, value_name = "PART", env = "WEBP_GRAVITY", hide_env_values = true, default_value = "centre",
          value_parser = gravity)]
    pub(crate) gravity: Interest,
    /// Turn the picture clockwise by 90, 180 or 270 degrees, after what its file says; sizes are those of what is turned
    #[arg(long, value_name = "DEGREES", env = "WEBP_ROTATE", hide_env_values = true,
          value_parser = ["0", "90", "180", "270"], hide_possible_values = true)]
    pub(crate) rotate: Option<String>,
    /// Mirror the picture after that: h, left to right, v, top to bottom, or both
    #[arg(long, value_name = "AXES", env = "WEBP_FLIP", hide_env_values = true, value_parser = ["h", "v", "both"],
          hide_possible_values = true)]
    pub(crate) flip: Option<String>,
    /// Cut off the border around the picture: by how much a sample may differ from its colour, 0 to 255, and that colour,
    /// else the one at the top left: 10, 10:ffffff [default: none]
    #[arg(long, value_name = "BORDER", env = "WEBP_TRIM", hide_env_values = true, value_parser = trim)]
    pub(crate) trim: Option<Trim>,
    /// The colour behind what is transparent, and of the rims of fit=pad, in hexadecimal: ff8800 [default: none]
    #[arg(long, value_name = "COLOR", env = "WEBP_BACKGROUND", hide_env_values = true, value_parser = color)]
    pub(crate) background: Option<[u8; 3]>,
    /// Blur the result: the standard deviation of a Gaussian, 0.3 to 100 pixels, in tenths; 0 is none
    #[arg(long, value_name = "PX", env = "WEBP_BLUR", hide_env_values = true, default_value = "0", value_parser = blur)]
    pub(crate) blur: u16,
    /// Sharpen the result: the fineness of what is made clearer, 0.3 to 10 pixels, in tenths; 0 is none
    #[arg(long, value_name = "PX", env = "WEBP_SHARPEN", hide_env_values = true, default_value = "0",
          value_parser = sharpen)]
    pub(crate) sharpen: u16,
    /// Put the picture of this file on each result
    #[arg(long, value_name = "FILE", env = "WEBP_WATERMARK", hide_env_values = true)]
    pub(crate) watermark: Option<PathBuf>,
    /// Where that is: an opacity from 0.01 to 1, a side, a corner or a point, two offsets in pixels, and its share of the
    /// width, each of which may be left out: 0.5:bottom-right:10:10:0.2
    #[arg(long, value_name = "PLACE", env = "WEBP_WATERMARK_AT", hide_env_values = true, default_value = "1:centre",
          value_parser = place)]
    pub(crate) watermark_at: Placement,
    /// Allow results larger than the source's width and height
    #[arg(long, env = "WEBP_ENLARGE", hide_env_values = true)]
    pub(crate) enlarge: bool,
    /// How samples are made of those of the source when it is scaled
    #[arg(long, value_enum, env = "WEBP_FILTER", hide_env_values = true, default_value_t = FilterArg::Lanczos3)]
    pub(crate) filter: FilterArg,
    /// Scale amounts of light instead of samples
    #[arg(long, env = "WEBP_LINEAR", hide_env_values = true)]
    pub(crate) linear: bool,
    /// Keep EXIF, XMP and the ICC profile
    #[arg(long, env = "WEBP_KEEP_METADATA", hide_env_values = true)]
    pub(crate) keep_metadata: bool,
    /// What all conversions together may take of memory [default: asks the machine]
    #[arg(long, value_name = "SIZE", env = "WEBP_MEMORY", hide_env_values = true,
          value_parser = takes(BYTES))]
    pub(crate) memory: Option<u64>,
    #[arg(short, long, value_name = "N", env = "WEBP_MAX_JOB_COUNT", hide_env_values = true,
          help = sentence(&MAX_JOB_COUNT.about), default_value_t = MAX_JOB_COUNT.default,
          value_parser = takes(MAX_JOB_COUNT.takes))]
    pub(crate) jobs: usize,
    /// One JSON object a line and file instead of text
    #[arg(long, env = "WEBP_JSON", hide_env_values = true)]
    pub(crate) json: bool,
    /// Say nothing but what went wrong
    #[arg(long, env = "WEBP_QUIET", hide_env_values = true, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

fn gravity(text: &str) -> Result<Interest, String> {
    Interest::parse(text).map_err(|allowed| format!("it is {allowed}"))
}

fn color(text: &str) -> Result<[u8; 3], String> {
    parse_color(text).map_err(|allowed| format!("it is {allowed}"))
}

fn place(text: &str) -> Result<Placement, String> {
    Placement::parse(text).map_err(|allowed| format!("it is {allowed}"))
}

fn trim(text: &str) -> Result<Trim, String> {
    Trim::parse(text).map_err(|allowed| format!("it is {allowed}"))
}

fn blur(text: &str) -> Result<u16, String> {
    parse_blur(text).map_err(|allowed| format!("it is {allowed}"))
}

fn sharpen(text: &str) -> Result<u16, String> {
    parse_sharpen(text).map_err(|allowed| format!("it is {allowed}"))
}

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// WebP
    Webp,
    /// AVIF
    Avif,
    /// JPEG, for clients that know no newer format
    #[value(alias = "jpg")]
    Jpeg,
    /// PNG, lossless
    Png,
    /// The smaller of WebP and AVIF
    Auto,
}

impl Target {
    /// The formats to try.
    pub(crate) const fn formats(self) -> &'static [Format] {
        match self {
            Self::Webp => &[Format::WebP],
            Self::Avif => &[Format::Avif],
            Self::Jpeg => &[Format::Jpeg],
            Self::Png => &[Format::Png],
            Self::Auto => &[Format::WebP, Format::Avif],
        }
    }
}

/// What `--fit` takes: the words of CSS `object-fit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FitArg {
    /// As large as fits inside
    Contain,
    /// Fill the whole box and crop what stands over
    Cover,
    /// Exactly the box; the shape is not kept
    Fill,
    /// As contain, never enlarged
    ScaleDown,
    /// As contain, with rims to exactly the box
    Pad,
}

impl From<FitArg> for Fit {
    fn from(fit: FitArg) -> Self {
        match fit {
            FitArg::Contain => Self::Contain,
            FitArg::Cover => Self::Cover,
            FitArg::Fill => Self::Fill,
            FitArg::ScaleDown => Self::ScaleDown,
            FitArg::Pad => Self::Pad,
        }
    }
}

/// What `--filter` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FilterArg {
    /// The sharpest
    Lanczos3,
    /// Soft, without halos at edges
    Mitchell,
    /// The mean of the area
    Area,
    /// The sample in the middle, for drawings of large pixels
    Nearest,
}

impl From<FilterArg> for Filter {
    fn from(filter: FilterArg) -> Self {
        match filter {
            FilterArg::Lanczos3 => Self::Lanczos3,
            FilterArg::Mitchell => Self::Mitchell,
            FilterArg::Area => Self::Area,
            FilterArg::Nearest => Self::Nearest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<T: ValueEnum + Into<U>, U>() -> Vec<(String, U)> {
        let named = |value: &T| value.to_possible_value().map(|value| value.get_name().to_owned());
        T::value_variants().iter().filter_map(|value| Some((named(value)?, value.clone().into()))).collect()
    }

    #[test]
    fn words_are_those_of_the_other_hosts() {
        let known = |&(name, fit): &(&str, Fit)| (name.to_owned(), fit);
        assert_eq!(names::<FitArg, Fit>(), Fit::NAMES.iter().map(known).collect::<Vec<_>>());
        let known = |&(name, filter): &(&str, Filter)| (name.to_owned(), filter);
        assert_eq!(names::<FilterArg, Filter>(), Filter::NAMES.iter().map(known).collect::<Vec<_>>());
    }
}
