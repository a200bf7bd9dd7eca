// One picture: its file, its results under the current settings, and the tasks that make them.

import { Card } from './card.js';
import { HELD_ABOVE, estimate, learn } from './pace.js';
import { bytes, roughly, saved, size } from './text.js';

const LABELS = { webp: 'WebP', avif: 'AVIF' };
const NAMES = {
  jpeg: 'JPEG', png: 'PNG', gif: 'GIF', bmp: 'BMP', webp: 'WebP', ico: 'ICO', tiff: 'TIFF', avif: 'AVIF', heic: 'HEIC',
  jxl: 'JPEG XL', svg: 'SVG',
};

export class Picture {
  #pool;
  #abort = new AbortController();
  #probe;
  #settings;
  #shown;
  #url;
  #changed;
  #closed = false;

  /** Results by format: {blob, url, file, size, width, height}. */
  results = {};

  /** `changed(text)` is called after each result, with a sentence about it. */
  constructor({ file, pool, settings, changed, closed }) {
    this.file = file;
    this.#pool = pool;
    this.#settings = settings;
    this.#changed = changed;
    this.#url = URL.createObjectURL(file);
    this.card = new Card({
      name: file.name,
      size: file.size,
      onclose: () => { this.close(); closed(this); },
      onpick: (format) => this.#show(format),
      onmake: (format) => this.#make(format),
    });
    this.#begin();
  }


