//! BT.601 with video levels, luma 16 to 235 and chroma 16 to 240, in the fixed-point factors of libwebp's
//! `src/dsp/yuv.h`. A decoder that shows the same pixels as libwebp has to round as these do.

/// Fractional bits of the factors from RGB: 2^16 times 219 / 255 or 224 / 255 times those of BT.601.
pub const FROM_RGB_BITS: u32 = 16;

/// Luma of red, green and blue.
pub const RGB_TO_Y: [i32; 3] = [16_839, 33_059, 6_420];

/// Cb of red, green and blue.
pub const RGB_TO_U: [i32; 3] = [-9_719, -19_081, 28_800];

/// Cr of red, green and blue.
pub const RGB_TO_V: [i32; 3] = [28_800, -24_116, -4_684];

/// Fractional bits of the factors to RGB.
pub const TO_RGB_BITS: u32 = 14;

/// Each of red, green and blue of luma.
pub const Y_TO_RGB: i32 = 19_077;

/// Red of Cr.
pub const V_TO_R: i32 = 26_149;

/// Green of Cb and of Cr, which are subtracted.
pub const U_TO_G: i32 = 6_419;
pub const V_TO_G: i32 = 13_320;

/// Blue of Cb.
pub const U_TO_B: i32 = 33_050;

/// What products of eight bits less, which have six fractional bits, are moved by: luma's 16 and chroma's 128 brought
/// to zero, and a half to round.
pub const R_OFFSET: i32 = -14_234;
pub const G_OFFSET: i32 = 8_708;
pub const B_OFFSET: i32 = -17_685;
