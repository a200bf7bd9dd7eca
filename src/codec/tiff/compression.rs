//! The values of the Compression tag, by libtiff's names where TIFF 6.0 has none.

pub(super) const NONE: u16 = 1;
/// Modified Huffman runs, each row from a new byte on.
pub(super) const CCITT_RLE: u16 = 2;
pub(super) const GROUP3: u16 = 3;
pub(super) const GROUP4: u16 = 4;
pub(super) const LZW: u16 = 5;
/// JPEG as TIFF 6.0 had it.
pub(super) const OLD_JPEG: u16 = 6;
/// JPEG by Technical Note 2.
pub(super) const JPEG: u16 = 7;
pub(super) const DEFLATE: u16 = 8;
/// Modified Huffman runs, each row from a new word of two bytes on.
pub(super) const CCITT_RLE_WORDS: u16 = 32_771;
pub(super) const PACK_BITS: u16 = 32_773;
pub(super) const OLD_DEFLATE: u16 = 32_946;
pub(super) const LZMA: u16 = 34_925;
pub(super) const ZSTD: u16 = 50_000;
pub(super) const WEBP: u16 = 50_001;

/// How a file that is refused is compressed.
pub(super) fn name(compression: u16) -> String {
    let known = match compression {
        OLD_JPEG => "with JPEG in the way of TIFF 6.0, by its tables alone",
        9 | 34_661 => "with JBIG",
        10 => "with JBIG in colour",
        32_766 => "as NeXT did",
        32_809 => "with ThunderScan",
        32_895..=32_898 => "for print shops (IT8)",
        32_908 => "with PixarFilm",
        32_909 => "with PixarLog",
        32_947 => "with Kodak DCS",
        33_003 | 33_005 | 34_712 => "with JPEG 2000",
        34_676 | 34_677 => "with SGI LogLuv",
        34_713 => "as Nikon raw files are",
        34_887 => "with LERC",
        34_892 => "with lossy JPEG of DNG",
        34_934 | 22_610 => "with JPEG XR",
        50_002 | 52_546 => "with JPEG XL",
        _ => return format!("in an unknown way ({compression})"),
    };
    known.to_owned()
}
