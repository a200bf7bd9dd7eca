// One picture: its file, its results under the current settings, and the tasks that make them.

import { Card } from './card.js';
import { draw, isForBrowser, measure } from './decode.js';
import { HELD_ABOVE, estimate, learn } from './pace.js';
import { brief, fit } from './settings.js';
import { LABELS, bytes, roughly, saved, sentence, size } from './text.js';

const FORMATS = ['webp', 'avif', 'jpeg', 'png'];
const NAMES = {
  jpeg: 'JPEG', png: 'PNG', gif: 'GIF', bmp: 'BMP', webp: 'WebP', ico: 'ICO', tiff: 'TIFF', avif: 'AVIF', heic: 'HEIC',
  jxl: 'JPEG XL', svg: 'SVG',
};
const SETTLE_MILLISECONDS = 300;
const LOSSLESS = ['webp', 'png'];
/** What moves is read of these, and made of this one. */
const MOVING = ['gif', 'png', 'webp'];
const MOVES = 'webp';

export class Picture {
  #pool;
  #common;
  #own;
  #probe;
  /** What is under way: an AbortController by format, "probe" and "settling". */
  #tasks = new Map();
  /** What the browser has drawn of it: {key, drawn}, `drawn` a promise. */
  #drawn = {};
  #left = 'original';
  #right;
  #url;
  #changed;
  #settling;
  #closed = false;

  /** Results by format: {blob, url, file, size, width, height, lossless, isOld}. */
  results = {};

