// How long AVIF takes here: a guess from the pixels, corrected by every picture that was made.

// Milliseconds a megapixel on a laptop, by effort 0 to 6.
const GUESS = [900, 1300, 3500, 4500, 6000, 8000, 12000];

/** Above this many megapixels AVIF is made only when asked for. */
export const HELD_ABOVE = 4;

let factor = 1;

/** The milliseconds that a picture is likely to take. */
export function estimate(megapixels, effort) {
  return 100 + GUESS[effort] * megapixels * factor;
}

/** Takes note of the milliseconds that a picture took. */
export function learn(megapixels, effort, milliseconds) {
  const seen = milliseconds / (100 + GUESS[effort] * megapixels);
  factor = factor === 1 ? seen : factor * 0.6 + seen * 0.4;
}
