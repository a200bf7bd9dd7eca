// For pages and Web Workers, bundled or not: the engine is fetched from beside this file.

import { engine } from './engine.js';

export const { init, probe, convert } = engine(() => new URL('slimpix_bg.wasm', import.meta.url));
