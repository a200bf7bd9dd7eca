// Pictures for the benchmark, in the form of ImageData.

// The middle of a picture.
export function crop(picture, width, height) {
  const left = (picture.width - width) >> 1;
  const top = (picture.height - height) >> 1;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * 4;
    data.set(picture.data.subarray(from, from + width * 4), y * width * 4);
  }
  return { data, width, height };
}

// A bitmap file of 24 bits a pixel.
export function bmp({ data, width, height }) {
  const head = 54;
  const stride = (width * 3 + 3) & ~3;
  const file = new Uint8Array(head + stride * height);
  const view = new DataView(file.buffer);
  file.set([0x42, 0x4d]);
  view.setUint32(2, file.length, true);
  view.setUint32(10, head, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  // Negative: the rows come from the top down.
  view.setInt32(22, -height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = head + y * stride; x < width; x++, from += 4) {
      file[to++] = data[from + 2];
      file[to++] = data[from + 1];
      file[to++] = data[from];
    }
  }
  return file;
}
