// A fresh folder in which the package was installed as its users install it, with what they would write (`consumer`).

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';

export const ROOT = resolve(import.meta.dirname, '../..');
const NPM = join(ROOT, 'target/npm');

/** The folder's path. It goes when the file's tests have ended. */
export function fresh() {
  const folder = mkdtempSync(join(tmpdir(), 'slimpix-npm-'));
  after(() => rmSync(folder, { recursive: true }));
  cpSync(join(import.meta.dirname, 'consumer'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const packed = readdirSync(NPM).find((name) => name.endsWith('.tgz'));
  const args = ['install', join(NPM, packed), '--offline', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', args, { cwd: folder, shell: process.platform === 'win32' });
  return folder;
}

/** A picture of the golden list. */
export function picture(name) {
  return readFileSync(join(ROOT, 'tests/data/golden', name));
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What the native program makes of these pictures: {name, options, hash} each; see `tests/golden.rs`. */
export function golden(...names) {
  const list = readFileSync(join(ROOT, 'tests/data/golden.tsv'), 'utf8').trim().split('\n');
  return list.map((line) => line.split('\t'))
    .filter(([name]) => names.includes(name))
    .map(([name, words, hash]) => ({ name, options: Object.fromEntries(words.split(' ').map(entry)), hash }));
}

// A number or a truth as JSON has it, or else a word.
function entry(word) {
  const [key, value] = word.split('=');
  return [key, /^(\d+(\.\d+)?|true|false)$/.test(value) ? JSON.parse(value) : value];
}
