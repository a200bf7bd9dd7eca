// The demo page's promises, in a real Chromium.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { DATA, DESK, PATIENCE, PHONE, drop, field, photo, rowIn, settled, shoot, start } from './browser.js';

const WIDE = 480;
let browser;

before(async () => { browser = await start(); }, { timeout: PATIENCE });
after(() => browser.close());

/** A test with a page of its own, closed at the end, that must not have complained. */
function promise(name, options, body) {
  test(name, { timeout: 2 * PATIENCE }, async () => {
    const opened = await browser.open(options);
    try {
      await body(opened.page, opened);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.page.context().close();
    }
  });
}

/** The golden list; tests/golden.rs says how it is made and read. */
async function golden() {
  const list = await readFile(join(DATA, 'golden.tsv'), 'utf8');
  return list.trimEnd().split('\n').map((row) => {
    const [name, words, hash] = row.split('\t');
    const pairs = words.split(' ').map((word) => word.split('='));
    // A number or a truth as JSON has it, or else a word.
    const value = (text) => (/^(\d+(\.\d+)?|true|false)$/.test(text) ? JSON.parse(text) : text);
    return { name, words, hash, options: Object.fromEntries(pairs.map(([key, text]) => [key, value(text)])) };
  });
}

promise('a dropped photo is converted and compared', DESK, async (page) => {
  const file = await photo(page, WIDE);
  await drop(page, [file]);
  await rowIn(page, 'webp', 'done');
  await rowIn(page, 'avif', 'done');
  await shoot(page, 'done-desk-light');
  for (const format of ['webp', 'avif']) {
    const row = page.locator(`.row[data-format="${format}"]`);
    assert.match(await row.locator('.row-size').innerText(), /^\d[\d.]* kB$/);
    assert.match(await row.locator('.row-saved').innerText(), /^−\d[\d.]*%$/);
    assert.match(await row.locator('.row-note').innerText(), /^in \d/);
    await row.locator('input').check();
    // Chromium itself can read what was made, at its full size.
    await page.waitForFunction((width) => {
      const image = document.querySelector('.side-after img');
      return image.complete && image.naturalWidth === width;
    }, WIDE);
  }
  assert.match(await page.locator('#figure').innerText(), /^−\d+%$/);
  assert.match(await page.locator('.card-facts').innerText(), /^JPEG, 480 × 320/);
});

promise('the line is moved by keyboard and by pointer', DESK, async (page) => {
  await drop(page, [await photo(page, WIDE)]);
  await rowIn(page, 'webp', 'done');
  const line = page.getByRole('slider', { name: 'Before and after' });
  const at = async () => Number(await line.getAttribute('aria-valuenow'));
  await line.focus();
  assert.equal(await at(), 50);
  for (const [key, expected] of [['ArrowRight', 52], ['ArrowLeft', 50], ['PageUp', 60], ['Home', 0], ['End', 100]]) {
    await page.keyboard.press(key);
    assert.equal(await at(), expected, key);
  }
  const box = await page.locator('.stage').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, box.y + 20);
  await page.mouse.up();
  assert.equal(await at(), 25);
  assert.match(await line.getAttribute('aria-valuetext'), /^25% Original, 75% WebP/);
});

promise('a tap moves the line, and at actual size the picture can be moved', PHONE, async (page) => {
  await drop(page, [await photo(page, 1600)]);
  await rowIn(page, 'webp', 'done');
  const box = await page.locator('.stage').boundingBox();
  await page.touchscreen.tap(box.x + box.width / 4, box.y + box.height / 2);
  assert.equal(await page.locator('.handle').getAttribute('aria-valuenow'), '25');
  await page.getByRole('button', { name: 'Actual size' }).click();
  const image = page.locator('.side-after img');
  // One pixel of the picture on one of the screen, which has two to a CSS pixel.
  assert.equal((await image.boundingBox()).width, 800);
  const left = async () => (await image.boundingBox()).x;
  const start = await left();
  await page.locator('.handle').focus();
  await page.keyboard.press('Shift+ArrowRight');
  assert.equal(await left(), start - 48);
  await shoot(page, 'actual-phone-light');
});

