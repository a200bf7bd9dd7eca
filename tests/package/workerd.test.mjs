// The package in a Cloudflare Worker, as wrangler deploys it, in a real workerd.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { ROOT, fresh, golden, picture, sha256 } from './fresh.mjs';

const { Miniflare, convertV4MiniflareOptions } = createRequire(join(ROOT, 'tests/edge/package.json'))('miniflare');
const folder = fresh();
const out = join(folder, 'out');
const DATE = '2026-10-30';
let worker;

before(() => {
  const wrangler = join(ROOT, 'tests/edge/node_modules/wrangler/bin/wrangler.js');
  const args = ['deploy', 'workerd.js', '--dry-run', '--outdir', out, '--name', 'converter', '--compatibility-date', DATE];
  execFileSync(process.execPath, [wrangler, ...args], { cwd: folder, stdio: 'pipe' });
  const compiled = readdirSync(out).filter((name) => name.endsWith('.wasm'));
  assert.equal(compiled.length, 1);
  worker = new Miniflare(convertV4MiniflareOptions({
    modules: [
      { type: 'ESModule', path: join(out, 'workerd.js') },
      { type: 'CompiledWasm', path: join(out, compiled[0]) },
    ],
    modulesRoot: out,
    compatibilityDate: DATE,
  }));
}, { timeout: 120_000 });

after(() => worker?.dispose());

test('a Worker of ten lines has the bytes of the native program', { timeout: 120_000 }, async () => {
  for (const { name, options, hash } of golden('photo-420.jpg', 'logo-rgba.png')) {
    const url = `http://worker.test/?options=${encodeURIComponent(JSON.stringify(options))}`;
    const response = await worker.dispatchFetch(url, { method: 'POST', body: picture(name) });
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, `image/${options.format}`]);
    assert.equal(sha256(Buffer.from(await response.arrayBuffer())), hash, `${name} ${JSON.stringify(options)}`);
  }
});
