// A form of settings, for all pictures or for one: its fields, what they say, and what is wrong with them.

const SIDES = { keep: [], percent: ['percent'], pixels: ['width', 'height'] };
let count = 0;

export class Settings {
  #form;
  #onchange;

  /** Fills a form with fields. `onchange()` is called for every change, sound or not. */
  constructor(form, { onchange, values }) {
    count += 1;
    this.#form = form;
    this.#onchange = onchange;
    form.append(document.getElementById('fields').content.cloneNode(true));
    if (count > 1) this.#makeUnique(`-${count}`);
    if (values) this.#fill(values);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => this.#changed());
    // The fields have their defaults only after the event.
    form.addEventListener('reset', () => setTimeout(() => this.#changed()));
    form.addEventListener('click', ({ target }) => this.#preset(target.dataset));
    this.#say();
  }

  /** What is wanted, or nothing while a field is wrong. */
  get values() {
    if (this.#check().size > 0) return undefined;
    const { quality, effort, target, lossless, keep } = this.#form.elements;
    return {
      formats: this.#formats(),
      quality: quality.valueAsNumber,
      effort: effort.valueAsNumber,
      target: target.value ? Math.round(target.valueAsNumber * 1000) : undefined,
      lossless: lossless.checked,
      keep: keep.checked,
      size: this.#size(),
    };
  }

  #formats() {
    return [...this.#form.elements.formats].filter(({ checked }) => checked).map(({ value }) => value);
  }

  #size() {
    const { sizing, ...fields } = named(this.#form, ['sizing', 'percent', 'width', 'height']);
    const given = SIDES[sizing.value].filter((name) => fields[name].value);
    return Object.fromEntries(given.map((name) => [name, fields[name].valueAsNumber]));
  }

  #fill({ formats, quality, effort, target, lossless, keep, size }) {
    const fields = this.#form.elements;
    fields.formats.forEach((box) => { box.checked = formats.includes(box.value); });
    fields.sizing.value = size.percent ? 'percent' : size.width || size.height ? 'pixels' : 'keep';
    Object.entries({ quality, effort, target: target && target / 1000, percent: 50, ...size }).forEach(([name, value]) => {
      fields[name].value = value ?? '';
    });
    fields.lossless.checked = lossless;
    fields.keep.checked = keep;
  }

  #preset({ percent, side }) {
    const { elements } = this.#form;
    if (percent) elements.percent.value = percent;
    else if (side) [elements.width, elements.height].forEach((field) => { field.value = side; });
    else return;
    this.#changed();
  }

  #changed() {
    this.#say();
    this.#onchange();
  }

  /** What is wrong, by the field's name. */
  #check() {
    const { elements } = this.#form;
    const wrong = new Map();
    if (this.#formats().length === 0) wrong.set('formats', 'Choose one format at least.');
    for (const name of ['target', ...SIDES[elements.sizing.value]]) {
      const text = complaint(elements[name]);
      if (text) wrong.set(name, text);
    }
    return wrong;
  }

  #say() {
    const { elements } = this.#form;
    const part = (selector) => this.#form.querySelector(selector);
    for (const kind of ['percent', 'pixels']) part(`[data-sizing="${kind}"]`).hidden = elements.sizing.value !== kind;
    const isLossless = elements.lossless.checked;
    part('[data-text="quality"]').textContent = isLossless ? 'lossless' : elements.quality.value;
    part('[data-text="effort"]').textContent = elements.effort.value;
    elements.quality.disabled = isLossless;
    for (const range of [elements.quality, elements.effort]) {
      range.style.setProperty('--fill', (range.value - range.min) / (range.max - range.min));
    }
    const wrong = this.#check();
    this.#form.querySelectorAll('.field-error').forEach((place) => sayError(place, wrong.get(place.dataset.for)));
    for (const field of ['target', 'percent', 'width', 'height']) elements[field].setAttribute('aria-invalid', wrong.has(field));
  }

  /** Labels and descriptions name their fields, and each form has its own. */
  #makeUnique(suffix) {
    for (const name of ['id', 'for', 'aria-describedby']) {
      this.#form.querySelectorAll(`[${name}]`).forEach((one) => one.setAttribute(name, one.getAttribute(name) + suffix));
    }
  }
}

/** The settings in a few words. */
export function brief({ quality, target, lossless, size: { percent, width, height } }) {
  const words = [lossless ? 'lossless' : `quality ${quality}`];
  if (target) words.push(`≤ ${target / 1000} kB`);
  if (percent) words.push(`${percent}%`);
  else if (width && height) words.push(`${width} × ${height} px`);
  else if (width || height) words.push(width ? `${width} px wide` : `${height} px high`);
  return words.join(', ');
}

/** The size of the result of a picture: it fits into the box, and is enlarged only if that is said. */
export function fit({ percent, width, height }, of, enlarges = false) {
  const ratio = percent ? percent / 100 : Math.min((width ?? Infinity) / of.width, (height ?? Infinity) / of.height);
  const scale = Number.isFinite(ratio) ? (enlarges ? ratio : Math.min(1, ratio)) : 1;
  return { width: Math.max(1, Math.round(of.width * scale)), height: Math.max(1, Math.round(of.height * scale)) };
}

/** What is wrong with a number, in words. */
function complaint(field) {
  const { badInput, rangeUnderflow, rangeOverflow, stepMismatch, valid } = field.validity;
  if (valid) return '';
  const name = field.dataset.name;
  const whole = field.step === '1' ? 'a whole number ' : '';
  if (badInput) return `${name} must be a number.`;
  if (rangeUnderflow || rangeOverflow || stepMismatch) {
    const most = Number(field.max).toLocaleString('en');
    return `${name} must be ${whole}from ${field.min} to ${most}; ${field.value} is not.`;
  }
  return field.validationMessage;
}

function sayError(place, text = '') {
  place.hidden = !text;
  if (place.textContent === text) return;
  place.textContent = text;
  if (text) place.setAttribute('role', 'alert');
}

function named(form, names) {
  return Object.fromEntries(names.map((name) => [name, form.elements[name]]));
}
