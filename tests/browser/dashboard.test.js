// The page for operators, as the program serves it: its figures move, it fits, and nobody without the token has it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { ARGS, DATA, EXECUTABLE, PATIENCE, shoot } from './browser.js';

const AXE = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const PROGRAM = process.env.SLIMPIX ?? fileURLToPath(new URL('../../target/debug/slimpix', import.meta.url));
const TOKEN = '0123456789abcdef';
const WEBP = { accept: 'image/webp,*/*' };
let browser;
let server;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slimpix-'));
  await mkdir(join(folder, 'pics'));
  await cp(join(DATA, 'golden/photo-420.jpg'), join(folder, 'pics/a.jpg'));
  await writeFile(join(folder, 'pics/bad.jpg'), (await readFile(join(folder, 'pics/a.jpg'))).subarray(0, 400));
  server = await serve();
  browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
}, { timeout: PATIENCE });

after(async () => {
  await browser?.close();
  server?.child.kill();
  await rm(folder, { recursive: true, force: true });
});

/** The program with the page behind the token, and on a listener of its own. Resolves to {child, pictures, operators}. */
async function serve() {
  const args = ['serve', 'pics', '--cache', 'cache', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--resize'];
  const env = { ...process.env, WEBP_ADMIN_TOKEN: TOKEN, WEBP_WIDTHS: 'any' };
  const child = spawn(PROGRAM, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  return new Promise((listens, ended) => {
    child.on('error', ended);
    child.on('exit', (code) => ended(new Error(`it ended with ${code}: ${told}`)));
    child.stderr.on('data', (data) => {
      told += data;
      const at = (words) => told.match(new RegExp(`${words} (http://[0-9.:]+/)`))?.[1];
      const [pictures, operators] = [at('listening on'), at('operators ask at')];
      if (pictures && operators) listens({ child, pictures, operators });
    });
  });
}

async function open(url, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const asked = [];
  const complaints = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  const response = await page.goto(url);
  return { page, asked, complaints, response };
}

const figure = (page, name) => page.locator(`[data-text="${name}"]`).first();
const reads = (page, name, text) => page.locator(`[data-text="${name}"]`, { hasText: text }).first().waitFor();

test('the figures of the page move with what is asked', { timeout: 2 * PATIENCE }, async () => {
  const { page, asked, complaints, response } = await open(server.operators);
  try {
    assert.match(response.headers()['content-security-policy'], /^default-src 'none'; script-src 'sha256-[^ ]+';/);
    await page.locator('#state', { hasText: 'Ready' }).waitFor();
    assert.equal(await figure(page, 'requests').textContent(), '0');
    assert.equal(await page.locator('#recent li').count(), 0);
    for (let at = 0; at < 4; at += 1) {
      const answer = await fetch(`${server.pictures}a.jpg?width=300`, { headers: WEBP });
      assert.equal(answer.headers.get('content-type'), 'image/webp');
      await answer.arrayBuffer();
    }
    await fetch(`${server.pictures}none.jpg`);
    await reads(page, 'requests', /^5$/);
    await reads(page, 'hits', /^3$/);
    await reads(page, 'hit-share', /^75 %$/);
    await reads(page, 'conversions', /^1$/);
    assert.match(await figure(page, 'saved').textContent(), /^[1-9][0-9.]* [kM]?B$/);
    assert.match(await page.locator('#decisions').innerText(), /a variant\s+4\s+80 %[^]*refused\s+1\s+20 %/);
    assert.match(await page.locator('#formats').innerText(), /webp\s+1\s+0\s+0\s/);
    const points = await page.locator('[data-line="requests"] polyline').getAttribute('points');
    assert.ok(points.split(' ').length > 1, points);
    assert.equal(await page.locator('#shared').isVisible(), false);
    // What could not be converted is told, as text.
    await fetch(`${server.pictures}bad.jpg`, { headers: WEBP });
    await page.locator('#recent li', { hasText: '/bad.jpg' }).first().waitFor();
    assert.ok(asked.every((url) => url.startsWith(server.operators)), asked);
    assert.deepEqual(complaints, []);
  } finally {
    await page.context().close();
  }
});

test('a server that is gone is told, and one that is back goes on', { timeout: 2 * PATIENCE }, async () => {
  const { page } = await open(server.operators);
  try {
    await page.locator('#state', { hasText: 'Ready' }).waitFor();
    await page.context().setOffline(true);
    await page.locator('#state', { hasText: 'No figures' }).waitFor();
    await page.context().setOffline(false);
    await page.locator('#state', { hasText: 'Ready' }).waitFor();
  } finally {
    await page.context().close();
  }
});

test('beside the pictures it is for who has the token', { timeout: 2 * PATIENCE }, async () => {
  const place = `${server.pictures}_admin/`;
  for (const path of ['', 'metrics', 'recent']) {
    const refused = await fetch(place + path);
    assert.equal(refused.status, 401);
    assert.doesNotMatch(await refused.text(), /slimpix_|<html/);
    assert.equal((refused.headers.get('www-authenticate').includes('Basic')), path === '');
  }
  // Chromium asks its user, who has no answer.
  const stranger = await open(place).catch(({ message }) => message);
  assert.ok(/ERR_INVALID_AUTH_CREDENTIALS/.test(stranger) || stranger.response.status() === 401, stranger);
  const wrong = { httpCredentials: { username: 'anyone', password: `${TOKEN}0` } };
  const guess = await open(place, wrong).catch(({ message }) => message);
  assert.ok(/ERR_INVALID_AUTH_CREDENTIALS/.test(guess) || guess.response.status() === 401, guess);

  const { page, complaints } = await open(place, { httpCredentials: { username: 'anyone', password: TOKEN } });
  try {
    await page.locator('#state', { hasText: 'Ready' }).waitFor();
    assert.match(await figure(page, 'memory-limit').textContent(), /^[1-9][0-9.]* [MG]B$/);
    // With the password, which browsers send along with whatever another site has them ask, nothing changes.
    assert.equal(await page.evaluate(async () => (await fetch('purge?all', { method: 'POST' })).status), 401);
    assert.deepEqual(complaints.filter((text) => !text.includes('401')), []);
  } finally {
    await page.context().close();
  }
});

for (const width of [320, 768, 1440]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`it fits ${width} pixels in the ${colorScheme}, and axe has no objection`, { timeout: 2 * PATIENCE }, async () => {
      const { page } = await open(server.operators, { viewport: { width, height: 900 }, colorScheme });
      try {
        await page.locator('#state', { hasText: 'Ready' }).waitFor();
        await page.evaluate(AXE);
        const found = await page.evaluate(async () => {
          const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
          return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
        });
        assert.deepEqual(found, []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0);
        await shoot(page, `dashboard-${width}-${colorScheme}`);
      } finally {
        await page.context().close();
      }
    });
  }
}
