// A ZIP archive of files that are stored as they are: pictures do not get smaller.

const TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

// Version 2.0, names in UTF-8, stored, 1980-01-01 00:00.
const COMMON = [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];

/** `files`: an array of {name, blob} with unlike names. Resolves to a blob. */
export async function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const encoded = new TextEncoder().encode(name);
    const checksum = crc32(new Uint8Array(await blob.arrayBuffer()));
    const fields = [...COMMON, ...u32(checksum), ...u32(blob.size), ...u32(blob.size), ...u16(encoded.length), 0, 0];
    const header = Uint8Array.from([...u32(0x04034b50), ...fields]);
    parts.push(header, encoded, blob);
    directory.push(Uint8Array.from([
      ...u32(0x02014b50), 20, 0, ...fields, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...u32(offset),
    ]), encoded);
    offset += header.length + encoded.length + blob.size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = u16(files.length);
  const end = Uint8Array.from([
    ...u32(0x06054b50), 0, 0, 0, 0, ...count, ...count, ...u32(length), ...u32(offset), 0, 0,
  ]);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

function u16(value) {
  return [value & 0xff, value >>> 8 & 0xff];
}

function u32(value) {
  return [...u16(value), ...u16(value >>> 16)];
}
