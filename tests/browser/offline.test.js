// The page without a network: with its service worker for good, and without one for as long as it is open.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { DESK, DIST, PATIENCE, drop, photo, rowIn, start } from './browser.js';

let browser;

before(async () => { browser = await start(); }, { timeout: PATIENCE });
after(() => browser.close());

const KEEPING = { ...DESK, serviceWorkers: 'allow' };

/** A test with a server and a page of its own, which must not have complained. */
function promise(name, options, path, body) {
  test(name, { timeout: 2 * PATIENCE }, async () => {
    const server = await browser.serve(path);
    const opened = await browser.open(options, server.url);
    try {
      await body(opened.page, { ...opened, cut: server.close });
    } finally {
      await opened.page.context().close();
      await server.close();
    }
  });
}

promise('a page that was visited opens and works without a network', KEEPING, '/any/where/', async (page, { cut, complaints }) => {
  const file = await photo(page, 240);
  await page.locator('#offline').waitFor();
  await cut();
  for (let visit = 0; visit < 2; visit += 1) {
    await page.reload();
    await drop(page, [file]);
    await rowIn(page, 'webp', 'done');
    await rowIn(page, 'avif', 'done');
  }
  assert.deepEqual(complaints, []);
});

/** Waits until a promise made in the page is one of what is true. */
async function until(page, predicate, given) {
  while (!await page.evaluate(predicate, given)) await page.waitForTimeout(50);
}

test('a new build is seen at once, and is kept in its turn', { timeout: 2 * PATIENCE }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slimpix-page-'));
  cpSync(DIST, folder, { recursive: true });
  const server = await browser.serve('/', folder);
  const { page, complaints } = await browser.open(KEEPING, server.url);
  try {
    await page.locator('#offline').waitFor();
    const [old] = readdirSync(folder).filter((name) => name.length === 16);
    const anew = 'fedcba9876543210';
    renameSync(join(folder, old), join(folder, anew));
    for (const name of ['index.html', 'sw.js']) {
      writeFileSync(join(folder, name), readFileSync(join(folder, name), 'utf8').replaceAll(old, anew));
    }
    const isNew = async () => assert.ok((await page.locator('script[type="module"]').getAttribute('src')).startsWith(anew));
    await page.reload();
    await isNew();
    // It takes over once no page of the old one is open.
    await until(page, async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting));
    await page.goto('about:blank');
    await page.goto(server.url);
    await until(page, async (version) => {
      const kept = await caches.keys();
      return kept.length === 1 && kept[0].endsWith(version);
    }, anew);
    await server.close();
    await page.reload();
    await isNew();
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await rowIn(page, 'webp', 'done');
    assert.deepEqual(complaints, []);
  } finally {
    await page.context().close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
});

promise('an open page goes on without a network and without a service worker', DESK, '/', async (page, { cut, complaints }) => {
  const file = await photo(page, 240);
  const large = await photo(page, 900);
  // A worker stands by once the engine is there.
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.wasm')));
  await drop(page, [file]);
  await rowIn(page, 'webp', 'done');
  await rowIn(page, 'avif', 'done');
  await cut();
  await drop(page, [large]);
  await rowIn(page, 'webp', 'done', 1);
  await rowIn(page, 'avif', 'timed', 1);
  // Its worker is ended with it, and another one can't be had from the server.
  await page.getByRole('button', { name: 'Remove photo.jpg' }).nth(1).click();
  await drop(page, [file]);
  await rowIn(page, 'webp', 'done', 1);
  await rowIn(page, 'avif', 'done', 1);
  assert.deepEqual(complaints.filter((text) => !text.includes('ERR_CONNECTION')), []);
});

promise('a page that can be installed says how', KEEPING, '/', async (page) => {
  const session = await page.context().newCDPSession(page);
  const { errors, data } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const { name, icons, display } = JSON.parse(data);
  assert.deepEqual([name, display], ['slimpix', 'standalone']);
  const sizes = await page.evaluate((given) => Promise.all(given.map(async ({ src }) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    return image.naturalWidth;
  })), icons.filter(({ type }) => type === 'image/png'));
  assert.deepEqual(sizes, [192, 512, 512]);
  await page.locator('#offline').waitFor();
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // A test's window keeps nothing, as a private one.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
});

test('an engine that can not be had is told of in words', { timeout: PATIENCE }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slimpix-page-'));
  cpSync(DIST, folder, { recursive: true, filter: (path) => !path.endsWith('.wasm') });
  const server = await browser.serve('/', folder);
  const { page } = await browser.open(DESK, server.url);
  try {
    await page.getByText('The engine could not be fetched: the server answered 404. Reload the page to try again.').waitFor();
    await drop(page, [await photo(page, 120)]);
    await page.locator('.card-words', { hasText: 'The engine could not be loaded: the server answered 404.' }).waitFor();
  } finally {
    await page.context().close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
