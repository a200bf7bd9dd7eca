// The package's types, as TypeScript finds and reads them, without libraries of the browser's or Node's.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { ROOT, fresh } from './fresh.mjs';

const folder = fresh();
const tsc = join(ROOT, 'tests/package/node_modules/typescript/bin/tsc');

for (const [module, resolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
  test(`a consumer's types hold with ${resolution}`, () => {
    const args = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022', '--module', module];
    const compile = [tsc, ...args, '--moduleResolution', resolution, 'types.ts'];
    try {
      execFileSync(process.execPath, compile, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      throw new Error(error.stdout);
    }
  });
}
