//! The header of a frame (ISO 18181-1, annex F): what it is, and how many bytes follow it.

use super::{
    bits::Bits,
    entropy::{Code, Reader},
};
use crate::pixel::Size;

/// What the image's header says that frames' headers depend on.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// That of the preview in its frame.
    pub size: Size,
    pub is_xyb: bool,
    pub is_animated: bool,
    pub has_timecodes: bool,
    /// Channels beside the colours, and whether those are grey.
    pub extra: u32,
    pub is_gray: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Regular,
    /// An eighth of another frame, or less.
    LowFrequency,
    ReferenceOnly,
    SkipProgressive,
}

/// A frame, but for its pixels.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub kind: Kind,
    /// Coded by samples (modular), not by cosines (VarDCT).
    pub is_modular: bool,
    /// Channels that are coded by samples.
    pub channels: u32,
    /// As it is coded, and in the image.
    pub coded: Size,
    pub size: Size,
    /// Of a low-frequency frame, from 1.
    pub level: u32,
    pub passes: u32,
    /// Pixels of a group.
    pub group: u64,
    /// How far filters look beside a pixel.
    pub border: u32,
    pub has_noise: bool,
    pub has_patches: bool,
    pub has_splines: bool,
    pub is_last: bool,
    /// True if it is shown for a time, or the last one.
    pub is_visible: bool,
    /// Where it is kept, if others may refer to it, and whether as it is coded, not as large as the image.
    pub reference: Option<(u32, bool)>,
    /// Its sections.
    pub bytes: u64,
    /// They are not in the usual order.
    pub is_permuted: bool,
}

// Flags of a frame.
const NOISE: u64 = 0x01;
const PATCHES: u64 = 0x02;
const SPLINES: u64 = 0x10;
const USES_LOW_FREQUENCY: u64 = 0x20;

/// The most sections that are counted: of a picture of 4 billion pixels, in one pass.
const MOST_SECTIONS: u64 = 1 << 20;

/// Places and sizes.
const SIDE: [(u32, u32); 4] = [(0, 8), (256, 11), (2304, 14), (18_688, 30)];

/// What of a frame its sizes are reckoned from.
struct Shape {
    crop: Option<(i64, i64, Size)>,
    upsampling: u32,
    log_group: u32,
    /// How much coarser chroma is, as a power of two.
    coarser: [u32; 2],
}

impl Shape {
    /// True if all of the image is covered.
    fn is_full(&self, whole: Size) -> bool {
        self.crop.is_none_or(|(left, top, size)| {
            let covers =
                |start: i64, side: u32, all: u32| start <= 0 && start + i64::from(side) >= all.into();
            covers(left, size.width, whole.width) && covers(top, size.height, whole.height)
        })
    }
}

impl Frame {
    /// Reads the header that begins here, and the table of contents (F.3). `None` if it makes no sense, or is not all
    /// there.
    pub(super) fn read(bits: &mut Bits<'_>, image: &Image) -> Option<Self> {
        let mut frame = Self {
            kind: Kind::Regular,
            is_modular: false,
            channels: image.extra,
            coded: image.size,
            size: image.size,
            level: 0,
            passes: 1,
            group: 0,
            border: border(true, 2),
            has_noise: false,
            has_patches: false,
            has_splines: false,
            is_last: true,
            is_visible: true,
            reference: None,
            bytes: 0,
            is_permuted: false,
        };
        let mut shape = Shape { crop: None, upsampling: 1, log_group: 8, coarser: [0; 2] };
        if !bits.flag()? {
            frame.read_fields(bits, image, &mut shape)?;
        }
        frame.read_contents(bits, &shape)?;
        Some(frame)
    }

