// A Web Worker that converts what it is given.

import { convert } from './node_modules/slimpix/browser.js';

onmessage = async ({ data: { blob, options } }) => postMessage(await convert(blob, options));