  /** `changed(text)` is called when something has begun or ended, where it is worth it with a sentence about it. */
  constructor({ file, pool, settings, changed, closed }) {
    this.file = file;
    this.#pool = pool;
    this.#common = settings;
    this.#changed = changed;
    this.#url = URL.createObjectURL(file);
    this.card = new Card({
      name: file.name,
      size: file.size,
      on: {
        close: () => { this.close(); closed(this); },
        pick: (format) => this.#show(format),
        make: (format) => this.#make(format),
        cancel: (format) => this.#cancel(format),
        left: (format) => { this.#left = format; this.#showLeft(); },
        own: { common: () => this.#settings, changed: (values) => this.#setOwn(values) },
      },
    });
    this.#begin();
  }

  /** Nothing is waited for. */
  get isSettled() {
    return this.#tasks.size === 0;
  }

  /** The shortest of what is there, the original included: {format, blob, file}. */
  get smallest() {
    const { file } = this;
    return this.fresh.reduce((best, one) => (one.size < best.size ? one : best), { blob: file, file: file.name, size: file.size });
  }

  /** The results under the current settings. */
  get fresh() {
    return Object.values(this.results).filter(({ isOld }) => !isOld);
  }

  get #settings() {
    return this.#own ?? this.#common;
  }

  /** Makes the results again, unless the picture has settings of its own. */
  convert(settings) {
    this.#common = settings;
    if (!this.#own) this.#convert();
  }

  /** Cancels everything and gives the memory back. */
  close() {
    this.#closed = true;
    this.#abort();
    FORMATS.forEach((format) => this.#drop(format));
    URL.revokeObjectURL(this.#url);
    this.#drawn = {};
    this.card.element.remove();
  }

  async #begin() {
    const signal = this.#task('probe');
    try {
      const { value } = await this.#pool.run({ blob: this.file, signal });
      this.#probe = value;
      if (value.animated && !MOVING.includes(value.format)) {
        this.#keep();
        return;
      }
      if (!value.convertible) await this.#draw();
    } catch (error) {
      this.#done('probe', signal);
      if (error.kind !== 'cancelled' && !this.#closed) this.#fail(error);
      return;
    }
    if (this.#closed) return;
    const { width, height, format, alpha } = this.#probe;
    this.card.facts(`${NAMES[format]}, ${size(width, height)}, ${bytes(this.file.size)}`);
    this.card.viewer.setAlpha(alpha);
    this.card.viewer.setSize(width, height);
    this.card.viewer.setAfter(undefined, '');
    this.#showLeft();
    this.#convert();
    this.#done('probe', signal);
    this.#changed();
  }

  /** Has the browser read what the engine can't, and takes the size from there. */
  async #draw() {
    const { format } = this.#probe;
    if (!isForBrowser(format)) throw new Error(`${NAMES[format]} can't be read yet.`);
    const known = format === 'svg' ? await measure(this.file) : await this.#source();
    this.#probe = { ...this.#probe, width: known.width, height: known.height, alpha: true };
  }

  /** What the engine converts: the file, or the PNG that the browser makes of it. */
  async #source() {
    const { format, convertible, width, height } = this.#probe;
    if (convertible) return { blob: this.file };
    // Only an SVG is drawn anew for every size.
    const wanted = format === 'svg' ? fit(this.#settings.size, { width, height }, true) : {};
    const key = JSON.stringify(wanted);
    if (this.#drawn.key !== key) this.#drawn = { key, drawn: draw(this.file, format, wanted) };
    return this.#drawn.drawn;
  }

  #setOwn(values) {
    // A field is wrong: as it was.
    if (values === undefined) return;
    this.#own = values ?? undefined;
    this.card.element.classList.toggle('has-own', Boolean(this.#own));
    clearTimeout(this.#settling);
    this.#task('settling');
    this.#changed();
    this.#settling = setTimeout(() => { this.#convert(); this.#changed(); }, SETTLE_MILLISECONDS);
  }

  #convert() {
    if (!this.#probe || this.#closed) return;
    this.#abort();
    const { formats } = this.#settings;
    this.card.show(formats);
    FORMATS.forEach((format) => {
      if (!formats.includes(format)) this.#drop(format);
      else this.#offer(format);
    });
    this.#sayBest();
  }

  #offer(format) {
    const { lossless, effort } = this.#settings;
    const row = this.card.row(format);
    const expected = this.#expected(format);
    if (this.#probe.animated && format !== MOVES) {
      this.#drop(format);
      row.none(`what moves becomes ${LABELS[MOVES]} alone`);
    } else if (lossless && !LOSSLESS.includes(format)) {
      this.#drop(format);
      row.none(`${LABELS[format]} is never lossless here`);
    } else if (expected > HELD_ABOVE) {
      this.#drop(format);
      row.held(`${this.#megapixels().toPrecision(2)} megapixels at effort ${effort}: about ${roughly(expected)}`);
    } else {
      this.#make(format);
    }
  }

  async #make(format) {
    const signal = this.#task(format);
    const row = this.card.row(format);
    const expected = this.#expected(format);
    row.waiting(expected);
    if (this.results[format]) this.results[format].isOld = true;
    this.#sayBest();
    const onstart = () => row.working(expected);
    try {
      const { blob } = await this.#source();
      if (signal.aborted) return;
      const options = this.#options(format);
      const made = await this.#pool.run({ blob, options, slow: Boolean(expected), signal, onstart });
      this.#done(format, signal);
      if (made.value.kept) {
        this.#keep();
        return;
      }
      if (expected && !options.targetSize) learn(this.#megapixels(), options.effort, made.milliseconds);
      this.#take(format, made);
    } catch (error) {
      this.#done(format, signal);
      if (error.kind === 'cancelled' || signal.aborted) return;
      this.#drop(format);
      row.failed(sentence(error));
      this.#sayBest();
      this.#changed(`${this.file.name}: no ${LABELS[format]}. ${sentence(error)}`);
    }
  }

  #options(format) {
    const { quality, effort, lossless, keep, target, size: wanted } = this.#settings;
    const options = { format, quality, effort, lossless: lossless || undefined, keepMetadata: keep, targetSize: target };
    // An SVG has been drawn in that size.
    if (this.#probe.format === 'svg') return options;
    if (!wanted.percent) return { ...options, ...wanted };
    // One side is enough; both would be rounded apart.
    const side = this.#probe.width >= this.#probe.height ? 'width' : 'height';
    return { ...options, [side]: fit(wanted, this.#probe)[side] };
  }

  #cancel(format) {
    this.#tasks.get(format)?.abort();
    this.#tasks.delete(format);
    this.#drop(format);
    this.card.row(format).held('cancelled');
    this.#sayBest();
    this.#changed(`${this.file.name}: ${LABELS[format]} cancelled`);
  }

  #take(format, { value, milliseconds }) {
    const old = this.results[format];
    const { width, height, lossless } = value;
    const blob = new Blob([value.bytes], { type: value.mediaType });
    const extension = format === 'jpeg' ? 'jpg' : format;
    const file = `${this.file.name.replace(/\.[^.]*$/, '') || 'picture'}.${extension}`;
    const url = URL.createObjectURL(blob);
    this.results[format] = { format, blob, url, file, size: blob.size, width, height, lossless };
    this.card.row(format).done({ size: blob.size, milliseconds, lossless, url, file });
    if (!this.results[this.#right] || this.#right === format) this.#show(format);
    this.#showLeft();
    if (old) URL.revokeObjectURL(old.url);
    this.#sayBest();
    const share = saved(this.file.size, blob.size).replace('−', 'smaller by ').replace('+', 'larger by ');
    this.#changed(`${this.file.name}: ${LABELS[format]}, ${bytes(blob.size)}, ${share}`);
  }

  #show(format) {
    const { url, width, height } = this.results[format];
    this.#right = format;
    this.card.row(format).pick();
    this.card.viewer.setSize(width, height);
    this.card.viewer.setAfter(url, this.#label(format));
    const from = size(this.#probe.width, this.#probe.height);
    const to = size(width, height);
    this.card.facts(`${NAMES[this.#probe.format]}, ${from}${to === from ? '' : ` → ${to}`}${this.#own ? `, ${brief(this.#own)}` : ''}`);
  }

  #showLeft() {
    const { viewer } = this.card;
    const formats = FORMATS.filter((format) => this.results[format]);
    if (!this.results[this.#left]) this.#left = 'original';
    viewer.setChoices([['original', 'Original'], ...formats.map((format) => [format, this.#label(format)])], this.#left);
    const { name } = this.file;
    if (this.#left === 'original') viewer.setBefore(this.#url, `${name}, the original`, () => this.#preview());
    else viewer.setBefore(this.results[this.#left].url, `${name} as ${this.#label(this.#left)}`);
  }

  #label(format) {
    const { size: length, lossless } = this.results[format];
    return `${LABELS[format]}, ${lossless ? 'lossless, ' : ''}${bytes(length)}`;
  }

  /** For a format that browsers don't show, such as TIFF: the original's pixels as a lossless WebP. */
  async #preview() {
    if (!this.#probe.convertible) return;
    try {
      const options = { format: 'webp', lossless: true, effort: 0 };
      const { value } = await this.#pool.run({ blob: this.file, options });
      if (this.#closed) return;
      URL.revokeObjectURL(this.#url);
      this.#url = URL.createObjectURL(new Blob([value.bytes], { type: value.mediaType }));
      if (this.#left === 'original') this.card.viewer.setBefore(this.#url, `${this.file.name}, the original`);
    } catch {
      // The rows say what is wrong with the picture; the comparison then lacks its left side.
    }
  }

  #sayBest() {
    const best = this.smallest;
    if (best.format) this.card.best(`${LABELS[best.format]} ${saved(this.file.size, best.size)}`, true);
    else if (!this.isSettled) this.card.best('working…');
    else this.card.best(this.fresh.length > 0 ? 'no gain' : '');
  }

  #fail(error) {
    const text = sentence(error);
    this.card.fail(text);
    this.#changed(`${this.file.name}: ${text}`);
  }

  /** It moves, in a format whose frames are not read here. */
  #keep() {
    this.#abort();
    FORMATS.forEach((format) => this.#drop(format));
    const { format } = this.#probe;
    // Without it no change of settings starts anything.
    this.#probe = undefined;
    const text = `It moves, and a moving ${NAMES[format]} is not read: keep it as it is.`;
    this.card.keep(text);
    this.#changed(`${this.file.name}: ${text}`);
  }

  #task(name) {
    this.#tasks.get(name)?.abort();
    const gone = new AbortController();
    this.#tasks.set(name, gone);
    return gone.signal;
  }

  #done(name, signal) {
    if (this.#tasks.get(name)?.signal === signal) this.#tasks.delete(name);
  }

  #abort() {
    this.#tasks.forEach((task) => task.abort());
    this.#tasks.clear();
  }

  #drop(format) {
    this.card.row(format).stop();
    const old = this.results[format];
    if (!old) return;
    delete this.results[format];
    if (!this.#closed) {
      if (this.#left === format) this.#showLeft();
      const [other] = FORMATS.filter((one) => this.results[one]);
      if (this.#right === format && other) this.#show(other);
      else if (this.#right === format) this.card.viewer.setAfter(undefined, '');
    }
    URL.revokeObjectURL(old.url);
  }

  /** The milliseconds that a slow format is likely to take; nothing for a quick one. */
  #expected(format) {
    const { effort, target } = this.#settings;
    return format === 'avif' ? estimate(this.#megapixels(), effort, Boolean(target)) : undefined;
  }

  /** Of the result under the current settings. */
  #megapixels() {
    const { width, height } = fit(this.#settings.size, this.#probe, this.#probe.format === 'svg');
    return width * height / 1e6;
  }
}
