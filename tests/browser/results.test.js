// What the page makes: of which formats, in which size, and what becomes of many pictures.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { DESK, PATIENCE, drop, field, photo, rowIn, settled, start } from './browser.js';

let browser;

before(async () => { browser = await start(); }, { timeout: PATIENCE });
after(() => browser.close());

function promise(name, body, options = DESK) {
  test(name, { timeout: 2 * PATIENCE }, async () => {
    const opened = await browser.open(options);
    try {
      await body(opened.page);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.page.context().close();
    }
  });
}

/** The only formats to be made. */
async function make(page, formats) {
  for (const format of ['WebP', 'AVIF', 'JPEG', 'PNG']) await field(page, format).setChecked(formats.includes(format));
}

/** What the link of a row leads to: its name, length, and its pixels as Chromium reads them. */
function result(page, format, card = 0) {
  return page.locator('.card').nth(card).locator(`.row[data-format="${format}"] a`).evaluate(async (link) => {
    const blob = window.blobs.get(link.href);
    const bitmap = await createImageBitmap(blob);
    return { name: link.download, type: blob.type, length: blob.size, width: bitmap.width, height: bitmap.height };
  });
}

const named = (name, text, type) => ({ name, type, base64: Buffer.from(text, 'latin1').toString('base64') });

promise('JPEG and PNG are made, and a size in kilobytes is kept', async (page) => {
  await make(page, ['WebP', 'JPEG', 'PNG']);
  await drop(page, [await photo(page, 300)]);
  await settled(page);
  for (const [format, name, type] of [['jpeg', 'photo.jpg', 'image/jpeg'], ['png', 'photo.png', 'image/png'], ['webp', 'photo.webp', 'image/webp']]) {
    const made = await result(page, format);
    assert.deepEqual([made.name, made.type, made.width, made.height], [name, type, 300, 200]);
  }
  assert.equal(await page.locator('.row[data-format="avif"]').isVisible(), false);
  assert.match(await page.locator('.row[data-format="png"] .row-note').innerText(), /^lossless, /);
  await field(page, 'File size').fill('4');
  await settled(page);
  for (const format of ['jpeg', 'webp']) {
    const { length } = await result(page, format);
    assert.ok(length <= 4000 && length > 2500, `${format}: ${length} bytes`);
  }
  assert.match(await page.locator('.row[data-format="png"] .row-note').innerText(), /^No quality makes it that small/);
  assert.equal(await page.locator('#brief').textContent(), 'quality 80, ≤ 4 kB');
});

promise('a picture gets the size that is asked for, by pixels, percent or a preset', async (page) => {
  await make(page, ['WebP']);
  await drop(page, [await photo(page, 480)]);
  const is = async (width, height) => {
    await settled(page);
    const made = await result(page, 'webp');
    assert.deepEqual([made.width, made.height], [width, height]);
  };
  await is(480, 320);
  await field(page, 'Pixels').check();
  await is(480, 320);
  await field(page, 'Height').fill('80');
  await is(120, 80);
  await field(page, 'Width').fill('60');
  await is(60, 40);
  await page.getByRole('button', { name: '400' }).click();
  await is(400, 267);
  await page.locator('.segments').getByLabel('Percent').check();
  await is(240, 160);
  await page.getByRole('button', { name: '25' }).click();
  await is(120, 80);
  // Nothing is enlarged.
  await page.getByRole('spinbutton', { name: 'Percent' }).fill('200');
  await is(480, 320);
});

promise('a field that is wrong says so in words, and changes nothing', async (page) => {
  await make(page, ['WebP']);
  await drop(page, [await photo(page, 120)]);
  await settled(page);
  const says = async (text) => assert.deepEqual(await page.locator('#form .field-error:visible').allInnerTexts(), text ? [text] : []);
  const before = await page.locator('.row[data-format="webp"] a').getAttribute('href');
  await field(page, 'Pixels').check();
  const cases = [
    ['Width', '0', 'The width must be a whole number from 1 to 65,535; 0 is not.'],
    ['Width', '1.5', 'The width must be a whole number from 1 to 65,535; 1.5 is not.'],
    ['Height', '70000', 'The height must be a whole number from 1 to 65,535; 70000 is not.'],
    ['File size', '-3', 'The file size must be from 1 to 4,000,000; -3 is not.'],
  ];
  for (const [name, value, text] of cases) {
    await field(page, name).fill(value);
    await says(text);
    assert.equal(await field(page, name).getAttribute('aria-invalid'), 'true');
    await field(page, name).fill('');
    await says('');
  }
  await field(page, 'WebP').uncheck();
  await says('Choose one format at least.');
  await field(page, 'WebP').check();
  await settled(page);
  assert.equal(await page.locator('#brief').textContent(), 'quality 80');
  assert.equal(await page.locator('.row[data-format="webp"] a').getAttribute('href'), before);
});

