// What a user of the package writes, and what must not compile.

import { convert, init, probe, type Converted, type ConvertOptions, type Probe, type SlimpixError } from 'slimpix';

const every: Required<ConvertOptions> = {
  format: 'avif',
  quality: 60,
  alphaQuality: 90,
  effort: 6,
  lossless: false,
  width: 1200,
  height: 800,
  rotate: 90,
  flip: 'h',
  trim: '10:ffffff',
  background: '#f80',
  blur: 0.5,
  sharpen: 1,
  watermark: new Uint8Array(0),
  watermarkAt: '0.5:bottom-right:10:10:0.2',
  fit: 'cover',
  enlarge: true,
  interest: 'entropy',
  filter: 'mitchell',
  linear: true,
  still: false,
  keepMetadata: true,
  targetSize: 100_000,
  limits: { maxInputBytes: 1, maxPixels: 1, maxSide: 1, maxMemory: 1, maxOutputBytes: 1 },
};

export async function use(file: Uint8Array, buffer: ArrayBuffer, blob: { arrayBuffer(): Promise<ArrayBuffer> }) {
  await init();
  await init('slimpix_bg.wasm');
  await init(buffer);
  const probed: Probe = await probe(blob, { limits: { maxPixels: 1_000_000 } });
  const made: Converted = await convert(file, every);
  const own: ArrayBuffer = made.bytes.buffer;
  const why: 'animated' | 'larger' | undefined = made.kept;
  return [probed.width, probed.animated ?? false, own.byteLength, made.lossless, why];
}

export async function misuse(file: Uint8Array) {
  // @ts-expect-error: no such option
  await convert(file, { qualty: 80 });
  // @ts-expect-error: not written
  await convert(file, { format: 'gif' });
  // @ts-expect-error: no number
  await convert(file, { width: '800' });
  // @ts-expect-error: no such limit
  await convert(file, { limits: { maxPixel: 1 } });
  // @ts-expect-error: only limits
  await probe(file, { width: 800 });
  // @ts-expect-error: a path
  await convert('photo.jpg');
}

export function judge(error: SlimpixError): boolean {
  // @ts-expect-error: no such kind
  if (error.kind === 'upstream') return false;
  return error.kind === 'malformed' && error.message.length > 0;
}
