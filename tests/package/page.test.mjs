// The package in a real Chromium: by an import map, in a Web Worker, and bundled.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { PATIENCE, start } from '../browser/browser.js';
import { bitmap } from '../photo.mjs';
import { ROOT, fresh, golden, picture, sha256 } from './fresh.mjs';

const PICTURES = ['photo-420.jpg', 'logo-rgba.png'];
const rows = golden(...PICTURES);
const pictures = PICTURES.map((name) => [name, picture(name).toString('base64')]);
const folder = fresh();
let browser;
let server;
let opened;

before(async () => {
  const { build } = createRequire(join(ROOT, 'tests/edge/package.json'))('esbuild');
  await build({ entryPoints: [join(folder, 'bundled.js')], outfile: join(folder, 'bundle.js'), bundle: true, format: 'esm' });
  copyFileSync(join(folder, 'node_modules/slimpix/slimpix_bg.wasm'), join(folder, 'slimpix_bg.wasm'));
  browser = await start();
  server = await browser.serve('/app/', folder);
  opened = await browser.open(undefined, server.url);
}, { timeout: PATIENCE });

after(async () => {
  await server?.close();
  await browser?.close();
});

/** The bytes of the list come out of a way to convert, which `prepare` makes inside the page. */
async function holds(prepare) {
  const { page, complaints } = opened;
  await page.evaluate(prepare);
  const made = await page.evaluate(async ({ rows, pictures }) => {
    const blobs = new Map();
    for (const [name, base64] of pictures) blobs.set(name, await (await fetch(`data:;base64,${base64}`)).blob());
    const found = [];
    for (const { name, options } of rows) {
      const { bytes } = await window.way(blobs.get(name), options);
      found.push(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    }
    return found.map(btoa);
  }, { rows, pictures });
  assert.deepEqual(made.map((base64) => sha256(Buffer.from(base64, 'base64'))), rows.map(({ hash }) => hash));
  assert.deepEqual(complaints, []);
}

test('a page has the bytes of the native program', { timeout: PATIENCE }, () => holds(async () => {
  window.way = (await import('slimpix')).convert;
}));

test('a Web Worker has them', { timeout: PATIENCE }, () => holds(() => {
  const worker = new Worker('worker.js', { type: 'module' });
  window.way = (blob, options) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ blob, options });
  });
}));

test('a bundle has them', { timeout: PATIENCE }, () => holds(() => {
  window.way = window.bundled;
}));

test('after a large picture the main thread can have a new engine', { timeout: PATIENCE }, async () => {
  const head = bitmap(4000, 3000).subarray(0, 54).toString('base64');
  const [first, large, again] = await opened.page.evaluate(async (head) => {
    const { convert } = await import('slimpix');
    const bitmap = new Blob([Uint8Array.fromBase64(head), new Uint8Array(3 * 4000 * 3000)]);
    const canvas = new OffscreenCanvas(240, 180);
    canvas.getContext('2d').fillRect(0, 0, 120, 90);
    const png = await canvas.convertToBlob();
    const small = { format: 'png', width: 60 };
    const [one, two] = [await convert(png, small), await convert(bitmap, small)];
    const three = await convert(png, small);
    return [one.bytes.join(), two.peakBytes, three.bytes.join()];
  }, head);
  assert.ok(large > 32 << 20, `${large} bytes`);
  assert.equal(first, again);
});