promise('the download has the golden bytes', DESK, async (page) => {
  const base64 = await readFile(join(DATA, 'golden', 'photo-420.jpg'), 'base64');
  await drop(page, [{ name: 'photo-420.jpg', type: 'image/jpeg', base64 }]);
  await rowIn(page, 'webp', 'done');
  const waiting = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download photo-420.webp' }).click();
  const download = await waiting;
  assert.equal(download.suggestedFilename(), 'photo-420.webp');
  const bytes = await readFile(await download.path());
  const [row] = (await golden()).filter(({ name, words }) => name === 'photo-420.jpg' && words === 'format=webp');
  assert.equal(createHash('sha256').update(bytes).digest('hex'), row.hash);
  const shown = await page.locator('.row[data-format="webp"] .row-size').innerText();
  assert.equal(shown, `${(bytes.length / 1000).toPrecision(3)} kB`);
});

promise('the worker makes the bytes of the golden list', DESK, async (page) => {
  // SVG is drawn by the browser here.
  const rows = (await golden()).filter(({ name }) => !name.endsWith('.svg'));
  assert.ok(rows.length >= 8);
  const made = await page.evaluate(async (given) => {
    const { Pool, compile } = await window.load('pool.js');
    const pool = new Pool(compile());
    return Promise.all(given.map(async ({ name, options }) => {
      const blob = await (await fetch(`/data/golden/${name}`)).blob();
      const { value } = await pool.run({ blob, options });
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', value.bytes));
      return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
    }));
  }, rows);
  rows.forEach(({ name, words, hash }, at) => assert.equal(made[at], hash, `${name} ${words}`));
});

promise('a bad file says what is wrong, and the others are converted', DESK, async (page) => {
  const good = await photo(page, WIDE);
  const cut = { ...good, name: 'cut.jpg', base64: good.base64.slice(0, 400) };
  const text = { name: 'notes.txt', type: 'text/plain', base64: btoa('not a picture') };
  await drop(page, [text, cut, good]);
  await rowIn(page, 'avif', 'done', 2);
  const said = page.locator('.is-failed .card-words');
  assert.deepEqual(await said.count(), 2);
  assert.match(await said.nth(0).innerText(), /not a picture/i);
  assert.match(await said.nth(1).innerText(), /damaged/);
  await shoot(page, 'errors-desk-light');
  await page.getByRole('button', { name: 'Remove notes.txt' }).click();
  assert.equal(await page.locator('.card').count(), 2);
});

promise('a moving picture becomes a moving WebP, and nothing else', DESK, async (page) => {
  const moving = await readFile(join(DATA, 'golden', 'moving.gif'));
  await drop(page, [{ name: 'moves.gif', type: 'image/gif', base64: moving.toString('base64') }]);
  await rowIn(page, 'webp', 'done');
  await page.locator('.row[data-format="avif"]', { hasText: 'becomes WebP alone' }).waitFor();
  await page.getByText('GIF, 57 × 43').waitFor();
  const { frames, type } = await page.evaluate(async () => {
    const blob = [...window.blobs.values()].find((one) => one.type === 'image/webp');
    const decoder = new ImageDecoder({ data: await blob.arrayBuffer(), type: blob.type });
    await Promise.all([decoder.completed, decoder.tracks.ready]);
    return { frames: decoder.tracks.selectedTrack.frameCount, type: blob.type };
  });
  assert.deepEqual([frames > 1, type], [true, 'image/webp']);
  await shoot(page, 'moving-desk-light');
});

promise('what moves in a format whose frames are not read is left as it is', DESK, async (page) => {
  const still = await readFile(join(DATA, 'golden', 'photo.avif'));
  // The brand of sequences.
  const moving = Buffer.concat([still.subarray(0, 8), Buffer.from('avis'), still.subarray(12)]);
  await drop(page, [{ name: 'moves.avif', type: 'image/avif', base64: moving.toString('base64') }]);
  await page.locator('.is-kept .card-words', { hasText: 'It moves' }).waitFor();
  assert.equal(await page.locator('.row:visible').count(), 0);
  await field(page, 'Quality').fill('20');
});

