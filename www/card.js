// A picture's card: its name, the comparison, and a row for the original and each result.
//
// Owns the elements and what they say; knows nothing of engines or tasks.

import { bytes, duration, roughly, saved } from './text.js';
import { Viewer } from './viewer.js';

const LABELS = { original: 'Original', webp: 'WebP', avif: 'AVIF' };
let count = 0;

export class Card {
  #rows = {};

  /** `onclose()`, `onpick(format)` and `onmake(format)` are called for what the user does. */
  constructor({ name, size, onclose, onpick, onmake }) {
    count += 1;
    this.element = document.getElementById('card').content.cloneNode(true).firstElementChild;
    this.#text('.card-name', name);
    this.#text('.card-facts', bytes(size));
    const title = this.element.querySelector('.card-name');
    title.id = `name-${count}`;
    title.title = name;
    this.element.setAttribute('aria-labelledby', title.id);
    const close = this.element.querySelector('.card-close');
    close.setAttribute('aria-label', `Remove ${name}`);
    close.addEventListener('click', onclose);
    this.viewer = new Viewer(this.element.querySelector('.viewer'));
    const rows = this.element.querySelector('.rows');
    for (const format of Object.keys(LABELS)) {
      this.#rows[format] = new Row({ format, name, original: size, group: `show-${count}`, onpick, onmake });
      rows.append(this.#rows[format].element);
    }
    this.row('original').done({ size });
  }

  row(format) {
    return this.#rows[format];
  }

  facts(text) {
    this.#text('.card-facts', text);
  }

  /** The picture can't be converted at all. */
  fail(text) {
    this.#instead('is-failed', text);
  }

  /** The picture is best left as it is. */
  keep(text) {
    this.#instead('is-kept', text);
  }

  #instead(state, text) {
    this.element.classList.add(state);
    this.element.querySelector('.rows').hidden = true;
    const words = this.element.querySelector('.card-words');
    words.hidden = false;
    words.textContent = text;
  }

  #text(selector, text) {
    this.element.querySelector(selector).textContent = text;
  }
}

class Row {
  #format;
  #name;
  #original;
  #onmake;
  #ticker;

  constructor({ format, name, original, group, onpick, onmake }) {
    this.#format = format;
    this.#name = name;
    this.#original = original;
    this.#onmake = onmake;
    this.element = document.getElementById('row').content.cloneNode(true).firstElementChild;
    this.element.dataset.format = format;
    this.#part('name').textContent = LABELS[format];
    const radio = this.element.querySelector('input');
    if (format === 'original') {
      radio.remove();
    } else {
      radio.name = group;
      radio.disabled = true;
      radio.addEventListener('change', () => onpick(format));
    }
  }

  pick() {
    this.element.querySelector('input').checked = true;
  }

  waiting() {
    this.#state('waiting', { note: 'waiting' });
  }

  /** With `expected` milliseconds the bar shows how far it must be; without, that something goes on. */
  working(expected) {
    this.#state('working', { note: 'working…' });
    const bar = this.#part('bar');
    bar.setAttribute('role', 'progressbar');
    bar.setAttribute('aria-label', `Making the ${LABELS[this.#format]} of ${this.#name}`);
    if (!expected) return;
    const started = performance.now();
    const tick = () => {
      const elapsed = performance.now() - started;
      // Never full before it is: the last tenth is passed ever more slowly.
      const share = elapsed < expected * 0.9 ? elapsed / expected : 1 - 0.1 * 0.9 * expected / elapsed;
      const left = expected - elapsed;
      this.#part('note').textContent = left > 0 ? `about ${roughly(left)} left` : 'a little longer…';
      this.#bar(share);
      bar.setAttribute('aria-valuenow', Math.round(share * 100));
    };
    tick();
    this.element.dataset.state = 'timed';
    this.#ticker = setInterval(tick, 200);
  }

  /** `url` and `file` offer a download. */
  done({ size, milliseconds, url, file }) {
    const isOriginal = this.#format === 'original';
    const larger = !isOriginal && size >= this.#original;
    this.#state(larger ? 'larger' : 'done', {
      size: bytes(size),
      saved: isOriginal ? '' : saved(this.#original, size),
      note: isOriginal ? '' : larger ? 'no gain' : `in ${duration(milliseconds)}`,
      act: url ? this.#download(url, file) : undefined,
    });
    this.#bar(Math.min(1, size / this.#original));
    const radio = this.element.querySelector('input');
    if (radio) radio.disabled = false;
  }

  /** Not made unless the user asks. */
  held(note) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button is-small';
    button.textContent = `Make ${LABELS[this.#format]}`;
    button.addEventListener('click', () => this.#onmake(this.#format));
    this.#state('held', { note, act: button });
  }

  failed(note) {
    this.#state('failed', { note });
  }

  /** Not made, and why. */
  none(note) {
    this.#state('none', { note });
  }

  /** Ends what ticks. */
  stop() {
    clearInterval(this.#ticker);
  }

  #state(state, { size = '', saved: share = '', note = '', act }) {
    this.stop();
    this.element.dataset.state = state;
    this.#part('size').textContent = size;
    this.#part('saved').textContent = share;
    this.#part('note').textContent = note;
    this.#part('act').replaceChildren(...(act ? [act] : []));
    const bar = this.#part('bar');
    ['role', 'aria-label', 'aria-valuenow'].forEach((name) => bar.removeAttribute(name));
    this.#bar(0);
    const radio = this.element.querySelector('input');
    if (radio) radio.disabled = true;
  }

  #bar(share) {
    this.#part('bar').style.setProperty('--share', share);
  }

  #download(url, file) {
    const link = document.getElementById('download').content.cloneNode(true).firstElementChild;
    link.href = url;
    link.download = file;
    link.setAttribute('aria-label', `Download ${file}`);
    return link;
  }

  #part(name) {
    return this.element.querySelector(`.row-${name}`);
  }
}
