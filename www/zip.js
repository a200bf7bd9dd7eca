// A ZIP archive of files that are stored as they are: pictures do not get smaller.

const TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** `files`: an array of {name, blob, date} with unlike names, the date in milliseconds since 1970. Resolves to a blob. */
export async function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, blob, date } of files) {
    const encoded = new TextEncoder().encode(name);
    const extra = utc(date);
    const checksum = crc32(new Uint8Array(await blob.arrayBuffer()));
    const fields = [
      // Version 2.0, names in UTF-8, stored.
      20, 0, 0, 8, 0, 0, ...dos(date), ...u32(checksum), ...u32(blob.size), ...u32(blob.size),
      ...u16(encoded.length), ...u16(extra.length),
    ];
    const header = Uint8Array.from([...u32(0x04034b50), ...fields]);
    parts.push(header, encoded, extra, blob);
    directory.push(Uint8Array.from([
      ...u32(0x02014b50), 20, 0, ...fields, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...u32(offset),
    ]), encoded, extra);
    offset += header.length + encoded.length + extra.length + blob.size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = u16(files.length);
  const end = Uint8Array.from([
    ...u32(0x06054b50), 0, 0, 0, 0, ...count, ...count, ...u32(length), ...u32(offset), 0, 0,
  ]);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}

/** The local time and date of MS-DOS, from 1980 on, in steps of two seconds. */
function dos(milliseconds) {
  const date = new Date(milliseconds);
  const year = date.getFullYear();
  if (!(year >= 1980 && year < 2108)) return [0, 0, 0x21, 0];
  const time = date.getHours() << 11 | date.getMinutes() << 5 | date.getSeconds() >> 1;
  return [...u16(time), ...u16(year - 1980 << 9 | date.getMonth() + 1 << 5 | date.getDate())];
}

/** The same as a Unix time, for programs that read the extra field "UT": it is right in every time zone. */
function utc(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const fits = seconds >= -0x80000000 && seconds < 0x80000000;
  return Uint8Array.from(fits ? [0x55, 0x54, 5, 0, 1, ...u32(seconds)] : []);
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
