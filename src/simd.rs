//! The only door to SIMD: which instructions there are.
//!
//! Kernels are plain loops over fixed arrays, compiled once for each level by [`Simd::vectorize`]; the level is
//! chosen when an encoder is made, and [`dispatch`] is called once for each row of macroblocks. All arithmetic is
//! in integers, so every level gives the same result: the loops themselves are the definition.
//!
//! On x86-64 nothing is compiled for AVX-512: kernels have vectors of 256 bits, and on processors that have it the copies
//! for AVX2 are faster (0.92 of its time for a photo to WebP, 0.95 to AVIF, 1.02 from AVIF).

#[cfg(target_arch = "x86_64")]
use fearless_simd::x86::{Avx2, Sse2, Sse4_2};
pub(crate) use fearless_simd::{
    Bytes, Level, Select, Simd, SimdBase, SimdInt, SimdIntWiden, SimdNarrow, SimdWiden, i8x16, i16x8, i16x16,
    i32x4, i32x8, u8x16, u8x32, u16x8, u16x16, u32x8,
};

/// The instructions for which there is code on x86-64.
#[cfg(target_arch = "x86_64")]
pub(crate) enum Compiled {
    Avx2(Avx2),
    Sse4_2(Sse4_2),
    Sse2(Sse2),
}

#[cfg(target_arch = "x86_64")]
impl Compiled {
    /// The best of them at a level.
    pub(crate) fn at(level: Level) -> Self {
        match (level.as_avx2(), level.as_sse4_2(), level.as_sse2()) {
            (Some(avx2), ..) => Self::Avx2(avx2),
            (None, Some(sse4_2), _) => Self::Sse4_2(sse4_2),
            (None, None, Some(sse2)) => Self::Sse2(sse2),
            (None, None, None) => unreachable!("x86-64 has SSE2"),
        }
    }
}

/// Does something by the code for a level, with its [`Simd`] by that name.
#[cfg(target_arch = "x86_64")]
macro_rules! dispatch {
    ($level:expr, $simd:ident => $what:expr) => {
        match $crate::simd::Compiled::at($level) {
            $crate::simd::Compiled::Avx2($simd) => $crate::simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $what,
            ),
            $crate::simd::Compiled::Sse4_2($simd) => $crate::simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $what,
            ),
            $crate::simd::Compiled::Sse2($simd) => $crate::simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $what,
            ),
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use dispatch;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use fearless_simd::dispatch;

/// The high half of unsigned products: `values * factor / 65536`.
#[inline(always)]
pub(crate) fn mul_high<S: Simd>(simd: S, values: i16x16<S>, factor: u16) -> i16x16<S> {
    // In this shape compilers know it for one instruction.
    let values = values.to_array();
    let mut out = [0; 16];
    for lane in 0..16 {
        out[lane] = ((u32::from(values[lane] as u16) * u32::from(factor)) >> 16) as i16;
    }
    i16x16::load_array(simd, out)
}

/// Scales each value by its own factor.
#[inline(always)]
pub(crate) fn mul_high_by<S: Simd>(simd: S, values: i16x16<S>, factors: &[u16; 16]) -> i16x16<S> {
    let values = values.to_array();
    let mut out = [0; 16];
    for lane in 0..16 {
        out[lane] = ((u32::from(values[lane] as u16) * u32::from(factors[lane])) >> 16) as i16;
    }
    i16x16::load_array(simd, out)
}

/// All levels that this machine can run and for which there is code, the best first.
#[cfg(test)]
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let levels =
        [best.as_avx2().map(Simd::level), best.as_sse4_2().map(Simd::level), best.as_sse2().map(Simd::level)];
    #[cfg(not(target_arch = "x86_64"))]
    let levels = [Some(best)];
    levels.into_iter().flatten().collect()
}
