// A static file server for the tests: the page's build under /_demo/, the test pictures under /data/.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm', '.webmanifest': 'application/manifest+json', '.png': 'image/png',
};

/** Serves the folders on a free port, the page below `path`. Resolves to {url, close()}. */
export async function serve(dist, data, path = '/_demo/') {
  const folders = new Map([[path, dist], ['/data/', data]]);
  const server = createServer(async (request, response) => {
    const asked = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const prefix = [...folders.keys()].find((folder) => asked.startsWith(folder));
    const file = prefix && join(folders.get(prefix), asked.slice(prefix.length) || 'index.html');
    try {
      const body = await readFile(file ?? '');
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}${path}`;
  return { url, close: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }) };
}
