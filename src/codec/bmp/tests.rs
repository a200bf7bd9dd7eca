//! Bitmaps made byte by byte.

use super::*;

/// A bitmap of colourful pixels; a negative height is top-down.
fn bitmap(width: i32, height: i32, bits: u16) -> Vec<u8> {
    let colors: u32 = if bits <= 8 { 1 << bits } else { 0 };
    let first = 54 + 4 * colors;
    let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
    file.extend(first.to_le_bytes());
    file.extend(40_u32.to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([1, 0]);
    file.extend(bits.to_le_bytes());
    file.extend([0; 24]);
    file.extend((0..4 * colors).map(|at| (at * 7) as u8));
    let row_bytes = (width as usize * usize::from(bits)).div_ceil(32) * 4;
    file.extend((0..row_bytes * height.unsigned_abs() as usize).map(|at| (at * at / 5) as u8));
    file
}

/// A bitmap of OS/2: 24 bits, a header of 12 bytes.
fn core_bitmap(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([1, 0, 24, 0]);
    let row_bytes = (usize::from(width) * 3).next_multiple_of(4);
    file.extend((0..row_bytes * usize::from(height)).map(|at| (at * at / 5) as u8));
    file
}

#[derive(Default)]
struct Gathered(Option<Size>, Vec<u8>);

impl Sink for Gathered {
    fn begin(&mut self, head: Head) -> Result<Option<u32>> {
        self.0 = Some(head.size);
        Ok(Some(8))
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        if let Rows::Raster(rows) = rows {
            self.1.extend_from_slice(rows);
        }
        Ok(())
    }
}

#[test]
fn strips_give_what_the_whole_file_gives() {
    let limits = Limits::default();
    let mut files = vec![core_bitmap(5, 40)];
    for bits in [1, 4, 8, 16, 24, 32] {
        files.extend([(1, 1), (7, 16), (13, 33), (6, -33)].map(|(w, h)| bitmap(w, h, bits)));
    }
    for mut file in files {
        let Picture::Raster(whole) = decode(&file, &limits).unwrap().picture else { panic!("planes") };
        let mut gathered = Gathered::default();
        assert!(decode_rows(&file, &limits, &mut gathered).unwrap());
        assert_eq!((gathered.0, gathered.1.as_slice()), (Some(whole.size()), whole.data()));
        let cut = file.len() - 4;
        file.truncate(cut);
        assert!(decode_rows(&file, &limits, &mut Gathered::default()).is_err());
    }
}

#[test]
fn runs_come_as_a_whole() {
    let mut file = bitmap(7, 16, 8);
    file[30] = 1;
    assert!(probe(View::whole(&file)).unwrap().progressive);
    assert!(!decode_rows(&file, &Limits::default(), &mut Gathered::default()).unwrap());
}

/// A bitmap of 32 bits a pixel with a header of `length` bytes, of which the masks and alpha's are within it or behind.
fn masked(length: u32, compression: u32, masks: &[u32], pixels: &[u32]) -> Vec<u8> {
    let mut file = vec![b'B', b'M'];
    file.resize(10, 0);
    let behind = if length == 40 { 4 * masks.len() as u32 } else { 0 };
    file.extend((14 + length + behind).to_le_bytes());
    file.extend([length, pixels.len() as u32, 1].into_iter().flat_map(u32::to_le_bytes));
    file.extend([1, 0, 32, 0]);
    file.extend(compression.to_le_bytes());
    file.resize(54, 0);
    file.extend(masks.iter().flat_map(|mask| mask.to_le_bytes()));
    file.resize((14 + length + behind) as usize, 0);
    file.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()));
    file
}

fn shown(file: &[u8]) -> (Layout, Vec<u8>) {
    let Picture::Raster(raster) = decode(file, &Limits::default()).unwrap().picture else { panic!("planes") };
    let layout = raster.layout();
    assert_eq!(probe(View::whole(file)).unwrap().alpha, layout.has_alpha());
    (layout, raster.into_data())
}

