// Photos of any size for the tests in JavaScript, without a codec: baseline JPEGs of 4:2:0, finely quantised, with the
// means of their blocks on a walk and a few waves in each block.

const LUMA = 0;
const CHROMA = 1;

// Means differ by sizes of up to 7 bits, waves by up to 3 behind at most one zero. Codes of 4 bits, none all ones.
const MEANS = [0, 1, 2, 3, 4, 5, 6, 7];
const WAVES = [0x00, 0x01, 0x02, 0x03, 0x11, 0x12, 0x13];
const CODE_BITS = 4;

// A JPEG of that size, of about 0.3 bytes a pixel: as much as a camera's.
export function photo(width, height) {
  const units = Math.ceil(width / 16) * Math.ceil(height / 16);
  const scan = new Scan(units * 256);
  const random = generator(1);
  const means = [0, 0, 0];
  for (let unit = 0; unit < units; unit++) {
    for (const part of [0, 0, 0, 0, 1, 2]) {
      // Back to the middle, lest it walks out of the range.
      const step = (random() % 41) - 20 - (means[part] >> 4);
      means[part] += step;
      scan.mean(step);
      scan.waves(part === 0 ? 20 : 8, random);
    }
  }
  return Buffer.concat([head(width, height), scan.end(), Buffer.from([0xff, 0xd9])]);
}

// The same picture in another file: with a comment.
export function noted(jpeg, note) {
  return Buffer.concat([jpeg.subarray(0, 2), segment(0xfe, Buffer.from(note)), jpeg.subarray(2)]);
}

// A grey bitmap of that size: three bytes a pixel, whatever is made of it.
export function bitmap(width, height) {
  const file = Buffer.alloc(54 + ((3 * width + 3) & ~3) * height, 128).fill(0, 0, 54);
  file.write('BM');
  for (const [at, value] of [[2, file.length], [10, 54], [14, 40], [18, width], [22, height], [26, 1 | (24 << 16)]]) {
    file.writeUInt32LE(value, at);
  }
  return file;
}

function head(width, height) {
  const sides = Buffer.alloc(4);
  sides.writeUInt16BE(height, 0);
  sides.writeUInt16BE(width, 2);
  const parts = [[1, 0x22, LUMA], [2, 0x11, CHROMA], [3, 0x11, CHROMA]];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.from([LUMA, ...Array(64).fill(3)])),
    segment(0xdb, Buffer.from([CHROMA, ...Array(64).fill(3)])),
    segment(0xc0, Buffer.from([8, ...sides, 3, ...parts.flat()])),
    segment(0xc4, codes(0x00, MEANS)),
    segment(0xc4, codes(0x10, WAVES)),
    segment(0xda, Buffer.from([3, ...parts.flatMap(([number]) => [number, 0]), 0, 63, 0])),
  ]);
}

function segment(marker, body) {
  const length = body.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), body]);
}

function codes(table, symbols) {
  const counts = Array(16).fill(0);
  counts[CODE_BITS - 1] = symbols.length;
  return Buffer.from([table, ...counts, ...symbols]);
}

// A scan's bits.
class Scan {
  #bytes;
  #at = 0;
  #bits = 0;
  #count = 0;

  constructor(room) {
    this.#bytes = Buffer.alloc(room);
  }

  mean(step) {
    const size = 32 - Math.clz32(Math.abs(step));
    this.#put(MEANS.indexOf(size), CODE_BITS);
    this.#number(step, size);
  }

  waves(count, random) {
    for (let wave = 0; wave < count; wave++) {
      const bits = random();
      const size = 1 + (bits % 3);
      const zeros = (bits >> 2) & 1;
      this.#put(WAVES.indexOf(16 * zeros + size), CODE_BITS);
      const sign = (bits >> 3) & 1 ? -1 : 1;
      this.#number(sign * (1 << (size - 1)), size);
    }
    this.#put(WAVES.indexOf(0x00), CODE_BITS);
  }

  end() {
    this.#put(127, 7);
    return this.#bytes.subarray(0, this.#at);
  }

  // A number of that many bits; a negative one less one.
  #number(value, size) {
    if (size > 0) this.#put(value < 0 ? value + (1 << size) - 1 : value, size);
  }

  #put(value, count) {
    this.#bits = (this.#bits << count) | value;
    this.#count += count;
    while (this.#count >= 8) {
      this.#count -= 8;
      const byte = (this.#bits >> this.#count) & 255;
      this.#bytes[this.#at++] = byte;
      // A byte of ones is followed by one of zeros, for it isn't a marker.
      if (byte === 255) this.#at++;
    }
    this.#bits &= (1 << this.#count) - 1;
  }
}

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
