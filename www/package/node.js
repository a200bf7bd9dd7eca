// For Node: the engine is read from beside this file.

import { readFile } from 'node:fs/promises';

import { engine } from './engine.js';

export const { init, probe, convert } = engine(() => readFile(new URL('slimpix_bg.wasm', import.meta.url)));