    fn read_fields(&mut self, bits: &mut Bits<'_>, image: &Image, shape: &mut Shape) -> Option<()> {
        self.kind = [Kind::Regular, Kind::LowFrequency, Kind::ReferenceOnly, Kind::SkipProgressive]
            [bits.take(2)? as usize];
        self.is_modular = bits.flag()?;
        let flags = bits.long()?;
        self.has_noise = flags & NOISE != 0;
        self.has_patches = flags & PATCHES != 0;
        self.has_splines = flags & SPLINES != 0;
        let is_ycbcr = !image.is_xyb && bits.flag()?;
        if self.is_modular {
            self.channels += if image.is_gray && !image.is_xyb && !is_ycbcr { 1 } else { 3 };
        }
        if flags & USES_LOW_FREQUENCY == 0 {
            if is_ycbcr {
                shape.coarser = read_subsampling(bits)?;
            }
            shape.upsampling = read_scale(bits)?;
            (0..image.extra).try_for_each(|_| read_scale(bits).map(drop))?;
        }
        if self.is_modular {
            shape.log_group = 7 + bits.take(2)?;
        } else if image.is_xyb {
            bits.take(6)?;
        }
        if self.kind != Kind::ReferenceOnly {
            self.passes = read_passes(bits)?;
        }
        if self.kind == Kind::LowFrequency {
            self.level = 1 + bits.take(2)?;
        } else if bits.flag()? {
            let is_placed = self.kind != Kind::ReferenceOnly;
            let mut place = || if is_placed { bits.choose(SIDE).map(signed) } else { Some(0) };
            let (left, top) = (place()?, place()?);
            shape.crop = Some((left, top, Size::new(bits.choose(SIDE)?, bits.choose(SIDE)?)));
        }
        self.read_use(bits, image, shape.is_full(image.size))?;
        self.measure(image.size, shape);
        let name = bits.choose([(0, 0), (0, 4), (16, 5), (48, 10)])?;
        bits.skip(8 * u64::from(name))?;
        self.border = read_filters(bits, self.is_modular)?;
        bits.skip_extensions()
    }

    /// How the frame is put over others, for how long it is shown, and where it is kept.
    fn read_use(&mut self, bits: &mut Bits<'_>, image: &Image, is_full: bool) -> Option<()> {
        let is_shown = matches!(self.kind, Kind::Regular | Kind::SkipProgressive);
        let mut replaces = true;
        let mut duration = 0;
        if is_shown {
            replaces = read_blending(bits, image, is_full)?;
            (0..image.extra).try_for_each(|_| read_blending(bits, image, is_full).map(drop))?;
            if image.is_animated {
                duration = bits.choose([(0, 0), (1, 0), (0, 8), (0, 32)])?;
            }
            if image.has_timecodes {
                bits.take(32)?;
            }
        }
        self.is_last = is_shown && bits.flag()?;
        let can_be_kept = self.kind != Kind::LowFrequency && !self.is_last;
        let slot = if can_be_kept { bits.take(2)? } else { 0 };
        let is_kept = can_be_kept && (duration == 0 || slot != 0);
        let may_be_early = is_kept && replaces && is_full && is_shown;
        let is_early = if self.kind == Kind::ReferenceOnly || may_be_early { bits.flag()? } else { false };
        self.reference = is_kept.then_some((slot, is_early));
        self.is_visible = is_shown && (self.is_last || duration > 0);
        Some(())
    }

    /// Its sizes, as coded and as shown.
    fn measure(&mut self, whole: Size, shape: &Shape) {
        if let Some((_, _, size)) = shape.crop {
            let side = |own: u32, all: u32| if own == 0 { all } else { own };
            self.size = Size::new(side(size.width, whole.width), side(size.height, whole.height));
        }
        let shift = 3 * self.level;
        self.size = Size::new(self.size.width.div_ceil(1 << shift), self.size.height.div_ceil(1 << shift));
        self.coded = Size::new(
            self.size.width.div_ceil(shape.upsampling),
            self.size.height.div_ceil(shape.upsampling),
        );
    }

    /// The table of contents: so many sections, and their lengths.
    fn read_contents(&mut self, bits: &mut Bits<'_>, shape: &Shape) -> Option<()> {
        let parts = |size: [u64; 2], side: u64| size[0].div_ceil(side) * size[1].div_ceil(side);
        let group = 1 << shape.log_group;
        self.group = group * group;
        let coded = [self.coded.width, self.coded.height];
        let blocks: [u64; 2] = std::array::from_fn(|at| {
            u64::from(coded[at]).div_ceil(8 << shape.coarser[at]) << shape.coarser[at]
        });
        let groups = parts(coded.map(u64::from), group);
        let sections = if groups == 1 && self.passes == 1 {
            1
        } else {
            2 + parts(blocks, group) + groups * u64::from(self.passes)
        };
        if sections > MOST_SECTIONS {
            return None;
        }
        self.is_permuted = bits.flag()?;
        if self.is_permuted {
            skip_order(bits, sections as u32)?;
        }
        bits.align();
        for _ in 0..sections {
            let bytes = bits.choose([(0, 10), (1024, 14), (17_408, 22), (4_211_712, 30)])?;
            self.bytes += u64::from(bytes);
        }
        Some(())
    }
}

