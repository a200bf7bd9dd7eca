//! The only door to SIMD: which instructions there are.
//!
//! Kernels are plain loops over fixed arrays, compiled once for each level by [`Simd::vectorize`]; the level is
//! chosen when an encoder is made, and [`dispatch`] is called once for each row of macroblocks. All arithmetic is
//! in integers, so every level gives the same result: the loops themselves are the definition.

pub(crate) use fearless_simd::{Bytes, Level, Simd, SimdBase, SimdIntWiden, dispatch, i16x16, i32x8, u8x32};

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
