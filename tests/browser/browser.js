// A real Chromium and the page in it, shared by the tests.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { serve } from './server.js';

const ROOT = new URL('../../', import.meta.url);
export const DATA = fileURLToPath(new URL('tests/data/', ROOT));
export const DIST = fileURLToPath(new URL('www/dist/', ROOT));
const OUT = fileURLToPath(new URL('tests/out/', ROOT));
export const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const ARGS = [
  '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
];
export const DESK = { viewport: { width: 1440, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
// A loaded machine has bad minutes, and AVIF is slow in wasm.
export const PATIENCE = Number(process.env.PATIENCE ?? 120_000);

/** Starts both. Resolves to {open(options, url), serve(path, folder), close()}. */
export async function start() {
  mkdirSync(OUT, { recursive: true });
  const server = await serve(DIST, DATA);
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
  return {
    open: (options, url = server.url) => open(browser, url, options),
    // Another server, for a test that ends it.
    serve: (path, folder = DIST) => serve(folder, DATA, path),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** A new page, with what it asked for and what it complained of. */
async function open(browser, url, options = DESK) {
  // A service worker would fetch all files anew in each test; those that are about it ask for it.
  const context = await browser.newContext({ acceptDownloads: true, serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const requests = [];
  const complaints = [];
  page.on('request', (request) => requests.push(request));
  page.on('console', (message) => {
    const isOurs = ['error', 'warning'].includes(message.type()) && !message.text().includes('blocked by Playwright');
    if (isOurs) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  // The page's modules lie in a folder that is named after their content.
  await page.evaluate(() => {
    const app = document.querySelector('script[type="module"]').src;
    window.load = (file) => import(new URL(file, app).href);
    // The page's own policy lets nobody fetch these.
    window.blobs = new Map();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const made = createObjectURL(blob);
      window.blobs.set(made, blob);
      return made;
    };
    URL.revokeObjectURL = (gone) => {
      window.blobs.delete(gone);
      revokeObjectURL(gone);
    };
  });
  return { page, requests, complaints, url };
}

/** Keeps a picture of the whole page for people to look at. */
export async function shoot(page, name) {
  await page.screenshot({ path: `${OUT}page-${name}.png`, fullPage: true });
}

/** Drops files on the page as a person does. `files`: {name, type, base64}. */
export async function drop(page, files) {
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    const target = document.querySelector('#drop');
    for (const kind of ['dragenter', 'dragover', 'drop']) {
      target.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
  }, files);
}

/** The page's own sample as a file to drop. */
export function photo(page, width = 480) {
  return page.evaluate(async (side) => {
    const { sample } = await window.load('sample.js');
    const bitmap = await createImageBitmap(await sample());
    const canvas = new OffscreenCanvas(side, Math.round(side * bitmap.height / bitmap.width));
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    const binary = Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join('');
    return { name: 'photo.jpg', type: 'image/jpeg', base64: btoa(binary), bytes: blob.size };
  }, width);
}

/** Waits until a row of a card is in a state, or in one of several. */
export function rowIn(page, format, states, card = 0) {
  const any = [states].flat().map((state) => `.row[data-format="${format}"][data-state="${state}"]`).join();
  return page.locator('.card').nth(card).locator(any).waitFor();
}

/** Waits until nothing is under way. */
export function settled(page) {
  return page.locator('#summary[data-state="settled"]').waitFor({ state: 'attached' });
}

/** A field of the settings of all pictures. */
export function field(page, name) {
  return page.locator('#form').getByLabel(name, { exact: true });
}
