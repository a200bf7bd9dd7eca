//! The only door to SIMD: which instructions there are.
//!
//! Kernels are plain loops over fixed arrays, compiled once for each level by [`Simd::vectorize`]; the level is
//! chosen when an encoder is made, and [`dispatch`] is called once for each row of macroblocks. All arithmetic is
//! in integers, so every level gives the same result: the loops themselves are the definition.

pub(crate) use fearless_simd::{
    Bytes, Level, Select, Simd, SimdBase, SimdInt, SimdIntWiden, SimdNarrow, SimdWiden, dispatch, i8x16,
    i16x8, i16x16, i32x4, i32x8, u8x16, u8x32, u16x8, u16x16, u32x8,
};

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

/// All levels that this machine can run, the best first.
#[cfg(test)]
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let lower =
        [best.as_avx2().map(Simd::level), best.as_sse4_2().map(Simd::level), best.as_sse2().map(Simd::level)];
    #[cfg(not(target_arch = "x86_64"))]
    let lower: [Option<Level>; 0] = [];
    std::iter::once(best).chain(lower.into_iter().flatten()).collect()
}