  /** Makes the results again. What runs for the old settings is cancelled. */
  convert(settings) {
    this.#settings = settings;
    if (!this.#probe) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#make('webp');
    this.#offerAvif();
  }

  /** Cancels everything and gives the memory back. */
  close() {
    this.#closed = true;
    this.#abort.abort();
    Object.keys(LABELS).forEach((format) => this.#drop(format));
    URL.revokeObjectURL(this.#url);
    this.card.element.remove();
  }

  async #begin() {
    try {
      const { value } = await this.#pool.run({ blob: this.file, signal: this.#abort.signal });
      if (!value.convertible) throw new Error(`${NAMES[value.format]} can't be read yet.`);
      this.#probe = value;
    } catch (error) {
      if (error.kind !== 'cancelled') this.#fail(error);
      return;
    }
    const { width, height, format, alpha } = this.#probe;
    this.card.facts(`${NAMES[format]}, ${size(width, height)}, ${bytes(this.file.size)}`);
    this.card.viewer.setAlpha(alpha);
    this.card.viewer.setSize(width, height);
    this.card.viewer.setAfter(undefined, '');
    this.card.viewer.setBefore(this.#url, this.file.name, () => this.#preview());
    this.convert(this.#settings);
  }

  #fail(error) {
    const text = sentence(error);
    this.card.fail(text);
    this.#changed(`${this.file.name}: ${text}`);
  }

  /** It moves, and a still would not be the same. */
  #keep() {
    this.#abort.abort();
    Object.keys(LABELS).forEach((format) => this.#drop(format));
    // Without it no change of settings starts anything.
    this.#probe = undefined;
    const text = 'It moves, and moving pictures are not converted yet: keep it as it is.';
    this.card.keep(text);
    this.#changed(`${this.file.name}: ${text}`);
  }

  /** For a format that browsers don't show, such as TIFF: the original's pixels as a lossless WebP. */
  async #preview() {
    try {
      const options = { format: 'webp', lossless: true, effort: 0 };
      const { value } = await this.#pool.run({ blob: this.file, options });
      if (this.#closed) return;
      URL.revokeObjectURL(this.#url);
      this.#url = URL.createObjectURL(new Blob([value.bytes], { type: value.mediaType }));
      this.card.viewer.setBefore(this.#url, this.file.name, null);
    } catch {
      // The rows say what is wrong with the picture; the comparison then lacks its left side.
    }
  }

  #offerAvif() {
    const { avif, lossless, effort } = this.#settings;
    const row = this.card.row('avif');
    const megapixels = this.#megapixels();
    const expected = estimate(megapixels, effort);
    if (avif && !lossless && expected <= HELD_ABOVE) {
      this.#make('avif');
      return;
    }
    this.#drop('avif');
    if (!avif) row.none('off');
    else if (lossless) row.none('WebP only when lossless');
    else row.held(`${megapixels.toPrecision(2)} megapixels at effort ${effort}: about ${roughly(expected)}`);
  }

  async #make(format) {
    const { signal } = this.#abort;
    const { quality, effort, width, lossless, keep } = this.#settings;
    const megapixels = this.#megapixels();
    const isSlow = format === 'avif';
    const row = this.card.row(format);
    row.waiting();
    const options = { format, quality, effort, width, lossless: lossless || undefined, keepMetadata: keep };
    const onstart = () => row.working(isSlow ? estimate(megapixels, effort) : undefined);
    try {
      const made = await this.#pool.run({ blob: this.file, options, slow: isSlow, signal, onstart });
      if (made.value.kept) {
        this.#keep();
        return;
      }
      if (isSlow) learn(megapixels, effort, made.milliseconds);
      this.#take(format, made);
    } catch (error) {
      if (error.kind === 'cancelled') return;
      this.#drop(format);
      row.failed(sentence(error));
      this.#changed(`${this.file.name}: no ${LABELS[format]}. ${sentence(error)}`);
    }
  }

  #take(format, { value, milliseconds }) {
    const old = this.results[format];
    const blob = new Blob([value.bytes], { type: value.mediaType });
    const file = `${this.file.name.replace(/\.[^.]*$/, '') || 'picture'}.${format}`;
    const url = URL.createObjectURL(blob);
    this.results[format] = { blob, url, file, size: blob.size, width: value.width, height: value.height };
    this.card.row(format).done({ size: blob.size, milliseconds, url, file });
    if (!this.#shown || this.#shown === format || !this.results[this.#shown]) this.#show(format);
    if (old) URL.revokeObjectURL(old.url);
    const share = saved(this.file.size, blob.size).replace('−', 'smaller by ').replace('+', 'larger by ');
    this.#changed(`${this.file.name}: ${LABELS[format]}, ${bytes(blob.size)}, ${share}`);
  }

  #show(format) {
    const { url, width, height, size: length } = this.results[format];
    this.#shown = format;
    this.card.row(format).pick();
    this.card.viewer.setSize(width, height);
    this.card.viewer.setAfter(url, `${LABELS[format]}, ${bytes(length)}`);
    const from = size(this.#probe.width, this.#probe.height);
    const to = size(width, height);
    this.card.facts(`${NAMES[this.#probe.format]}, ${from}${to === from ? '' : ` → ${to}`}`);
  }

  #drop(format) {
    this.card.row(format).stop();
    if (!this.results[format]) return;
    URL.revokeObjectURL(this.results[format].url);
    delete this.results[format];
    if (this.#closed || this.#shown !== format) return;
    const other = Object.keys(this.results)[0];
    if (other) this.#show(other);
    else this.card.viewer.setAfter(undefined, '');
  }

  /** Of the result under the current settings. */
  #megapixels() {
    const { width, height } = this.#probe;
    const scale = Math.min(1, (this.#settings.width ?? width) / width);
    return width * height * scale * scale / 1e6;
  }
}

/** What went wrong, for people. */
function sentence({ kind, message }) {
  const text = message ? message[0].toUpperCase() + message.slice(1) : 'Something went wrong';
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  switch (kind) {
    case 'memory': return 'There is no memory left for this picture. A smaller width may help.';
    case 'malformed': return `The picture is damaged: ${message}.`;
    case 'trap': return `The engine stopped (${message}). Please report the picture.`;
    case 'unloaded': return `The engine could not be loaded: ${message}. With a network, reload the page.`;
    case 'unreadable': return 'The file could not be read.';
    default: return ended;
  }
}
