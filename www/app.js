// The page: its settings, its pictures, and what is under way.

import { keepOffline } from './offline.js';
import { Picture } from './picture.js';
import { Pool, compile } from './pool.js';
import { sample } from './sample.js';
import { Settings, brief } from './settings.js';
import { Summary } from './summary.js';
import { listen } from './ways.js';

const WIDE = window.matchMedia('(min-width: 62rem)');
// Long enough for a slider's next step to arrive, short enough to feel at once.
const SETTLE_MILLISECONDS = 300;
// More than these are a list, in which a picture unfolds when it is asked for.
const MOST_UNFOLDED = 6;

const part = (id) => document.getElementById(id);
const engine = compile();
const pool = new Pool(engine);
const pictures = new Set();
const settings = new Settings(part('form'), { onchange: settingsChanged });
const summary = new Summary(part('summary'), pictures);
let current = settings.values;
let settling;

engine.catch((error) => notice(error instanceof WebAssembly.CompileError
  ? `slimpix can't run here: it needs a browser with WebAssembly SIMD (${error.message}).`
  : `The engine could not be fetched: ${error.message}. Reload the page to try again.`));
part('brief').textContent = brief(current);
followWidth();
WIDE.addEventListener('change', followWidth);
listen(part('choose'), add);
part('sample').addEventListener('click', async () => add([await sample()]));
part('clear').addEventListener('click', clear);
keepOffline(() => { part('offline').hidden = false; });

function followWidth() {
  part('settings').open = WIDE.matches;
}

function settingsChanged() {
  const now = settings.values;
  clearTimeout(settling);
  // A field says what is wrong with it; the pictures stay as they are.
  if (!now) return;
  part('brief').textContent = brief(now);
  if (JSON.stringify(now) === JSON.stringify(current)) {
    refresh();
    return;
  }
  summary.expect();
  settling = setTimeout(() => {
    current = now;
    pictures.forEach((picture) => picture.convert(current));
    refresh();
  }, SETTLE_MILLISECONDS);
}

function add(files) {
  for (const file of files) {
    const picture = new Picture({
      file,
      pool,
      settings: current,
      changed: (text) => { if (text) part('announce').textContent = text; refresh(); },
      closed: () => remove(picture),
    });
    pictures.add(picture);
    part('cards').append(picture.card.element);
  }
  if (files.length > 0 && pictures.size > MOST_UNFOLDED) pictures.forEach(({ card }) => card.fold(true));
  refresh();
}

function remove(picture) {
  const all = [...pictures];
  const next = all[all.indexOf(picture) + 1] ?? all.at(all.indexOf(picture) - 1);
  pictures.delete(picture);
  refresh();
  // Whoever goes through the list by keyboard stays there.
  if (pictures.size > 0) next.card.focus();
  else part('choose').focus();
}

function clear() {
  pictures.forEach((picture) => picture.close());
  pictures.clear();
  refresh();
  part('choose').focus();
}

function refresh() {
  document.body.classList.toggle('is-empty', pictures.size === 0);
  summary.refresh();
}

function notice(text) {
  const place = part('notice');
  place.textContent = text;
  place.hidden = false;
}
