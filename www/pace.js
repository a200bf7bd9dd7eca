// How long AVIF takes here: a guess from the pixels, corrected by every picture that was made.

// Milliseconds a megapixel, by effort 0 to 6, as measured in wasm on one core of a server.
const GUESS = [1800, 2300, 3400, 3800, 5900, 23000, 24500];

/** What is likely to take longer, in milliseconds, is made only when asked for: 4 megapixels at the default effort. */
export const HELD_ABOVE = 25_000;

let factor = 1;

// A target size takes several tries, most of them ended early.
const TRIES = 4;

/** The milliseconds that a picture is likely to take. */
export function estimate(megapixels, effort, hasTarget = false) {
  return (100 + GUESS[effort] * megapixels * factor) * (hasTarget ? TRIES : 1);
}

/** Takes note of the milliseconds that a picture took. */
export function learn(megapixels, effort, milliseconds) {
  const seen = milliseconds / (100 + GUESS[effort] * megapixels);
  factor = factor === 1 ? seen : factor * 0.6 + seen * 0.4;
}
