// The package in Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { bitmap, photo } from '../photo.mjs';
import { ROOT, fresh, golden, picture, sha256 } from './fresh.mjs';

const folder = fresh();
const installed = join(folder, 'node_modules/slimpix');
const jpeg = picture('photo-420.jpg');
const [plain] = golden('photo-420.jpg').filter(({ options }) => JSON.stringify(options) === '{"format":"webp"}');
let slimpix;

before(async () => { slimpix = await import(pathToFileURL(join(installed, 'node.js'))); });

/** Fails with an error of this kind, whose message matches. */
function fails(promise, kind, message) {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.kind], ['SlimpixError', kind], error.message);
    assert.match(error.message, message);
    return true;
  });
}

test('everything is in it, and no more', () => {
  assert.deepEqual(readdirSync(installed).sort(), [
    'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'browser.js', 'engine.js', 'index.d.ts', 'node.js', 'package.json',
    'slimpix.js', 'slimpix_bg.wasm', 'types.d.ts', 'workerd.js',
  ]);
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json')));
  assert.match(readFileSync(join(ROOT, 'Cargo.toml'), 'utf8'), new RegExp(`^version = "${version}"$`, 'm'));
});

test('a script has the bytes of the native program', { timeout: 120_000 }, () => {
  const rows = golden('photo-420.jpg', 'logo-rgba.png');
  assert.ok(rows.length >= 18, String(rows.length));
  const input = JSON.stringify(rows.map(({ name, options }) => ({ path: join(ROOT, 'tests/data/golden', name), options })));
  const made = execFileSync(process.execPath, ['node.js'], { cwd: folder, input, encoding: 'utf8' });
  assert.deepEqual(JSON.parse(made), rows.map(({ hash }) => hash));
});

test('an engine that could not be loaded is asked for again', async () => {
  await fails(slimpix.init(new Uint8Array(8)), 'io', /^the engine can't be loaded: /);
  await slimpix.init();
  assert.equal(sha256((await slimpix.convert(jpeg)).bytes), plain.hash);
});

test('a picture may come in any shape', async () => {
  const buffer = jpeg.buffer.slice(jpeg.byteOffset, jpeg.byteOffset + jpeg.byteLength);
  const shared = new Uint8Array(new SharedArrayBuffer(jpeg.length));
  shared.set(jpeg);
  const shapes = [jpeg, buffer, new DataView(buffer), shared, shared.buffer, new Blob([jpeg]), new Response(buffer)];
  for (const shape of shapes) assert.equal(sha256((await slimpix.convert(shape)).bytes), plain.hash, shape.constructor.name);
  for (const none of ['photo.jpg', undefined, null, 7, [], {}]) await fails(slimpix.convert(none), 'parameter', /^the picture must be /);
});

test('a probe says what a picture is', async () => {
  const { format, width, height, animated, convertible } = await slimpix.probe(jpeg);
  assert.deepEqual([format, width > 0, height > 0, animated, convertible], ['jpeg', true, true, false, true]);
  await fails(slimpix.probe(jpeg, { limits: { maxPixels: 10 } }), 'limit', /10/);
});

test('errors say who is at fault, and what is allowed', async () => {
  await fails(slimpix.convert(jpeg, { qualty: 80 }), 'parameter', /"qualty", but format, quality/);
  await fails(slimpix.convert(jpeg, { quality: 101 }), 'parameter', /quality must be a whole number from 0 to 100/);
  await fails(slimpix.convert(jpeg, { limits: { maxMemory: 1000 } }), 'limit', /1000/);
  await fails(slimpix.convert(jpeg, { targetSize: 20 }), 'larger', /./);
  await fails(slimpix.convert(new TextEncoder().encode('hello')), 'unsupported', /./);
  await fails(slimpix.convert(jpeg.subarray(0, 200)), 'malformed', /./);
});

test('calls at once do not meet', async () => {
  const [large, small] = await Promise.all([slimpix.convert(photo(2400, 1800), { format: 'png' }), slimpix.convert(jpeg)]);
  assert.deepEqual([large.width, large.height], [2400, 1800]);
  assert.equal(sha256(small.bytes), plain.hash);
});

test('an engine that has grown makes room for a new one', async (context) => {
  const made = context.mock.method(WebAssembly, 'Instance');
  await slimpix.convert(jpeg);
  assert.equal(made.mock.callCount(), 0);
  const { peakBytes } = await slimpix.convert(bitmap(4000, 3000), { width: 60 });
  assert.ok(peakBytes > 32 << 20, `${peakBytes} bytes`);
  assert.equal(made.mock.callCount(), 1);
  assert.equal(sha256((await slimpix.convert(jpeg)).bytes), plain.hash);
  assert.equal(made.mock.callCount(), 1);
});
