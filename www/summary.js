// What stands above the pictures: how far they are, what was saved, and all of them as one file.

import { LABELS, bytes, saved } from './text.js';
import { zip } from './zip.js';

const KINDS = { smallest: 'Smallest of each', webp: 'All WebP', avif: 'All AVIF', jpeg: 'All JPEG', png: 'All PNG' };

export class Summary {
  #root;
  #pictures;
  #zips = {};

  /** `pictures`: a set that others change; `refresh` is called after that. */
  constructor(root, pictures) {
    this.#root = root;
    this.#pictures = pictures;
    for (const [kind, label] of Object.entries(KINDS)) {
      const button = document.createElement('button');
      const ending = Object.assign(document.createElement('small'), { textContent: '.zip' });
      Object.assign(button, { type: 'button', className: 'button is-small', hidden: true });
      button.append(label, ending);
      button.addEventListener('click', () => this.#download(kind));
      this.#zips[kind] = button;
    }
    this.#part('#zips').append(...Object.values(this.#zips));
  }

  refresh() {
    const all = [...this.#pictures];
    const made = all.filter(({ results }) => Object.keys(results).length > 0);
    const before = made.reduce((sum, { file }) => sum + file.size, 0);
    const after = made.reduce((sum, { file, results }) =>
      sum + Math.min(file.size, ...Object.values(results).map((result) => result.size)), 0);
    this.#root.hidden = all.length === 0;
    this.#part('#figure').hidden = made.length === 0;
    this.#part('#figure').textContent = saved(before, after);
    const heading = document.createElement('strong');
    heading.append(...(made.length ? [whole(bytes(before)), ' → ', whole(bytes(after))] : ['No result yet']));
    this.#part('#total').replaceChildren(heading, how(made.length, after < before));
    this.#sayProgress(all);
    this.#offerZips(all);
  }

  /** Something is about to begin. */
  expect() {
    this.#root.dataset.state = 'busy';
  }

  #sayProgress(all) {
    const settled = all.filter(({ isSettled }) => isSettled).length;
    const isBusy = settled < all.length;
    const bar = this.#part('#progress-bar');
    this.#part('#progress').hidden = !isBusy || all.length < 2;
    [bar.max, bar.value] = [all.length, settled];
    this.#part('#progress-text').textContent = `${settled} of ${all.length} done`;
    this.#root.dataset.state = isBusy ? 'busy' : 'settled';
  }

  #offerZips(all) {
    const fresh = all.filter((picture) => picture.fresh.length > 0);
    const count = (kind) => fresh.filter((picture) => picture.fresh.some(({ format }) => format === kind)).length;
    const kinds = Object.keys(LABELS).filter((format) => count(format) > 1);
    for (const kind of Object.keys(KINDS)) {
      this.#zips[kind].hidden = kind === 'smallest' ? fresh.length < 2 : !kinds.includes(kind);
    }
    this.#part('#zips').hidden = fresh.length < 2;
  }

  async #download(kind) {
    const pictures = [...this.#pictures].filter((picture) => picture.fresh.length > 0);
    const chosen = pictures.map((picture) => {
      const one = kind === 'smallest' ? picture.smallest : picture.fresh.find(({ format }) => format === kind);
      return one && { blob: one.blob, name: one.file, date: picture.file.lastModified };
    });
    const files = unlike(chosen.filter(Boolean));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await zip(files));
    link.download = `slimpix-${kind}.zip`;
    link.click();
    // The download has its own hold of the blob once it has begun.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  #part(selector) {
    return this.#root.querySelector(selector);
  }
}

/** Of the same name there is only one: the others have a number. */
function unlike(files) {
  const taken = new Set();
  return files.map((file) => {
    let { name } = file;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) {
      name = file.name.replace(/(\.[^.]*)?$/, (ending) => `-${number}${ending}`);
    }
    taken.add(name.toLowerCase());
    return { ...file, name };
  });
}

/** What no line ends within. */
function whole(text) {
  return Object.assign(document.createElement('span'), { textContent: text });
}

function how(count, isSmaller) {
  if (count > 0 && !isSmaller) return 'the originals are the smallest';
  return count > 1 ? `${count} pictures` : '';
}
