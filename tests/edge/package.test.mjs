// The packed Worker: without Rust it deploys and runs, before a folder of pictures, and its page hides nothing of the site.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { get } from "./site.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const MODULES = join(ROOT, "tests/edge/node_modules");
const folder = mkdtempSync(join(tmpdir(), "slimpix-package-"));
const unpacked = join(folder, "package");
const site = join(folder, "site");
// Node and what a system has, and no Rust.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder, CARGO_HOME: folder };
let dev;
let at;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// Runs until the text stands in its output.
async function said(child, text) {
  let output = "";
  const { promise, resolve: found, reject } = Promise.withResolvers();
  const listen = (chunk) => {
    output += chunk;
    if (output.includes(text)) found();
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  child.once("exit", (code) => reject(new Error(`exit ${code}:\n${output}`)));
  await promise;
}

before(async () => {
  const out = execFileSync(process.execPath, [join(ROOT, "src/edge/pack.mjs")], { cwd: folder, encoding: "utf8" });
  const [, packed] = out.match(/^(target\/edge-package\/slimpix-worker-\d+\.\d+\.\d+\.tgz)$/m);
  execFileSync("tar", ["xzf", join(ROOT, packed)], { cwd: folder });
  // As `npm install` would have it.
  symlinkSync(MODULES, join(unpacked, "node_modules"));
  const page = join(unpacked, "assets/_demo");
  if (!existsSync(page)) {
    mkdirSync(page);
    writeFileSync(join(page, "index.html"), "<!doctype html><title>slimpix</title>");
    writeFileSync(join(page, "style.css"), "body{color:red}");
    cpSync(join(unpacked, "worker/slimpix_bg.wasm"), join(page, "slimpix_bg.wasm"));
  }
  mkdirSync(join(site, "a b"), { recursive: true });
  cpSync(join(ROOT, "tests/data/golden/photo-420.jpg"), join(site, "a b/photo.jpg"));
  writeFileSync(join(site, "style.css"), "body{}");
  const port = await freePort();
  const args = [join(unpacked, "dev.mjs"), site, "--port", String(port), "--ip", "127.0.0.1"];
  dev = spawn(process.execPath, args, { cwd: folder, env });
  at = `http://127.0.0.1:${port}`;
  await said(dev, "Ready on");
});

after(async () => {
  dev.kill();
  await once(dev, "exit");
  rmSync(folder, { recursive: true });
});

test("everything is in it, and no more", () => {
  const has = readdirSync(unpacked).filter((name) => !["node_modules", ".wrangler"].includes(name));
  const wanted = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "assets", "dev.mjs", "package.json", "worker", "wrangler.toml"];
  assert.deepEqual(has.sort(), wanted);
  const { version, dependencies } = JSON.parse(readFileSync(join(unpacked, "package.json")));
  assert.match(readFileSync(join(ROOT, "Cargo.toml"), "utf8"), new RegExp(`^version = "${version}"`, "m"));
  assert.equal(dependencies.wrangler, JSON.parse(readFileSync(join(MODULES, "wrangler/package.json"))).version);
  const settings = readFileSync(join(unpacked, "wrangler.toml"), "utf8");
  assert.doesNotMatch(settings, /build|cargo|rustup|target/);
  assert.equal(settings.match(/^(# )?[A-Z_]+ = /gm).length, readFileSync(join(ROOT, "wrangler.toml"), "utf8").match(/^(# )?[A-Z_]+ = /gm).length);
});

test("wrangler deploys it without Rust", () => {
  const args = [join(MODULES, "wrangler/bin/wrangler.js"), "deploy", "--dry-run"];
  const out = execFileSync(process.execPath, args, { cwd: unpacked, env, encoding: "utf8" });
  assert.match(out, /slimpix_bg\.wasm/);
  assert.doesNotMatch(out, /dev\.mjs|_demo\/.*\.js/, "a part of the Worker that is none");
});

test("it converts a folder's pictures, and lists them", async () => {
  const photo = await get(at, "/a%20b/photo.jpg", { headers: { accept: "image/webp,*/*" } });
  assert.deepEqual([photo.status, photo.type], [200, "image/webp"]);
  assert.equal(photo.body.toString("latin1", 8, 12), "WEBP");
  assert.match((await get(at, "/")).body.toString(), /href="a%20b\/"/);
  assert.match((await get(at, "/a%20b/")).body.toString(), /href="photo\.jpg"/);
  assert.equal((await get(at, "/none.html")).status, 404);
});

test("the page is at /_demo/ and hides nothing of the site", async () => {
  const style = await get(at, "/style.css");
  assert.deepEqual([style.type, style.body.toString()], ["text/css", "body{}"]);
  for (const path of ["/app.js", "/index.html", "/slimpix_bg.wasm"]) assert.equal((await get(at, path)).status, 404, path);
  const bare = await get(at, "/_demo");
  assert.deepEqual([bare.status, bare.headers.location], [307, "/_demo/"]);
  const page = await get(at, "/_demo/");
  assert.deepEqual([page.status, page.type], [200, "text/html; charset=utf-8"]);
  assert.match(page.body.toString(), /slimpix/);
  // The files of a built page lie in a folder that is named after their content.
  const [, kept = ""] = page.body.toString().match(/href="([0-9a-f]{16}\/)style\.css"/) ?? [];
  const engine = await get(at, `/_demo/${kept}slimpix_bg.wasm`);
  assert.deepEqual([engine.status, engine.type], [200, "application/wasm"]);
  assert.equal(engine.body.readUInt32LE(), 0x6d736100);
  assert.match((await get(at, `/_demo/${kept}style.css`)).type, /^text\/css/);
});

test("what is built for assets lies below /_demo/ alone", () => {
  const assets = join(ROOT, "target/edge-assets");
  assert.match(readFileSync(join(ROOT, "wrangler.toml"), "utf8"), /^\[assets\]\ndirectory = "target\/edge-assets"$/m);
  const isBuilt = existsSync(join(ROOT, "www/dist/index.html"));
  assert.deepEqual(readdirSync(assets), isBuilt ? ["_demo"] : []);
});

test("what is missing for building is told, all at once", () => {
  // A fresh copy of the project, on a machine with Node.js alone.
  const project = join(folder, "project");
  for (const name of ["Cargo.toml", "src/edge/build.mjs"]) cpSync(join(ROOT, name), join(project, name));
  const build = () => execFileSync(process.execPath, [join(project, "src/edge/build.mjs")], { env: { PATH: folder }, encoding: "utf8", stdio: "pipe" });
  const cargo = readFileSync(join(ROOT, "Cargo.toml"), "utf8");
  const [, version] = cargo.match(/^wasm-bindgen = .*"=([\d.]+)"/m);
  assert.throws(build, ({ status, stderr }) => {
    assert.equal(status, 1);
    assert.match(stderr, /`npm ci --ignore-scripts --prefix tests\/edge`/);
    assert.match(stderr, /Rust: see https:\/\/rustup\.rs/);
    assert.match(stderr, /`rustup target add wasm32-unknown-unknown`/);
    assert.ok(stderr.includes(`\`cargo install wasm-bindgen-cli --version ${version} --locked\``), stderr);
    return true;
  });
});

test("the repository tries it in the same way", () => {
  const args = [join(ROOT, "src/edge/dev.mjs"), site, "--help"];
  assert.match(execFileSync(process.execPath, args, { cwd: folder, env, encoding: "utf8" }), /wrangler dev/);
});

test("what trying it needs is told", () => {
  const attempt = (...args) => execFileSync(process.execPath, [join(unpacked, "dev.mjs"), ...args], { env, encoding: "utf8", stdio: "pipe" });
  assert.throws(() => attempt(), /which folder of pictures/);
  assert.throws(() => attempt(join(folder, "none")), /is no folder/);
  const bare = join(folder, "bare");
  cpSync(unpacked, bare, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
  const start = () => execFileSync(process.execPath, [join(bare, "dev.mjs"), site], { env, encoding: "utf8", stdio: "pipe" });
  assert.throws(start, /wrangler is missing: run `npm install` in /);
});
