// A row of a card: the original, or the result in one format, from waiting to done.

import { LABELS, bytes, duration, roughly, saved } from './text.js';

export class Row {
  #format;
  #name;
  #original;
  #act;
  #ticker;

  /** `onpick(format)`, `onmake(format)` and `oncancel(format)` are called for what the user does. */
  constructor({ format, name, original, group, onpick, onmake, oncancel }) {
    this.#format = format;
    this.#name = name;
    this.#original = original;
    this.#act = { make: onmake, cancel: oncancel };
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

  waiting(canCancel) {
    this.#state('waiting', { note: 'waiting', act: canCancel && this.#button('cancel') });
  }

  /** With `expected` milliseconds the bar shows how far it must be; without, that something goes on. */
  working(expected) {
    this.#state('working', { note: 'working…', act: expected && this.#button('cancel') });
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
  done({ size, milliseconds, lossless, url, file }) {
    const isOriginal = this.#format === 'original';
    const larger = !isOriginal && size >= this.#original;
    const note = larger ? 'no gain' : `in ${duration(milliseconds)}`;
    this.#state(larger ? 'larger' : 'done', {
      size: bytes(size),
      saved: isOriginal ? '' : saved(this.#original, size),
      note: isOriginal ? '' : lossless ? `lossless, ${note}` : note,
      act: url && this.#download(url, file),
    });
    this.#bar(Math.min(1, size / this.#original));
    const radio = this.element.querySelector('input');
    if (radio) radio.disabled = false;
  }

  /** Not made unless the user asks. */
  held(note) {
    this.#state('held', { note, act: this.#button('make') });
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
    const hadFocus = this.#part('act').contains(document.activeElement);
    this.element.dataset.state = state;
    this.#part('size').textContent = size;
    this.#part('saved').textContent = share;
    this.#part('note').textContent = note;
    this.#part('act').replaceChildren(...(act ? [act] : []));
    if (hadFocus) act?.focus();
    const bar = this.#part('bar');
    ['role', 'aria-label', 'aria-valuenow'].forEach((name) => bar.removeAttribute(name));
    this.#bar(0);
    const radio = this.element.querySelector('input');
    if (radio) radio.disabled = true;
  }

  #bar(share) {
    this.#part('bar').style.setProperty('--share', share);
  }

  #button(act) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button is-small';
    button.textContent = act === 'make' ? `Make ${LABELS[this.#format]}` : 'Cancel';
    if (act === 'cancel') button.setAttribute('aria-label', `Cancel the ${LABELS[this.#format]} of ${this.#name}`);
    button.addEventListener('click', () => this.#act[act](this.#format));
    return button;
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
