// Converts what is asked for by standard input, [{path, options}], and prints the hash of each result.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { json } from 'node:stream/consumers';

import { convert } from 'slimpix';

const hashes = [];
for (const { path, options } of await json(process.stdin)) {
  const { bytes } = await convert(await readFile(path), options);
  hashes.push(createHash('sha256').update(bytes).digest('hex'));
}
console.log(JSON.stringify(hashes));
