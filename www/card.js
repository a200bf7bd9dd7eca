// A picture's card: its name, the comparison, a row for the original and each result, and settings of its own.
//
// Owns the elements and what they say; knows nothing of engines or tasks. Folded, a card is one line of a list.

import { Row } from './row.js';
import { Settings } from './settings.js';
import { LABELS, bytes } from './text.js';
import { Viewer } from './viewer.js';

let count = 0;

export class Card {
  #rows = {};
  #toggle;
  #own;

  /** `on` has what is called for what the user does: close, pick, make, cancel, left, own. */
  constructor({ name, size, on }) {
    count += 1;
    this.element = document.getElementById('card').content.cloneNode(true).firstElementChild;
    this.#part('.card-name').textContent = name;
    this.facts(bytes(size));
    this.#part('.card-title').id = `name-${count}`;
    this.#part('.card-name').title = name;
    this.element.setAttribute('aria-labelledby', `name-${count}`);
    this.#part('.card-close').setAttribute('aria-label', `Remove ${name}`);
    this.#part('.card-close').addEventListener('click', on.close);
    this.#toggle = this.#part('.card-toggle');
    this.#toggle.addEventListener('click', () => this.fold(this.#toggle.ariaExpanded === 'true'));
    this.viewer = new Viewer(this.#part('.viewer'), on.left);
    for (const format of Object.keys(LABELS)) {
      const group = `show-${count}`;
      this.#rows[format] = new Row({
        format, name, original: size, group, onpick: on.pick, onmake: on.make, oncancel: on.cancel,
      });
      this.#part('.rows').append(this.#rows[format].element);
    }
    this.row('original').done({ size });
    this.#setUpOwn(on.own);
  }

  row(format) {
    return this.#rows[format];
  }

  /** Shows the rows of these formats, and that of the original. */
  show(formats) {
    for (const [format, row] of Object.entries(this.#rows)) {
      row.element.hidden = format !== 'original' && !formats.includes(format);
    }
    this.#part('.own').hidden = false;
  }

  facts(text) {
    this.#part('.card-facts').textContent = text;
  }

  /** What the line says of the results when all else is folded away. */
  best(text, hasWon = false) {
    this.#part('.card-best').textContent = text;
    this.#part('.card-best').classList.toggle('has-won', hasWon);
  }

  fold(on) {
    this.element.classList.toggle('is-folded', on);
    this.#part('.card-body').hidden = on;
    this.#toggle.ariaExpanded = String(!on);
  }

  focus() {
    this.#toggle.focus();
  }

  /** The picture can't be converted at all. */
  fail(text) {
    this.#instead('is-failed', text);
    this.best('not converted');
  }

  /** The picture is best left as it is. */
  keep(text) {
    this.#instead('is-kept', text);
    this.best('kept as it is');
  }

  /** The form is made when it is first looked for; until then, and after its reset, `own` gets nothing. */
  #setUpOwn(own) {
    const place = this.#part('.own');
    place.addEventListener('toggle', () => {
      if (!place.open || this.#own) return;
      const form = place.querySelector('form');
      this.#own = new Settings(form, { values: own.common(), onchange: () => own.changed(this.#own.values) });
      const reset = form.querySelector('[type="reset"]');
      reset.type = 'button';
      reset.textContent = 'As all the others';
      reset.addEventListener('click', () => {
        this.#own = undefined;
        form.replaceWith(form.cloneNode(false));
        place.open = false;
        place.querySelector('summary').focus();
        own.changed(null);
      });
    });
  }

  #instead(state, text) {
    this.element.classList.add(state);
    this.#part('.rows').hidden = true;
    this.#part('.own').hidden = true;
    const words = this.#part('.card-words');
    words.hidden = false;
    words.textContent = text;
  }

  #part(selector) {
    return this.element.querySelector(selector);
  }
}
