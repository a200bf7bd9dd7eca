// What the engine promises of itself inside a real Chromium.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { photo } from '../photo.mjs';
import { DATA, PATIENCE, start } from './browser.js';

const MIB = 1 << 20;
let browser;

before(async () => { browser = await start(); }, { timeout: PATIENCE });
after(() => browser.close());

/** A test in a page of its own: what `inside` returns there is given to `check`. */
function promise(name, given, inside, check) {
  test(name, { timeout: 2 * PATIENCE }, async () => {
    const { page, complaints } = await browser.open();
    try {
      check(await page.evaluate(inside, given));
      assert.deepEqual(complaints, []);
    } finally {
      await page.context().close();
    }
  });
}

/** Converts in a fresh instance with each of the options: the file's length, and all linear memory after that. */
async function convertAnew({ base64, options }) {
  const file = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const found = [];
  for (const asked of options) {
    const { default: init, convert } = await window.load(`slimpix.js?${JSON.stringify(asked)}`);
    const { memory } = await init();
    const { bytes, width } = convert(file, asked);
    found.push({ length: bytes.length, width, memory: memory.buffer.byteLength });
  }
  return found;
}

const large = { base64: photo(4032, 3024).toString('base64'), options: [{}, { width: 800 }] };
promise('a photo of twelve megapixels takes little memory, its file included', large, convertAnew, (found) => {
  const [whole, small] = found;
  assert.deepEqual([whole.width, small.width], [4032, 800]);
  assert.ok(whole.memory <= 16 * MIB, `${whole.memory} bytes at its size`);
  assert.ok(small.memory <= 8 * MIB, `${small.memory} bytes to 800 pixels`);
});

/**
 * Makes a lossy WebP of each kind, and has Chromium read it and the PNG that the engine makes of it. Both go through
 * a canvas, so that what becomes of half transparent pixels there is the same.
 */
