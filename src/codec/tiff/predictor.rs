//! Predictors: rows are stored as differences from the left neighbours (TIFF 6.0, section 14; TIFF Technical Note 3).

/// Undoes differencing of whole samples, of `stride` samples a pixel.
pub(super) fn undo_horizontal(row: &mut [u8], stride: usize, bytes: usize, is_little: bool) {
    match (bytes, is_little) {
        (1, _) => {
            for at in stride..row.len() {
                row[at] = row[at].wrapping_add(row[at - stride]);
            }
        }
        (2, true) => add::<2>(row, stride, |a, b| {
            u16::from_le_bytes(a).wrapping_add(u16::from_le_bytes(b)).to_le_bytes()
        }),
        (2, false) => add::<2>(row, stride, |a, b| {
            u16::from_be_bytes(a).wrapping_add(u16::from_be_bytes(b)).to_be_bytes()
        }),
        (4, true) => add::<4>(row, stride, |a, b| {
            u32::from_le_bytes(a).wrapping_add(u32::from_le_bytes(b)).to_le_bytes()
        }),
        (4, false) => add::<4>(row, stride, |a, b| {
            u32::from_be_bytes(a).wrapping_add(u32::from_be_bytes(b)).to_be_bytes()
        }),
        (8, true) => add::<8>(row, stride, |a, b| {
            u64::from_le_bytes(a).wrapping_add(u64::from_le_bytes(b)).to_le_bytes()
        }),
        (8, false) => add::<8>(row, stride, |a, b| {
            u64::from_be_bytes(a).wrapping_add(u64::from_be_bytes(b)).to_be_bytes()
        }),
        _ => {}
    }
}

fn add<const N: usize>(row: &mut [u8], stride: usize, sum: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let samples = row.as_chunks_mut::<N>().0;
    for at in stride..samples.len() {
        samples[at] = sum(samples[at], samples[at - stride]);
    }
}

/// Undoes the floating-point predictor, which stores the bytes of a row's samples by significance, the most significant
/// first. The samples become big-endian in any file. `copy` is as long as the row.
pub(super) fn undo_floating(row: &mut [u8], stride: usize, bytes: usize, copy: &mut [u8]) {
    undo_horizontal(row, stride, 1, false);
    copy.copy_from_slice(row);
    let samples = row.len() / bytes;
    for (at, sample) in row.chunks_exact_mut(bytes).enumerate() {
        for (weight, byte) in sample.iter_mut().enumerate() {
            *byte = copy[weight * samples + at];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_wrap_in_the_order_of_the_file() {
        let mut row = [250, 1, 10, 2];
        undo_horizontal(&mut row, 2, 1, false);
        assert_eq!(row, [250, 1, 4, 3]);
        let mut row = [0xff, 0x00, 0x02, 0x00];
        undo_horizontal(&mut row, 1, 2, true);
        assert_eq!(row, [0xff, 0x00, 0x01, 0x01]);
        let mut row = [0x00, 0xff, 0x00, 0x02];
        undo_horizontal(&mut row, 1, 2, false);
        assert_eq!(row, [0x00, 0xff, 0x01, 0x01]);
        let mut row = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
        undo_horizontal(&mut row, 1, 4, false);
        assert_eq!(row, [0, 0, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn bytes_of_one_weight_stand_together() {
        // 0x3c00 and 0x4001 as heavy bytes, then light ones, each less its left neighbour.
        let mut row = [0x3c, 0x04, 0xc0, 0x01];
        undo_floating(&mut row, 1, 2, &mut [0; 4]);
        assert_eq!(row, [0x3c, 0x00, 0x40, 0x01]);
    }
}
