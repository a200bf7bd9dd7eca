// The page: settings, the ways in (drop, choose, paste, sample) and the list of pictures.

import { keepOffline } from './offline.js';
import { Picture } from './picture.js';
import { Pool, compile } from './pool.js';
import { sample } from './sample.js';
import { bytes, saved } from './text.js';
import { zip } from './zip.js';

const WIDE = window.matchMedia('(min-width: 62rem)');
// Long enough for a slider's next step to arrive, short enough to feel at once.
const SETTLE_MILLISECONDS = 300;

const part = (id) => document.getElementById(id);
const form = part('form');
const engine = compile();
const pool = new Pool(engine);
const pictures = new Set();
let settings = readSettings();
let settling;

engine.catch((error) => notice(`slimpix can't run here: ${error.message}. It needs a browser with WebAssembly SIMD.`));
setUpSettings();
setUpWaysIn();
setUpSummary();
keepOffline(() => { part('offline').hidden = false; });

function setUpSettings() {
  const followWidth = () => { part('settings').open = WIDE.matches; };
  WIDE.addEventListener('change', followWidth);
  followWidth();
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', settingsChanged);
  // The fields have their defaults only after the event.
  form.addEventListener('reset', () => setTimeout(settingsChanged));
  saySettings();
}

function settingsChanged() {
  saySettings();
  clearTimeout(settling);
  if (!form.checkValidity()) return;
  settling = setTimeout(() => {
    const now = readSettings();
    if (JSON.stringify(now) === JSON.stringify(settings)) return;
    settings = now;
    pictures.forEach((picture) => picture.convert(settings));
    refresh();
  }, SETTLE_MILLISECONDS);
}

function readSettings() {
  return {
    quality: form.quality.valueAsNumber,
    effort: form.effort.valueAsNumber,
    width: form.width.value ? form.width.valueAsNumber : undefined,
    lossless: form.lossless.checked,
    avif: form.avif.checked,
    keep: form.keep.checked,
  };
}

function saySettings() {
  const { quality, effort, width, lossless } = readSettings();
  part('quality-text').value = lossless ? 'all' : quality;
  part('effort-text').value = effort;
  form.quality.disabled = lossless;
  for (const range of [form.quality, form.effort]) {
    range.style.setProperty('--fill', (range.value - range.min) / (range.max - range.min));
  }
  form.width.setAttribute('aria-invalid', !form.width.checkValidity());
  part('brief').textContent = [lossless ? 'lossless' : `quality ${quality}`, width && `${width} px`].filter(Boolean).join(', ');
}

function setUpWaysIn() {
  part('choose').addEventListener('change', ({ target }) => {
    add(target.files);
    // The same file may be chosen again.
    target.value = '';
  });
  part('sample').addEventListener('click', async () => add([await sample()]));
  document.addEventListener('paste', ({ clipboardData }) => add(clipboardData.files));
  setUpDrop();
}

function setUpDrop() {
  // dragenter and dragleave come in pairs for every element on the way.
  let depth = 0;
  const over = (is) => document.body.classList.toggle('is-over', is);
  const hasFiles = ({ dataTransfer }) => [...dataTransfer.types].includes('Files');
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    over(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    over(depth > 0);
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', async (event) => {
    depth = 0;
    over(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    add(await droppedFiles(event.dataTransfer));
  });
}

/** The dropped files, those in dropped folders too. */
async function droppedFiles(transfer) {
  // Both lists end with the event: take what they have before the first await.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return files;
  return (await Promise.all(entries.map(filesIn))).flat();
}

async function filesIn(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  const shown = found.filter(({ name }) => !name.startsWith('.'));
  return (await Promise.all(shown.map(filesIn))).flat();
}

function add(files) {
  for (const file of files) {
    const picture = new Picture({
      file,
      pool,
      settings,
      changed: (text) => { part('announce').textContent = text; refresh(); },
      closed: () => { pictures.delete(picture); refresh(); part('choose').focus(); },
    });
    pictures.add(picture);
    part('cards').append(picture.card.element);
  }
  refresh();
}

function setUpSummary() {
  for (const format of ['webp', 'avif']) {
    part(`zip-${format}`).addEventListener('click', () => download(format));
  }
  part('clear').addEventListener('click', () => {
    pictures.forEach((picture) => picture.close());
    pictures.clear();
    refresh();
    part('choose').focus();
  });
}

function refresh() {
  document.body.classList.toggle('is-empty', pictures.size === 0);
  const made = [...pictures].filter(({ results }) => Object.keys(results).length > 0);
  const before = made.reduce((sum, { file }) => sum + file.size, 0);
  const after = made.reduce((sum, { file, results }) =>
    sum + Math.min(file.size, ...Object.values(results).map((result) => result.size)), 0);
  part('summary').hidden = pictures.size === 0;
  part('figure').hidden = made.length === 0;
  part('figure').textContent = saved(before, after);
  const heading = document.createElement('strong');
  heading.textContent = made.length ? `${bytes(before)} → ${bytes(after)}` : 'No result yet';
  part('total').replaceChildren(heading, how(made.length, after < before));
  for (const format of ['webp', 'avif']) {
    part(`zip-${format}`).hidden = made.filter(({ results }) => results[format]).length < 2;
  }
}

function how(count, isSmaller) {
  if (count > 0 && !isSmaller) return 'the originals are the smallest';
  return count > 1 ? `${count} pictures, the smallest of each` : '';
}

async function download(format) {
  const taken = new Map();
  const files = [...pictures].filter(({ results }) => results[format]).map(({ results, file: source }) => {
    const { blob, file } = results[format];
    const times = (taken.get(file) ?? 0) + 1;
    taken.set(file, times);
    return { blob, date: source.lastModified, name: times === 1 ? file : file.replace(/(\.[^.]+)$/, `-${times}$1`) };
  });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await zip(files));
  link.download = `slimpix-${format}.zip`;
  link.click();
  // The download has its own hold of the blob once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function notice(text) {
  const place = part('notice');
  place.textContent = text;
  place.hidden = false;
}