async function readTwice({ sizes, efforts, qualities }) {
  const { default: init, convert } = await window.load('slimpix.js');
  await init();
  const canvas = (width, height) => new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });

  const draw = (width, height, alpha) => {
    const context = canvas(width, height);
    const sky = context.createLinearGradient(0, 0, width, height);
    sky.addColorStop(0, '#2050c0');
    sky.addColorStop(1, '#f0d8a0');
    context.globalAlpha = alpha ? 0.6 : 1;
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 1;
    context.fillStyle = '#e01010';
    context.font = `${Math.ceil(height / 2)}px sans-serif`;
    context.fillText('slim', 1, height / 2);
    context.fillStyle = '#fff';
    for (let x = 0; x < width; x += 4) context.fillRect(x, height * 0.6 + (x % 8) / 4, 2, 2);
    if (alpha) context.clearRect(width / 3, height / 3, width / 4, height / 4);
    return context;
  };
  const pixels = async (bytes, type) => {
    const bitmap = await createImageBitmap(new Blob([bytes], { type }), { premultiplyAlpha: 'none' });
    const context = canvas(bitmap.width, bitmap.height);
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  };
  const distance = (a, b) => {
    let [worst, sum] = [0, 0];
    a.data.forEach((sample, at) => {
      const difference = Math.abs(sample - b.data[at]);
      worst = Math.max(worst, difference);
      sum += difference;
    });
    return { worst, mean: sum / a.data.length };
  };

  const found = [];
  for (const [width, height] of sizes) {
    for (const alpha of [false, true]) {
      const drawn = draw(width, height, alpha);
      const png = new Uint8Array(await (await drawn.canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
      for (const effort of efforts) {
        for (const quality of qualities) {
          const webp = convert(png, { lossless: false, effort, quality });
          const theirs = await pixels(webp.bytes, 'image/webp');
          const ours = await pixels(convert(webp.bytes, { format: 'png' }).bytes, 'image/png');
          found.push({
            name: `${width}x${height}, alpha ${alpha}, effort ${effort}, quality ${quality}`,
            size: [theirs.width, theirs.height],
            asked: [width, height],
            lossless: webp.lossless,
            between: distance(theirs, ours),
            toSource: distance(theirs, drawn.getImageData(0, 0, width, height)),
          });
        }
      }
    }
  }
  return found;
}

const kinds = {
  sizes: [[1, 1], [2, 3], [16, 16], [17, 15], [33, 65], [97, 61], [250, 7], [640, 427]],
  efforts: [0, 4, 6],
  qualities: [30, 90],
};
promise('Chromium reads our lossy WebPs as we do', kinds, readTwice, (found) => {
  assert.equal(found.length, 8 * 2 * 3 * 2);
  for (const { name, size, asked, lossless, between, toSource } of found) {
    assert.deepEqual([size, lossless], [asked, false], name);
    assert.equal(between.worst, 0, `${name}: ${JSON.stringify(between)}`);
    // It is the picture, and it is lossy.
    assert.ok(toSource.mean < 16, `${name}: ${JSON.stringify(toSource)}`);
  }
});

/**
 * Has Chromium play a GIF and the animated WebPs that the engine makes of it: for each file what is shown and for how
 * many milliseconds, where what stays the same is one, and how often. Pixels are compared with the GIF's there.
 */
async function playBoth({ base64, modes }) {
  const { default: init, convert, probe } = await window.load('slimpix.js');
  await init();
  const play = async (data, type) => {
    const decoder = new ImageDecoder({ data, type });
    await Promise.all([decoder.completed, decoder.tracks.ready]);
    const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
    const shown = [];
    for (let frameIndex = 0; frameIndex < frameCount; frameIndex += 1) {
      const { image } = await decoder.decode({ frameIndex });
      const pixels = new Uint8Array(4 * image.displayWidth * image.displayHeight);
      await image.copyTo(pixels, { format: 'RGBA' });
      // The colour of what can't be seen is of no account.
      for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] === 0) pixels.fill(0, at, at + 4);
      // The file's own; what is shorter than 11 is played as 100.
      const written = image.duration / 1000;
      const milliseconds = written <= 10 ? 100 : written;
      const last = shown.at(-1);
      if (last?.pixels.every((sample, at) => sample === pixels[at])) last.milliseconds += milliseconds;
      else shown.push({ pixels, milliseconds });
      image.close();
    }
    decoder.close();
    return { shown, frameCount, repetitions: String(repetitionCount) };
  };
  const file = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const source = await play(file, 'image/gif');
  const made = [];
  for (const options of modes) {
    const { bytes, mediaType } = convert(file, options);
    const { shown, frameCount, repetitions } = await play(bytes, mediaType);
    const differences = shown.map(({ pixels }, frame) => {
      const from = source.shown[frame]?.pixels ?? [];
      return pixels.reduce((sum, sample, at) => sum + Math.abs(sample - from[at]), 0) / pixels.length;
    });
    const times = shown.map(({ milliseconds }) => milliseconds);
    made.push({ mediaType, animated: probe(bytes).animated, frameCount, times, repetitions, worst: Math.max(...differences) });
  }
  const times = source.shown.map(({ milliseconds }) => milliseconds);
  return { times, frames: source.shown.length, repetitions: source.repetitions, made };
}

const MODES = [{ lossless: true }, { lossless: false }, {}];
for (const name of ['golden/moving.gif', 'pictures/mixed-disposal.gif']) {
  const given = { base64: readFileSync(join(DATA, name)).toString('base64'), modes: MODES };
  promise(`Chromium plays an animated WebP as it plays ${name}`, given, playBoth, ({ times, frames, repetitions, made }) => {
    assert.ok(frames > 2);
    for (const [at, webp] of made.entries()) {
      assert.deepEqual([webp.mediaType, webp.animated], ['image/webp', true]);
      assert.deepEqual([webp.frameCount, webp.times, webp.repetitions], [frames, times, repetitions]);
      assert.ok(webp.worst <= (MODES[at].lossless ? 0 : 12), `${JSON.stringify(MODES[at])}: ${webp.worst}`);
    }
  });
}
