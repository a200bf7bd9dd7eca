// A picture to try the page with, drawn here: hills at dusk over water, with film grain so that it is as hard to
// code as a photo.

const WIDTH = 1600;
const HEIGHT = 1066;
const HORIZON = 690;

/** Resolves to a JPEG file. */
export async function sample() {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext('2d');
  const random = generator(20);
  sky(context);
  for (let ridge = 0; ridge < 6; ridge += 1) hills(context, ridge, random);
  water(context, canvas, random);
  grain(context, random);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.94));
  return new File([blob], 'dusk.jpg', { type: 'image/jpeg' });
}

function sky(context) {
  const fall = context.createLinearGradient(0, 0, 0, HORIZON);
  [[0, '#16244f'], [0.35, '#4a4a86'], [0.62, '#b5668a'], [0.82, '#f09a6c'], [1, '#ffd9a0']]
    .forEach(([stop, color]) => fall.addColorStop(stop, color));
  context.fillStyle = fall;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const glow = context.createRadialGradient(1060, 372, 8, 1060, 372, 520);
  [[0, '#fffdf2ff'], [0.085, '#fff4d2ff'], [0.105, '#ffe2a880'], [0.4, '#ffc08030'], [1, '#ffb07000']]
    .forEach(([stop, color]) => glow.addColorStop(stop, color));
  context.fillStyle = glow;
  context.fillRect(0, 0, WIDTH, HORIZON);
}

function hills(context, ridge, random) {
  const near = ridge / 5;
  const base = 560 + near * 130;
  const height = 230 - near * 70;
  const outline = roughLine(random, 0.45 + near * 0.18);
  context.beginPath();
  context.moveTo(0, HORIZON);
  for (let x = 0; x <= WIDTH; x += 2) context.lineTo(x, Math.min(HORIZON, base - outline(x) * height));
  context.lineTo(WIDTH, HORIZON);
  const tone = (from, to) => Math.round(from + (to - from) * near);
  const haze = context.createLinearGradient(0, base - height, 0, HORIZON);
  haze.addColorStop(0, `rgb(${tone(170, 18)} ${tone(104, 20)} ${tone(132, 38)})`);
  haze.addColorStop(1, `rgb(${tone(232, 46)} ${tone(154, 36)} ${tone(128, 56)})`);
  context.fillStyle = haze;
  context.fill();
}

/** A sum of octaves of random waves: a function of x with values of about 0 to 1. */
function roughLine(random, roughness) {
  const waves = [];
  for (let octave = 0, strength = 0.5; octave < 8; octave += 1, strength *= roughness) {
    waves.push({ frequency: (1.6 + random()) * 2 ** octave / WIDTH * Math.PI, phase: random() * 7, strength });
  }
  return (x) => waves.reduce((sum, { frequency, phase, strength }) =>
    sum + strength * Math.abs(Math.sin(x * frequency + phase)), 0);
}

function water(context, canvas, random) {
  for (let y = HORIZON; y < HEIGHT; y += 1) {
    const depth = y - HORIZON;
    const shift = Math.sin(y * 0.9 + random()) * depth * 0.035;
    context.drawImage(canvas, 0, Math.max(0, HORIZON - 1 - depth * 1.5), WIDTH, 1, shift - 24, y, WIDTH + 48, 1);
  }
  const shade = context.createLinearGradient(0, HORIZON, 0, HEIGHT);
  shade.addColorStop(0, '#10183822');
  shade.addColorStop(1, '#0a1030c8');
  context.fillStyle = shade;
  context.fillRect(0, HORIZON, WIDTH, HEIGHT - HORIZON);
  for (let glint = 0; glint < 420; glint += 1) {
    const depth = random() ** 1.6;
    const width = 6 + random() * 70 * (0.3 + depth);
    const x = 1060 + (random() + random() - 1) * (90 + depth * 330);
    context.fillStyle = `rgb(255 214 158 / ${0.05 + 0.3 * random() * (1 - depth)})`;
    context.fillRect(x - width / 2, HORIZON + 3 + depth * 350, width, 1 + depth * 2.5);
  }
}

function grain(context, random) {
  const image = context.getImageData(0, 0, WIDTH, HEIGHT);
  for (let at = 0; at < image.data.length; at += 4) {
    const noise = (random() + random() - 1) * 11;
    image.data[at] += noise;
    image.data[at + 1] += noise;
    image.data[at + 2] += noise;
  }
  context.putImageData(image, 0, 0);
}

/** The same numbers for everybody: a linear congruential generator, 0 to 1. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
