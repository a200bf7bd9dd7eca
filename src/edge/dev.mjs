// Tries the Worker on a folder of pictures: `node src/edge/dev.mjs FOLDER [wrangler's options, such as --port 8787]`.
//
// Serves the folder to the Worker alone, and starts `wrangler dev` before it. `/` lists what there is.

import { spawn } from "node:child_process";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
// This file stands beside wrangler.toml in the packed Worker.
const PROJECT = existsSync(join(HERE, "wrangler.toml")) ? HERE : resolve(HERE, "../..");
// Where npm has put wrangler: in the packed Worker, and in the repository.
const MODULES = [join(PROJECT, "node_modules"), join(PROJECT, "tests/edge/node_modules")];
const NODE = 22;
const TYPES = {
  ".css": "text/css", ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json",
  ".mp4": "video/mp4", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
};

function fail(message) {
  console.error(`slimpix: ${message}`);
  process.exit(1);
}

// The file or folder of a URL's path, if it is inside.
function find(root, path) {
  const found = resolve(root, `.${path}`);
  if (found !== root && !found.startsWith(root + sep)) return undefined;
  return statSync(found, { throwIfNoEntry: false }) && found;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function list(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  const items = entries.map((entry) => {
    const name = entry.name + (entry.isDirectory() ? "/" : "");
    return `<li><a href="${escaped(encodeURIComponent(entry.name) + (entry.isDirectory() ? "/" : ""))}">${escaped(name)}</a>`;
  });
  return `<!doctype html><meta charset="utf-8"><title>slimpix</title><ul>${items.join("\n")}</ul>\n`;
}

function answer(root, request, response) {
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  } catch {
    return response.writeHead(400).end();
  }
  let found = path.includes("\0") ? undefined : find(root, path);
  if (found && statSync(found).isDirectory()) {
    const index = join(found, "index.html");
    if (!existsSync(index)) return response.writeHead(200, { "content-type": TYPES[".html"] }).end(list(found));
    found = index;
  }
  if (!found) return response.writeHead(404, { "content-type": TYPES[".txt"] }).end("no such file\n");
  const { size, mtime } = statSync(found);
  const etag = `"${size}-${mtime.getTime()}"`;
  if (request.headers["if-none-match"] === etag) return response.writeHead(304, { etag }).end();
  const type = TYPES[extname(found).toLowerCase()] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-length": size, etag, "last-modified": mtime.toUTCString() });
  if (request.method === "HEAD") return response.end();
  createReadStream(found).on("error", () => response.destroy()).pipe(response);
}

function wrangler() {
  const modules = MODULES.find((folder) => existsSync(join(folder, "wrangler/package.json")));
  if (!modules) {
    const prefix = PROJECT === HERE ? "install" : "ci --ignore-scripts --prefix tests/edge";
    fail(`wrangler is missing: run \`npm ${prefix}\` in ${PROJECT}`);
  }
  const { bin } = createRequire(join(modules, "wrangler/package.json"))("./package.json");
  return join(modules, "wrangler", bin.wrangler);
}

const [folder, ...options] = process.argv.slice(2);
if (Number.parseInt(process.versions.node, 10) < NODE) fail(`Node.js ${NODE} or newer is needed, for wrangler`);
if (!folder) fail("which folder of pictures? `node dev.mjs FOLDER`");
if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) fail(`${folder} is no folder`);
const program = wrangler();
const root = resolve(folder);
const server = createServer((request, response) => answer(root, request, response));
server.listen(0, "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const args = [program, "dev", "--var", `ORIGIN:${origin}`, ...options];
  const child = spawn(process.execPath, args, { cwd: PROJECT, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
});
