// What a bundler makes one file of.

import { convert } from 'slimpix';

window.bundled = convert;
