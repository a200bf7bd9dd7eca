// Nobody is kept out: axe finds nothing to object to, on screens of three widths, in the light and in the dark.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { PATIENCE, drop, field, photo, rowIn, settled, shoot, start } from './browser.js';

const AXE = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
let browser;

before(async () => { browser = await start(); }, { timeout: PATIENCE });
after(() => browser.close());

async function examine(page, where) {
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`));
  });
  assert.deepEqual(found, [], where);
  await fits(page, where);
}

async function fits(page, where) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0, `${where} is too wide`);
}

for (const [width, height] of [[320, 640], [390, 844], [1440, 900]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe has no objection at ${width} pixels in the ${colorScheme}`, { timeout: 2 * PATIENCE }, async () => {
      const isPhone = width < 1000;
      const { page, complaints } = await browser.open({ viewport: { width, height }, colorScheme, hasTouch: isPhone, isMobile: isPhone, deviceScaleFactor: isPhone ? 2 : 1 });
      try {
        await page.evaluate(AXE);
        await shoot(page, `empty-${width}-${colorScheme}`);
        await examine(page, 'the empty page');
        const file = await photo(page, 320);
        await page.evaluate(() => document.querySelectorAll('#settings, #form details').forEach((one) => { one.open = true; }));
        await drop(page, [file, { ...file, name: `${'a-long-name-'.repeat(9)}.jpg` }, { name: 'notes.txt', type: '', base64: btoa('not a picture') }]);
        // A small AVIF may be done before anybody looks.
        await rowIn(page, 'avif', ['timed', 'done']);
        await fits(page, 'a page at work');
        await field(page, 'JPEG').check();
        await settled(page);
        await field(page, 'Pixels').check();
        await field(page, 'Width').fill('0');
        await page.locator('.own > summary').nth(0).click();
        await shoot(page, `results-${width}-${colorScheme}`);
        await examine(page, 'results and settings');
        await page.locator('.card-toggle').nth(1).click();
        await examine(page, 'a folded picture');
        assert.deepEqual(complaints, []);
      } finally {
        await page.context().close();
      }
    });
  }
}
