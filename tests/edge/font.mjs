// A font of a few letters for tests, as small as OpenType allows: outlines in `glyf`, and no hints.

// Units of an em. Each letter is as wide.
const EM = 1000;

const words = (...values) => Buffer.concat(values.map((value) => be(value, 2)));

function be(value, length) {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value < 0 ? value + 2 ** (8 * length) : value, 0, length);
  return bytes;
}

const longs = (...values) => Buffer.concat(values.map((value) => be(value, 4)));
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

// A contour of straight lines (OpenType, glyf).
function outline(points) {
  const steps = [0, 1].map((axis) => points.map((point, at) => point[axis] - (points[at - 1]?.[axis] ?? 0)));
  const head = words(1, 0, 0, EM, EM, points.length - 1, 0);
  return padded(Buffer.concat([head, Buffer.alloc(points.length, 1), words(...steps.flat())]));
}

// A file of a font: its family, and the letters in rising order, each with the corners of its outline.
export function font(family, letters) {
  const outlines = Object.values(letters).map(outline);
  const places = [0, 0];
  for (const { length } of outlines) places.push(places.at(-1) + length);
  const count = outlines.length + 1;
  const groups = Object.keys(letters).map((letter, at) => longs(letter.codePointAt(0), letter.codePointAt(0), at + 1));
  const name = Buffer.from(family, "utf16le").swap16();
  const records = words(3, 1, 0x409, 1, name.length, 0, 3, 1, 0x409, 6, name.length, 0);
  const tables = {
    cmap: Buffer.concat([words(0, 1, 3, 10, 0, 12, 12, 0), longs(16 + 12 * groups.length, 0, groups.length), ...groups]),
    glyf: Buffer.concat(outlines),
    head: words(1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, EM, ...Array(8).fill(0), 0, 0, EM, EM, 0, 8, 2, 1, 0),
    hhea: words(1, 0, 800, -200, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, count),
    hmtx: words(...Array(count).fill([EM, 0]).flat()),
    loca: longs(...places),
    maxp: words(1, 0, count, 99, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    name: Buffer.concat([words(0, 2, 30), records, name]),
  };
  const entries = Object.entries(tables);
  const directory = [words(1, 0, entries.length, 128, 3, 0)];
  let at = 12 + 16 * entries.length;
  for (const [tag, table] of entries) {
    directory.push(Buffer.from(tag, "latin1"), longs(0, at, table.length));
    at += padded(table).length;
  }
  return Buffer.concat([...directory, ...entries.map(([, table]) => padded(table))]);
}
