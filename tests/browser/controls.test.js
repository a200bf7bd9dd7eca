// Every control answers wherever it is touched: at its left, middle and right, on screens of three widths, to a mouse, a
// finger and the keyboard.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PATIENCE, drop, photo, rowIn, settled, start } from './browser.js';

const SCREENS = [
  { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  { viewport: { width: 1440, height: 900 }, hasTouch: true },
];
const CONTROLS = 'a[href], button, summary, input, select, label, [role="slider"]';
let browser;

before(async () => { browser = await start(); }, { timeout: PATIENCE });
after(() => browser.close());

/** Notes what is hit, and keeps buttons and links from doing what they are there for. */
function listen() {
  window.hits = [];
  document.addEventListener('pointerdown', ({ target }) => window.hits.push(target), true);
  document.addEventListener('mousedown', (event) => {
    // Its list would cover the page.
    if (event.target.matches('select')) event.preventDefault();
  }, true);
  document.addEventListener('click', (event) => {
    const { target } = event;
    window.hits.push(target);
    if (!target.closest('a, button, [type="file"], [for="choose"]')) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}

/** What a control is called, where it can be hit, and its state; nothing if it can't be seen. */
function describe(control) {
  if (control.disabled || control.matches('[tabindex="-1"]') || !control.checkVisibility({ visibilityProperty: true })) return undefined;
  control.scrollIntoView({ block: 'center', behavior: 'instant' });
  const box = control.getBoundingClientRect();
  // For those who don't see it alone.
  if (box.width < 4 || box.height < 4) return undefined;
  const inset = Math.min(6, box.width / 4);
  const of = control.matches('label') ? control.control : control;
  const isSwitch = of?.matches('[type="checkbox"]');
  return {
    name: `${control.localName} "${(control.getAttribute('aria-label') ?? control.textContent).trim().replace(/\s+/g, ' ') || control.id || control.name}"`,
    points: [box.left + inset, box.left + box.width / 2, box.right - inset].map((x) => ({ x, y: box.top + box.height / 2 })),
    state: control.matches('summary') ? control.parentElement.open : isSwitch ? of.checked : undefined,
    overhang: Math.max(0, -box.left, box.right - window.innerWidth),
  };
}

function wasHit(control) {
  const hits = window.hits.splice(0);
  return hits.some((hit) => control.contains(hit) || (hit.closest('label')?.control === control));
}

async function tryAll(page, selector) {
  const seen = [];
  for (const control of await page.$$(selector)) {
    for (const act of ['click', 'tap']) {
      for (const at of [0, 1, 2]) {
        let before;
        const hit = async () => {
          before = await control.evaluate(describe);
          if (!before) return true;
          const { x, y } = before.points[at];
          await (act === 'click' ? page.mouse.click(x, y) : page.touchscreen.tap(x, y));
          return control.evaluate(wasHit);
        };
        // What is being made moves what stands below it: then once more when nothing is.
        const isHit = await hit() || await settled(page).then(hit);
        if (!before) continue;
        const where = `${before.name}: ${act} at its ${['left', 'middle', 'right'][at]}`;
        assert.ok(isHit, `${where} goes elsewhere`);
        assert.equal(before.overhang, 0, `${before.name} stands out of the screen`);
        if (before.state !== undefined) {
          assert.equal((await control.evaluate(describe)).state, !before.state, `${where} does nothing`);
        }
        if (at === 0 && act === 'click') seen.push(before.name);
      }
    }
  }
  return seen;
}

/** Each switch, and what folds, changes its state by the space bar. */
async function trySpace(page) {
  for (const control of await page.$$('summary, [type="checkbox"]')) {
    const before = await control.evaluate(describe);
    if (!before) continue;
    await control.focus();
    await page.keyboard.press('Space');
    assert.equal((await control.evaluate(describe)).state, !before.state, before.name);
  }
}

/** What was tried has left the settings as they may be: back to the defaults, until both pictures have their results. */
async function settle(page) {
  await page.evaluate(() => {
    document.querySelectorAll('form').forEach((form) => form.reset());
    // The page sees that a moment later; what it starts then must be waited for.
    return new Promise((resolve) => { setTimeout(resolve); });
  });
  await settled(page);
  for (const card of [0, 1]) for (const format of ['webp', 'avif']) await rowIn(page, format, 'done', card);
}

/** Goes through the page by Tab: each control can be reached, and shows that it is. */
async function tryKeys(page) {
  const wanted = await page.$$eval(CONTROLS, (all) => {
    const radios = new Set();
    window.wanted = all.filter((one) => {
      if (one.disabled || one.matches('label, [tabindex="-1"]') || !one.checkVisibility({ visibilityProperty: true })) return false;
      // Tab goes to one radio button of a group.
      if (one.type !== 'radio') return true;
      const isFirst = !radios.has(one.name);
      radios.add(one.name);
      return isFirst;
    });
    document.activeElement.blur();
    window.scrollTo(0, 0);
    return window.wanted.length;
  });
  const reached = new Set();
  for (let step = 0; step < wanted + 3; step += 1) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const { activeElement: at } = document;
      const is = (one) => one === at || (one.type === 'radio' && one.name === at.name);
      return { at: window.wanted.findIndex(is), isSeen: at.matches(':focus-visible') };
    });
    if (found.at < 0) continue;
    reached.add(found.at);
    assert.ok(found.isSeen);
  }
  const missed = await page.evaluate((indices) => window.wanted.filter((_, at) => !indices.includes(at)).map((one) => one.outerHTML), [...reached]);
  assert.deepEqual(missed, []);
}

for (const screen of SCREENS) {
  test(`every control answers everywhere at ${screen.viewport.width} pixels`, { timeout: 2 * PATIENCE }, async () => {
    const { page, complaints } = await browser.open(screen);
    try {
      const file = await photo(page, 120);
      await page.evaluate(listen);
      const atFirst = await tryAll(page, CONTROLS);
      assert.ok(atFirst.some((name) => name.includes('Choose pictures')), atFirst.join());
      await drop(page, [file, file]);
      await tryAll(page, 'summary');
      await settle(page);
      await page.evaluate(() => {
        for (const one of document.querySelectorAll('details')) one.open = true;
        // The form in a card is as that of all pictures: one is enough, where there is the least room.
        document.querySelectorAll('.own').forEach((one, at) => { one.open = at === 0 && window.innerWidth < 350; });
      });
      await page.evaluate(() => document.querySelectorAll('.more').forEach((one) => { one.open = true; }));
      const seen = [];
      // The results first: trying the settings makes them anew.
      for (const where of ['.results *', ':not(.results *)']) seen.push(...await tryAll(page, `:is(${CONTROLS}):is(${where})`));
      for (const one of ['Clear', 'Download photo.webp', 'Remove photo.jpg', 'Quality', 'Keep metadata']) {
        assert.ok(seen.some((name) => name.includes(one)), `${one} is not among ${seen.join()}`);
      }
      await settle(page);
      await tryKeys(page);
      await trySpace(page);
      assert.deepEqual(complaints, []);
    } finally {
      await page.context().close();
    }
  });
}