promise('changed settings cancel what runs and convert again', DESK, async (page) => {
  await drop(page, [await photo(page, 1600)]);
  await rowIn(page, 'avif', 'timed');
  await shoot(page, 'working-desk-light');
  await field(page, 'Pixels').check();
  await field(page, 'Width').fill('240');
  await page.getByText('JPEG, 1600 × 1066 → 240 × 160').waitFor();
  await rowIn(page, 'avif', 'done');
  const fine = await page.locator('.row[data-format="webp"] .row-size').innerText();
  await field(page, 'Quality').fill('20');
  await page.waitForFunction((old) => {
    const row = document.querySelector('.row[data-format="webp"]');
    return row.dataset.state === 'done' && row.querySelector('.row-size').textContent !== old;
  }, fine);
  await page.getByText('More', { exact: true }).click();
  await page.locator('#form').getByRole('switch', { name: 'Lossless' }).check();
  await page.getByText('AVIF is never lossless here').waitFor();
  await rowIn(page, 'avif', 'none');
  // No quality is spoken of where there is none.
  await settled(page);
  await page.locator('.row[data-format="webp"] .row-note', { hasText: /^lossless, in/ }).waitFor();
  assert.match(await page.locator('.chip-after').innerText(), /^WebP, lossless, /);
  assert.equal(await page.locator('#form [data-text="quality"]').innerText(), 'lossless');
  assert.equal(await page.locator('#brief').textContent(), 'lossless, 240 px wide');
});

promise('the AVIF of a large photo is made only when asked for', DESK, async (page) => {
  const large = await photo(page, 2600);
  await drop(page, [large]);
  await rowIn(page, 'avif', 'held');
  await rowIn(page, 'webp', 'done');
  assert.match(await page.locator('.row[data-format="avif"] .row-note').innerText(), /^4\.5 megapixels at effort 4: about \d+ s$/);
  await page.getByRole('button', { name: 'Make AVIF' }).click();
  await rowIn(page, 'avif', 'timed');
  await page.getByRole('button', { name: 'Remove photo.jpg' }).click();
  assert.equal(await page.locator('.card').count(), 0);
});

promise('a picture can be pasted, and chosen', DESK, async (page) => {
  const file = await photo(page, 120);
  await page.evaluate(({ base64 }) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    transfer.items.add(new File([bytes], 'pasted.jpg', { type: 'image/jpeg' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
  }, file);
  await rowIn(page, 'webp', 'done', 0);
  const buffer = Buffer.from(file.base64, 'base64');
  await page.getByLabel('Choose pictures').setInputFiles({ name: 'chosen.jpg', mimeType: 'image/jpeg', buffer });
  await rowIn(page, 'webp', 'done', 1);
  assert.deepEqual(await page.locator('.card-name').allInnerTexts(), ['pasted.jpg', 'chosen.jpg']);
});

promise('everything works from the keyboard', DESK, async (page) => {
  const press = async (key, times = 1) => {
    for (let time = 0; time < times; time += 1) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => {
    const { id, className, value } = document.activeElement;
    return id || className || value;
  });
  // The mark, the file input, the sample.
  await press('Tab', 3);
  assert.equal(await focused(), 'sample');
  await press('Enter');
  await rowIn(page, 'webp', 'done');
  // The settings: four formats, quality, file size, one of the ways of sizing, what is folded away, and the reset button.
  await press('Tab', 5);
  assert.equal(await focused(), 'quality');
  await press('ArrowLeft', 10);
  await page.locator('#form [data-text="quality"]', { hasText: '70' }).waitFor();
  await press('Tab', 2);
  await press('ArrowRight');
  assert.ok(await field(page, 'Percent').first().isChecked());
  await press('ArrowLeft');
  await press('Tab', 3);
  assert.equal(await focused(), 'clear');
  await press('Tab');
  assert.equal(await focused(), 'card-toggle');
  await press('Enter');
  assert.equal(await page.locator('.card-body').isVisible(), false);
  await press('Enter');
  await press('Tab', 2);
  assert.equal(await focused(), 'handle');
  await press('End');
  assert.equal(await page.locator('.handle').getAttribute('aria-valuenow'), '100');
});

promise('nothing leaves the computer', DESK, async (page, { requests, url }) => {
  await page.getByRole('button', { name: 'Try a sample' }).click();
  await rowIn(page, 'webp', 'done');
  const origin = new URL(url).origin;
  for (const request of requests) {
    const from = new URL(request.url());
    assert.ok(from.origin === origin || from.protocol === 'blob:' || from.protocol === 'data:', request.url());
    assert.equal(request.method(), 'GET');
    assert.equal(request.postData(), null);
  }
  assert.ok(requests.some((request) => request.url().endsWith('/slimpix_bg.wasm')), 'the engine was fetched');
});