/// As Chromium 156 shows them, but for a picture that is transparent all over.
#[test]
fn alpha_counts_where_the_header_has_a_mask_for_it() {
    let masks = [0xff_0000, 0xff00, 0xff, 0xff00_0000];
    let pixels = [0x80_01_02_03, 0x00_04_05_06];
    let opaque = (Layout::Rgb, vec![1, 2, 3, 4, 5, 6]);
    let transparent = (Layout::Rgba, vec![1, 2, 3, 128, 4, 5, 6, 0]);
    for (length, compression, count, wanted) in [
        (40, 0, 0, &opaque),
        (40, 3, 3, &opaque),
        (40, 6, 4, &transparent),
        (52, 3, 3, &opaque),
        (56, 3, 4, &transparent),
        (56, 0, 4, &opaque),
        (108, 0, 4, &transparent),
        (108, 3, 4, &transparent),
        (124, 0, 4, &transparent),
    ] {
        let file = masked(length, compression, &masks[..count], &pixels);
        assert_eq!(shown(&file), *wanted, "{length} {compression}");
    }
    let hidden = masked(108, 3, &masks, &[0x00_01_02_03, 0x00_04_05_06]);
    assert_eq!(shown(&hidden), (Layout::Rgba, vec![1, 2, 3, 255, 4, 5, 6, 255]));
    let swapped = masked(40, 3, &[0xff, 0xff00, 0xff_0000], &pixels);
    assert_eq!(shown(&swapped), (Layout::Rgb, vec![3, 2, 1, 6, 5, 4]));
}

#[test]
fn headers_of_os2_are_read() {
    for length in [16_u8, 20, 40, 42, 46, 64] {
        let mut file = vec![b'B', b'M'];
        file.resize(10, 0);
        file.extend([14 + length, 0, 0, 0, length, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0]);
        file.resize(usize::from(14 + length), 0);
        file.extend([1, 2, 3, 4, 5, 6, 0, 0]);
        assert_eq!(shown(&file), (Layout::Rgb, vec![3, 2, 1, 6, 5, 4]), "{length}");
    }
}

#[test]
fn what_is_refused_is_named() {
    for (length, bits, compression, name) in [
        (64, 1, 3, "a bitmap of OS/2 compressed as a fax (Huffman 1D)"),
        (40, 0, 4, "a bitmap that is a JPEG inside"),
        (108, 0, 5, "a bitmap that is a PNG inside"),
        (40, 32, 11, "a bitmap of CMYK"),
        (80, 24, 0, "a bitmap with a header of 80 bytes"),
    ] {
        let mut file = masked(length, compression, &[], &[0]);
        file[28] = bits;
        let error = decode(&file, &Limits::default()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (crate::error::Kind::Unsupported, name));
    }
}

#[test]
fn a_profile_within_the_file_is_kept() {
    let mut file = masked(124, 0, &[0, 0, 0, 0], &[0]);
    file[14 + 56..14 + 60].copy_from_slice(b"DEBM");
    let start = (file.len() - 14) as u32;
    file[14 + 112..14 + 116].copy_from_slice(&start.to_le_bytes());
    file[14 + 116] = 3;
    file.extend(b"ICC");
    assert_eq!(decode(&file, &Limits::default()).unwrap().metadata.icc.as_deref(), Some(b"ICC".as_slice()));
    assert!(probe(View::whole(&file)).unwrap().icc);
    assert_eq!(decode(&file[..file.len() - 1], &Limits::default()).unwrap().metadata.icc, None);
}

#[test]
fn in_an_icon_the_mask_counts_where_alpha_says_nothing() {
    let icon = |pixels: [u32; 2], mask: u8| {
        let mut bitmap = masked(40, 0, &[], &pixels).split_off(14);
        bitmap[8] = 2;
        bitmap.extend([mask, 0, 0, 0]);
        bitmap
    };
    let shown =
        |bitmap: &[u8], is_cursor| decode_icon(bitmap, is_cursor, &Limits::default()).unwrap().into_data();
    assert_eq!(shown(&icon([0x01_02_03, 0x04_05_06], 0x40), false), [1, 2, 3, 255, 4, 5, 6, 0]);
    assert_eq!(shown(&icon([0x01_02_03, 0x04_05_06], 0x40), true), [1, 2, 3, 255, 0, 0, 0, 0]);
    assert_eq!(shown(&icon([0x0901_0203, 0x04_05_06], 0xc0), false), [1, 2, 3, 9, 4, 5, 6, 0]);
    // A mask that isn't there hides nothing.
    let bitmap = icon([0x01_02_03, 0x04_05_06], 0xff);
    assert_eq!(shown(&bitmap[..bitmap.len() - 1], false), [1, 2, 3, 255, 4, 5, 6, 255]);
    assert_eq!(icon_size(View::whole(&bitmap)), Some(Size::new(2, 1)));
}
