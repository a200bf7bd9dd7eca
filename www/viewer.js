// The before/after picture: two images of one shape, a line between them, and actual size. On the left is the original, or
// whichever result is chosen there.
//
// The line is a slider for pointer and keyboard. At actual size a drag on the picture moves the picture.

const STEPS = new Map([
  ['ArrowLeft', -2], ['ArrowDown', -2], ['ArrowRight', 2], ['ArrowUp', 2], ['PageDown', -10], ['PageUp', 10],
  ['Home', -100], ['End', 100],
]);
const PANS = new Map([['ArrowLeft', [-48, 0]], ['ArrowRight', [48, 0]], ['ArrowUp', [0, -48]], ['ArrowDown', [0, 48]]]);

export class Viewer {
  #root;
  #stage;
  #handle;
  #before;
  #after;
  #zoom;
  #choice;
  #split = 50;
  #label = '';
  #size = { width: 0, height: 0 };
  #pan = { x: 0, y: 0 };

  /** `onleft(value)` is called for what is chosen for the left side. */
  constructor(root, onleft) {
    this.#root = root;
    this.#stage = root.querySelector('.stage');
    this.#handle = root.querySelector('.handle');
    this.#before = root.querySelector('.side-before img');
    this.#after = root.querySelector('.side-after img');
    this.#zoom = root.querySelector('.zoom');
    this.#choice = root.querySelector('.chip-before');
    this.#choice.addEventListener('change', () => onleft(this.#choice.value));
    this.#stage.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#handle.addEventListener('keydown', (event) => this.#key(event));
    this.#zoom.addEventListener('click', () => this.#setZoom(!this.isZoomed));
    new ResizeObserver(() => this.#layOut()).observe(this.#stage);
    this.#setSplit(50);
  }

  get isZoomed() {
    return this.#stage.classList.contains('is-zoomed');
  }

  /** Shows a picture on the left. Calls `onfail` if this browser can't show it. */
  setBefore(url, alt, onfail = null) {
    this.#before.alt = alt;
    this.#before.onerror = onfail;
    if (this.#before.getAttribute('src') !== url) this.#before.src = url;
  }

  /** What the left side may be: [value, label] each. */
  setChoices(choices, chosen) {
    const options = choices.map(([value, label]) => new Option(label, value, value === chosen, value === chosen));
    this.#choice.replaceChildren(...options);
    this.#choice.disabled = options.length < 2;
    this.#setSplit(this.#split);
  }

  /** Whether something may show through. */
  setAlpha(has) {
    this.#stage.classList.toggle('has-alpha', has);
  }

  /** The shape of both sides, in pixels of the result. */
  setSize(width, height) {
    this.#root.hidden = false;
    this.#size = { width, height };
    this.#stage.style.setProperty('--width', width);
    this.#stage.style.setProperty('--height', height);
    this.#layOut();
  }

  /** Shows a result on the right; without a URL, the left side alone. */
  setAfter(url, label) {
    this.#label = label;
    this.#stage.classList.toggle('is-alone', !url);
    this.#root.querySelector('.chip-after').textContent = label;
    this.#after.alt = url ? `the same as ${label}` : '';
    if (url) this.#after.src = url;
    else this.#after.removeAttribute('src');
    this.#setSplit(this.#split);
  }

  #setSplit(percent) {
    this.#split = Math.min(100, Math.max(0, percent));
    this.#stage.style.setProperty('--split', `${this.#split}%`);
    const whole = Math.round(this.#split);
    this.#handle.setAttribute('aria-valuenow', whole);
    this.#handle.setAttribute('aria-valuetext', `${whole}% ${this.#choice.selectedOptions[0]?.label ?? 'Original'}, ${100 - whole}% ${this.#label || 'result'}`);
    this.#stage.classList.toggle('is-far-left', this.#split < 18);
    this.#stage.classList.toggle('is-far-right', this.#split > 82);
  }

  #key(event) {
    const pan = event.shiftKey && this.isZoomed && PANS.get(event.key);
    const step = STEPS.get(event.key);
    if (!pan && step === undefined) return;
    event.preventDefault();
    if (pan) this.#setPan(this.#pan.x + pan[0], this.#pan.y + pan[1]);
    else this.#setSplit(this.#split + step);
  }

  #drag(event) {
    const isButton = this.#zoom.contains(event.target) || this.#choice.contains(event.target);
    if (event.button !== 0 || isButton || this.#stage.classList.contains('is-alone')) return;
    const pans = this.isZoomed && !this.#handle.contains(event.target);
    const from = { x: event.clientX + this.#pan.x, y: event.clientY + this.#pan.y };
    const move = ({ clientX, clientY }) => {
      if (pans) {
        this.#setPan(from.x - clientX, from.y - clientY);
      } else {
        const box = this.#stage.getBoundingClientRect();
        this.#setSplit((clientX - box.left) / box.width * 100);
      }
    };
    this.#stage.setPointerCapture(event.pointerId);
    this.#stage.classList.add('is-dragging');
    const gone = new AbortController();
    const end = () => {
      this.#stage.classList.remove('is-dragging');
      gone.abort();
    };
    this.#stage.addEventListener('pointermove', move, { signal: gone.signal });
    this.#stage.addEventListener('lostpointercapture', end, { once: true });
    if (pans) return;
    // A finger that comes down may be about to scroll the page: the line follows only a sideways move or a tap.
    if (event.pointerType === 'touch') this.#stage.addEventListener('pointerup', move, { once: true, signal: gone.signal });
    else move(event);
  }

  #setZoom(on) {
    this.#stage.classList.toggle('is-zoomed', on);
    this.#zoom.setAttribute('aria-pressed', on);
    const { width, height } = this.#actual();
    this.#setPan((width - this.#stage.clientWidth) / 2, (height - this.#stage.clientHeight) / 2);
  }

  #setPan(x, y) {
    const { width, height } = this.#actual();
    this.#pan.x = Math.max(0, Math.min(x, width - this.#stage.clientWidth));
    this.#pan.y = Math.max(0, Math.min(y, height - this.#stage.clientHeight));
    this.#stage.style.setProperty('--pan-x', `${-Math.round(this.#pan.x)}px`);
    this.#stage.style.setProperty('--pan-y', `${-Math.round(this.#pan.y)}px`);
  }

  #layOut() {
    const { width, height } = this.#actual();
    this.#stage.style.setProperty('--actual-width', `${width}px`);
    this.#stage.style.setProperty('--actual-height', `${height}px`);
    const fits = width <= this.#stage.clientWidth * 1.05;
    this.#zoom.hidden = fits;
    if (fits && this.isZoomed) this.#setZoom(false);
    if (this.isZoomed) this.#setPan(this.#pan.x, this.#pan.y);
  }

  /** One pixel of the picture to one of the screen, in CSS pixels. */
  #actual() {
    const ratio = window.devicePixelRatio || 1;
    return { width: this.#size.width / ratio, height: this.#size.height / ratio };
  }
}