promise('the settings go back to what they were', async (page) => {
  await make(page, ['PNG']);
  await field(page, 'Quality').fill('20');
  await field(page, 'Pixels').check();
  await field(page, 'Width').fill('99');
  const brief = (text) => page.waitForFunction((wanted) => document.querySelector('#brief').textContent === wanted, text);
  await brief('quality 20, 99 px wide');
  await page.getByRole('button', { name: 'Back to defaults' }).click();
  await brief('quality 80');
  assert.equal(await page.locator('#form [data-text="quality"]').innerText(), '80');
  assert.equal(await field(page, 'WebP').isChecked(), true);
  assert.equal(await field(page, 'Width').isVisible(), false);
});

promise('what the engine does not read the browser does, and who can not says so', async (page) => {
  await make(page, ['AVIF']);
  await drop(page, [await photo(page, 120)]);
  await settled(page);
  const avif = await page.locator('.row[data-format="avif"] a').evaluate(async (link) => {
    const bytes = new Uint8Array(await window.blobs.get(link.href).arrayBuffer());
    return btoa(String.fromCharCode(...bytes));
  });
  await page.getByRole('button', { name: 'Clear' }).click();
  await make(page, ['WebP']);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><style>.a{fill:#c00}</style><rect class="a" width="40" height="20"/></svg>';
  const heic = Buffer.from(avif, 'base64').toString('latin1').replaceAll('avif', 'heic');
  await drop(page, [
    { name: 'a.avif', type: 'image/avif', base64: avif },
    named('b.svg', svg, 'image/svg+xml'),
    named('c.heic', heic, 'image/heic'),
    named('d.jxl', '\xff\x0a' + '\0'.repeat(64), 'image/jxl'),
    named('e.svg', '<svg xmlns="http://www.w3.org/2000/svg"><g>', 'image/svg+xml'),
  ]);
  await settled(page);
  assert.deepEqual(await page.locator('.card-facts').allInnerTexts().then((all) => all.slice(0, 2)), ['AVIF, 120 × 80', 'SVG, 40 × 20']);
  assert.equal((await result(page, 'webp', 0)).width, 120);
  const words = (card) => page.locator('.card').nth(card).innerText();
  assert.match(await words(2), /AV1 in HEIF can't be read here\./);
  assert.match(await words(3), /The picture is damaged: the JPEG XL/);
  assert.match(await words(4), /This browser can't read this SVG/);
  // Drawn anew, not scaled, and larger than it says if that is asked for.
  await field(page, 'Pixels').check();
  await field(page, 'Width').fill('400');
  await settled(page);
  const { width, height } = await result(page, 'webp', 1);
  assert.deepEqual([width, height], [400, 200]);
});

promise('the smallest of each comes as one archive with the dates of the pictures', async (page) => {
  await page.evaluate(() => { window.dated = new Date(2021, 4, 6, 7, 8, 10).getTime(); });
  const file = await photo(page, 120);
  await make(page, ['WebP', 'JPEG']);
  await page.evaluate(async ({ base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    const dot = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='), (char) => char.charCodeAt(0));
    for (const [name, data] of [['a.jpg', bytes], ['a.jpg', bytes], ['dot.png', dot]]) {
      transfer.items.add(new File([data], name, { lastModified: window.dated }));
    }
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
  }, file);
  await settled(page);
  const download = async (name) => {
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    return entries(await readFile(await (await waiting).path()));
  };
  const smallest = await download(/Smallest of each/);
  assert.deepEqual(smallest.map(({ name }) => name), ['a.webp', 'a-2.webp', 'dot.png'].map((name) => (name === 'dot.png' ? smallest[2].name : name)));
  assert.match(smallest[2].name, /^dot\.(png|webp)$/);
  for (const { date, seconds } of smallest) {
    assert.deepEqual(date, [2021, 5, 6, 7, 8, 10]);
    assert.equal(seconds, await page.evaluate(() => window.dated / 1000));
  }
  assert.deepEqual((await download(/All JPEG/)).map(({ name }) => name), ['a.jpg', 'a-2.jpg', 'dot.jpg']);
});

/** The names and dates in an archive's directory. */
function entries(archive) {
  const end = archive.length - 22;
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    const [time, day] = [archive.readUInt16LE(at + 12), archive.readUInt16LE(at + 14)];
    const [name, extra] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30)];
    const entry = {
      name: archive.toString('utf8', at + 46, at + 46 + name),
      date: [(day >> 9) + 1980, day >> 5 & 15, day & 31, time >> 11, time >> 5 & 63, (time & 31) * 2],
      seconds: archive.readInt32LE(at + 46 + name + 5),
    };
    at += 46 + name + extra;
    return entry;
  });
}

