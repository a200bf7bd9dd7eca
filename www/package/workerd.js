// For Cloudflare Workers, where nothing may be compiled at run time: the engine is a module of the Worker.

import compiled from './slimpix_bg.wasm';

import { engine } from './engine.js';

export const { init, probe, convert } = engine(() => compiled);
