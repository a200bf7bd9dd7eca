//! A font of a few letters, as small as OpenType allows: outlines in `glyf`, and no hints.

/// Units of an em. Each letter is as wide.
const EM: u16 = 1000;

/// A file of a font: its family, and letters with their outlines as polygons.
pub fn font(family: &str, letters: &[(char, &[(i16, i16)])]) -> Vec<u8> {
    let (mut outlines, mut places) = (Vec::new(), vec![0, 0]);
    for (_, points) in letters {
        outlines.extend(outline(points));
        places.push(outlines.len() as u32);
    }
    let count = letters.len() as u16 + 1;
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let box_of_all = [0, 0, EM, EM];
    let mut head = words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, EM, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.extend(words(&[&box_of_all[..], &[0, 8, 2, 1, 0]].concat()));
    let mut hhea = words(&[1, 0, 800, 200_u16.wrapping_neg(), 0, EM]);
    hhea.extend(words(&[0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, count]));
    let tables: [(&[u8; 4], Vec<u8>); 8] = [
        (b"cmap", cmap(letters)),
        (b"glyf", outlines),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", words(&[EM, 0].repeat(count.into()))),
        (b"loca", places.into_iter().flat_map(u32::to_be_bytes).collect()),
        (b"maxp", words(&[1, 0, count, 99, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
        (b"name", name(family)),
    ];
    let mut file = words(&[1, 0, tables.len() as u16, 128, 3, 0]);
    let mut data = Vec::new();
    let start = file.len() + 16 * tables.len();
    for (tag, table) in &tables {
        file.extend(*tag);
        file.extend(
            [0, (start + data.len()) as u32, table.len() as u32].into_iter().flat_map(u32::to_be_bytes),
        );
        data.extend(table);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    file.extend(data);
    file
}

/// A contour of straight lines (OpenType, glyf).
fn outline(points: &[(i16, i16)]) -> Vec<u8> {
    let mut bytes: Vec<u8> = [1, 0, 0, EM as i16, EM as i16, points.len() as i16 - 1, 0]
        .into_iter()
        .flat_map(i16::to_be_bytes)
        .collect();
    bytes.extend(points.iter().map(|_| 1));
    let across: Vec<i16> = points.iter().map(|point| point.0).collect();
    let up: Vec<i16> = points.iter().map(|point| point.1).collect();
    for axis in [across, up] {
        let mut last = 0;
        for at in axis {
            bytes.extend((at - last).to_be_bytes());
            last = at;
        }
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Letters by their numbers (OpenType, cmap, format 12), in rising order.
fn cmap(letters: &[(char, &[(i16, i16)])]) -> Vec<u8> {
    let mut bytes: Vec<u8> = [0_u16, 1, 3, 10, 0, 12, 12, 0].into_iter().flat_map(u16::to_be_bytes).collect();
    let count = letters.len() as u32;
    bytes.extend([16 + 12 * count, 0, count].into_iter().flat_map(u32::to_be_bytes));
    for (glyph, (letter, _)) in letters.iter().enumerate() {
        let code = u32::from(*letter);
        bytes.extend([code, code, glyph as u32 + 1].into_iter().flat_map(u32::to_be_bytes));
    }
    bytes
}

/// The family, and as what PostScript knows it.
fn name(family: &str) -> Vec<u8> {
    let text: Vec<u8> = family.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let length = text.len() as u16;
    let records = [[3, 1, 0x409, 1, length, 0], [3, 1, 0x409, 6, length, 0]].concat();
    let mut bytes: Vec<u8> =
        [&[0, 2, 30][..], &records].concat().into_iter().flat_map(u16::to_be_bytes).collect();
    bytes.extend(text);
    bytes
}
