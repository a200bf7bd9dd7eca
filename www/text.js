// Numbers as people read them.

/** What the formats that are made are called. */
export const LABELS = { original: 'Original', webp: 'WebP', avif: 'AVIF', jpeg: 'JPEG', png: 'PNG' };

const UNITS = ['byte', 'kB', 'MB', 'GB'];

/** 2413001 → "2.41 MB". Three digits, powers of a thousand. */
export function bytes(count) {
  if (count < 1000) return `${count} ${count === 1 ? 'byte' : 'bytes'}`;
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)} ${UNITS[unit]}`;
}

/** The share that `now` is smaller than `before`: "−83%", "+4%" or "0%". */
export function saved(before, now) {
  if (before === now) return '0%';
  const share = (now - before) / before * 100;
  const whole = Math.abs(share) < 9.95 ? Math.abs(share).toFixed(1) : Math.round(Math.abs(share));
  // A result that still has bytes has not saved all of them.
  const shown = share < 0 && whole === 100 ? '99.9' : whole;
  return `${share < 0 ? '−' : '+'}${shown}%`;
}

/** 840 → "0.8 s", 75000 → "1 min 15 s". */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 0.1) return `${Math.max(1, Math.round(milliseconds))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The same in whole seconds, for a guess. */
export function roughly(milliseconds) {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** 4032, 3024 → "4032 × 3024". */
export function size(width, height) {
  return `${width} × ${height}`;
}

/** What went wrong, for people. */
export function sentence({ kind, message }) {
  const text = message ? message[0].toUpperCase() + message.slice(1) : 'Something went wrong';
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  switch (kind) {
    case 'memory': return 'There is no memory left for this picture. A smaller size may help.';
    case 'malformed': return `The picture is damaged: ${message}.`;
    case 'larger': return 'No quality makes it that small. A smaller size may.';
    case 'trap': return `The engine stopped (${message}). Please report the picture.`;
    case 'unloaded': return `The engine could not be loaded: ${message}. With a network, reload the page.`;
    case 'unreadable': return 'The file could not be read. It may have been moved or changed.';
    default: return ended;
  }
}
