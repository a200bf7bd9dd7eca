// Pictures that the engine can't read but the browser may: SVG, and AVIFs that move or are predicted from others; drawn and
// made a PNG.

const NAMES = { avif: 'AVIF', svg: 'SVG' };
// What browsers' canvases can hold.
const MOST_SIDE = 16384;
const MOST_PIXELS = 100e6;

/** True for what the browser is asked to read. */
export function isForBrowser(format) {
  return format in NAMES;
}

/** The pixels of a picture as a PNG: {blob, width, height}. Of an SVG at a size of its own; see `measure`. */
export async function draw(file, format, size) {
  const { image, width, height, close } = format === 'svg' ? await svg(file, size) : await decoded(file, format);
  try {
    if (Math.max(width, height) > MOST_SIDE || width * height > MOST_PIXELS) {
      throw new Error(`${width} × ${height} pixels are more than this browser can draw.`);
    }
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    canvas.getContext('2d').drawImage(image, 0, 0, width, height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    // Gives the memory back at once.
    canvas.width = 0;
    if (!blob) throw new Error('There is no memory left for this picture.');
    return { blob, width, height };
  } finally {
    close();
  }
}

/** The size that an SVG gives itself, in pixels: its width and height, or those of its view box. */
export async function measure(file) {
  return sizeOf(root(await file.text()));
}

async function decoded(file, format) {
  try {
    const bitmap = await createImageBitmap(file);
    return { image: bitmap, width: bitmap.width, height: bitmap.height, close: () => bitmap.close() };
  } catch {
    const { image, close } = await loaded(file, format);
    return { image, width: image.naturalWidth, height: image.naturalHeight, close };
  }
}

async function loaded(blob, format) {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  const close = () => URL.revokeObjectURL(url);
  try {
    await image.decode();
  } catch {
    close();
    throw new Error(`This browser can't read this ${NAMES[format]}.`);
  }
  return { image, close };
}

/** Drawn anew at the wanted size: scaling what was drawn would blur it. */
async function svg(file, { width, height }) {
  const text = await file.text();
  const tag = root(text);
  const own = sizeOf(tag);
  const view = attribute(tag, 'viewBox') ? '' : ` viewBox="0 0 ${own.width} ${own.height}"`;
  const sized = tag.replace(/\s(width|height)\s*=\s*("[^"]*"|'[^']*')/g, '')
    .replace(/^<((?:[\w-]+:)?svg)/, `<$1 width="${width}" height="${height}"${view}`);
  const { image, close } = await loaded(new Blob([text.replace(tag, () => sized)], { type: 'image/svg+xml' }), 'svg');
  return { image, width, height, close };
}

function root(text) {
  const [tag] = text.match(/<(?:[\w-]+:)?svg(?=[\s>/])(?:"[^"]*"|'[^']*'|[^>"'])*>/) ?? [];
  if (!tag) throw new Error('This SVG has no <svg> element.');
  return tag;
}

function sizeOf(tag) {
  const box = attribute(tag, 'viewBox')?.trim().split(/[\s,]+/).map(Number);
  const [, , wide, high] = box?.length === 4 && box[2] > 0 && box[3] > 0 ? box : [0, 0, 300, 150];
  const [width, height] = [pixels(attribute(tag, 'width')), pixels(attribute(tag, 'height'))];
  return {
    width: Math.round(width || (height ? height * wide / high : wide)) || 1,
    height: Math.round(height || (width ? width * high / wide : high)) || 1,
  };
}

function attribute(tag, name) {
  const [, double, single] = tag.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)) ?? [];
  return double ?? single;
}

/** CSS pixels of a length; nothing for a share or what is none. */
function pixels(length = '') {
  const UNITS = { '': 1, px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 96 / 2.54, mm: 96 / 25.4, em: 16, ex: 8 };
  const [, number, unit] = length.trim().match(/^([\d.]+(?:e[+-]?\d+)?)([a-z]*)$/i) ?? [];
  return (UNITS[unit?.toLowerCase()] ?? 0) * Number(number ?? 0) || undefined;
}