/// Passes (F.2): how many.
fn read_passes(bits: &mut Bits<'_>) -> Option<u32> {
    let passes = bits.choose([(1, 0), (2, 0), (3, 0), (4, 3)])?;
    if passes > 1 {
        let coarser = bits.choose([(0, 0), (1, 0), (2, 0), (3, 1)])?;
        bits.take(2 * (passes - 1))?;
        (0..coarser).try_for_each(|_| read_scale(bits).map(drop))?;
        (0..coarser).try_for_each(|_| bits.choose([(0, 0), (1, 0), (2, 0), (0, 3)]).map(drop))?;
    }
    Some(passes)
}

/// 1, 2, 4 or 8.
fn read_scale(bits: &mut Bits<'_>) -> Option<u32> {
    bits.take(2).map(|log| 1 << log)
}

/// How much coarser the coarsest component is than the finest one may be, as powers of two.
fn read_subsampling(bits: &mut Bits<'_>) -> Option<[u32; 2]> {
    let mut coarser = [0; 2];
    for _ in 0..3 {
        let [across, down] = [[0, 0], [1, 1], [1, 0], [0, 1]][bits.take(2)? as usize];
        coarser = [across.max(coarser[0]), down.max(coarser[1])];
    }
    Some(coarser)
}

/// BlendingInfo (F.2): true if pixels are replaced.
fn read_blending(bits: &mut Bits<'_>, image: &Image, is_full: bool) -> Option<bool> {
    let mode = bits.choose([(0, 0), (1, 0), (2, 0), (3, 2)])?;
    let by_alpha = image.extra > 0 && matches!(mode, 2 | 3);
    if by_alpha {
        bits.choose([(0, 0), (1, 0), (2, 0), (3, 3)])?;
    }
    if by_alpha || mode == 4 {
        bits.flag()?;
    }
    if !(is_full && mode == 0) {
        bits.take(2)?;
    }
    Some(mode == 0)
}

/// How far the two filters look beside a pixel: the second one's passes as far as three, two and one.
const fn border(is_smoothed: bool, passes: u32) -> u32 {
    let edges = match passes {
        0 => 0,
        1 => 2,
        2 => 3,
        _ => 6,
    };
    edges + if is_smoothed { 1 } else { 0 }
}

/// RestorationFilter (J.1): how far it looks.
fn read_filters(bits: &mut Bits<'_>, is_modular: bool) -> Option<u32> {
    if bits.flag()? {
        return Some(border(true, 2));
    }
    let is_smoothed = bits.flag()?;
    if is_smoothed && bits.flag()? {
        bits.skip(6 * 16)?;
    }
    let passes = bits.take(2)?;
    if passes > 0 {
        if !is_modular && bits.flag()? {
            bits.skip(8 * 16)?;
        }
        if bits.flag()? {
            bits.skip(5 * 16)?;
        }
        if bits.flag()? {
            bits.skip(if is_modular { 3 * 16 } else { 4 * 16 })?;
        }
        if is_modular {
            bits.skip(16)?;
        }
    }
    bits.skip_extensions()?;
    Some(border(is_smoothed, passes))
}

/// The order of sections (F.3.2), by numbers in eight contexts.
fn skip_order(bits: &mut Bits<'_>, sections: u32) -> Option<()> {
    let context = |number: u32| (u32::BITS - number.leading_zeros()).min(7) as usize;
    let code = Code::read(bits, 8)?;
    let mut reader = Reader::new(&code, bits)?;
    let count = reader.read(bits, context(sections)).filter(|count| *count <= sections)?;
    let mut last = 0;
    for _ in 0..count {
        last = reader.read(bits, context(last))?;
    }
    Some(())
}

/// A number with a sign (B.2.4).
fn signed(number: u32) -> i64 {
    let half = i64::from(number / 2);
    if number.is_multiple_of(2) { half } else { -half - 1 }
}