promise('one picture may have settings of its own', async (page) => {
  await make(page, ['WebP']);
  const file = await photo(page, 120);
  await drop(page, [file, file]);
  await settled(page);
  const lengths = async () => [(await result(page, 'webp', 0)).length, (await result(page, 'webp', 1)).length];
  const [same, alike] = await lengths();
  assert.equal(same, alike);
  const own = page.locator('.card').nth(1).locator('.own');
  await own.getByText('Settings for this picture').click();
  await own.getByLabel('Quality').fill('10');
  await settled(page);
  const [others, coarse] = await lengths();
  assert.ok(others === same && coarse < same, `${others} ${coarse} ${same}`);
  // The others' settings are not its own.
  await field(page, 'Quality').fill('60');
  await settled(page);
  const [changed, still] = await lengths();
  assert.ok(changed < same && still === coarse);
  await own.getByRole('button', { name: 'As all the others' }).click();
  await settled(page);
  assert.deepEqual(await lengths(), [changed, changed]);
});

promise('two results are compared with each other', async (page) => {
  await make(page, ['WebP', 'JPEG']);
  await drop(page, [await photo(page, 240)]);
  await settled(page);
  const left = page.getByLabel('Shown on the left');
  assert.deepEqual(await left.locator('option').allInnerTexts().then((all) => all.map((text) => text.split(',')[0])), ['Original', 'WebP', 'JPEG']);
  await left.selectOption('jpeg');
  await page.locator('.row[data-format="webp"] input').check();
  const source = (side) => page.locator(`.side-${side} img`).getAttribute('src');
  assert.equal(await source('before'), await page.locator('.row[data-format="jpeg"] a').getAttribute('href'));
  assert.equal(await source('after'), await page.locator('.row[data-format="webp"] a').getAttribute('href'));
  assert.match(await page.locator('.handle').getAttribute('aria-valuetext'), /^50% JPEG, .*, 50% WebP, /);
  // It stays when it is made anew, and goes when its format does.
  await field(page, 'Quality').fill('30');
  await settled(page);
  assert.equal(await source('before'), await page.locator('.row[data-format="jpeg"] a').getAttribute('href'));
  await field(page, 'JPEG').uncheck();
  await settled(page);
  assert.equal(await left.inputValue(), 'original');
  await page.waitForFunction(() => document.querySelector('.side-before img').naturalWidth === 240);
});

promise('an AVIF that is being made can be cancelled, and made after all', async (page) => {
  await drop(page, [await photo(page, 1600)]);
  await rowIn(page, 'avif', 'timed');
  await page.getByRole('button', { name: 'Cancel the AVIF of photo.jpg' }).click();
  await rowIn(page, 'avif', 'held');
  await settled(page);
  assert.equal(await page.locator('.row[data-format="avif"] .row-note').innerText(), 'cancelled');
  await page.getByRole('button', { name: 'Make AVIF' }).click();
  await rowIn(page, 'avif', 'timed');
});

promise('many pictures are a list that tells how far it is, and leave nothing behind', async (page) => {
  await page.evaluate(() => {
    window.said = [];
    const place = document.querySelector('#progress-text');
    new MutationObserver(() => window.said.push(place.textContent)).observe(place, { childList: true });
  });
  const file = await photo(page, 120);
  await drop(page, Array.from({ length: 8 }, (_, at) => ({ ...file, name: `${at}.jpg` })));
  await settled(page);
  const said = await page.evaluate(() => window.said);
  for (let count = 0; count < 8; count += 1) assert.ok(said.includes(`${count} of 8 done`), said.join());
  assert.equal(await page.locator('#progress').isVisible(), false);
  assert.equal(await page.locator('.card-body:visible').count(), 0);
  assert.match(await page.locator('.card-best').nth(7).innerText(), /^(WebP|AVIF) −\d+%$/);
  await page.locator('.card-toggle').nth(7).click();
  await page.locator('.card').nth(7).locator('.handle').waitFor();
  assert.ok(await page.evaluate(() => window.blobs.size) > 0);
  await page.getByRole('button', { name: 'Clear' }).click();
  assert.equal(await page.evaluate(() => window.blobs.size), 0);
});

for (const [cores, gigabytes, expected] of [[6, 8, 6], [6, 2, 2], [1, 8, 1]]) {
  promise(`${cores} cores and ${gigabytes} GB have ${expected} at work and one that stands by`, async (page) => {
    // The page's own pool has begun.
    if (page.workers().length === 0) await page.waitForEvent('worker');
    const found = await page.evaluate(async (given) => {
      Object.defineProperty(navigator, 'hardwareConcurrency', { value: given.cores });
      Object.defineProperty(navigator, 'deviceMemory', { value: given.gigabytes });
      const hired = [];
      // Ready as soon as it has the engine, and then at work for good.
      window.Worker = class {
        constructor() { hired.push(this); }
        postMessage({ module }) { if (module) queueMicrotask(() => this.onmessage({ data: { ready: true } })); }
        terminate() {}
      };
      const { Pool } = await window.load('pool.js?anew');
      const pool = new Pool(Promise.resolve({}));
      let begun = 0;
      for (let task = 0; task < 9; task += 1) pool.run({ blob: new Blob(), onstart: () => { begun += 1; } });
      await new Promise((resolve) => { setTimeout(resolve); });
      return { begun, hired: hired.length };
    }, { cores, gigabytes });
    assert.deepEqual(found, { begun: expected, hired: expected + 1 });
  });
}
