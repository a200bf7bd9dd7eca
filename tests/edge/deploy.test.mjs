// What wrangler makes of the project, without a network.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { ROOT } from "./worker.mjs";

// The limit of the free plan for an upload.
const FREE_PLAN_KIB = 3 * 1024;

function deploy(...more) {
  const wrangler = resolve(ROOT, "tests/edge/node_modules/wrangler/bin/wrangler.js");
  return execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", ...more], { cwd: ROOT, encoding: "utf8" });
}

test("wrangler deploys it, within the free plan's size", () => {
  const out = deploy();
  console.log(out.trim());
  const [, packed] = out.match(/gzip: ([\d.]+) KiB/);
  assert.ok(Number(packed) < FREE_PLAN_KIB, `${packed} KiB`);
});

test("wrangler takes what stands in wrangler.toml as comments, too", () => {
  const bound = /^# (\[\[(?:r2_buckets|durable_objects\.bindings|migrations|queues\.(?:producers|consumers))\]\])$((?:\n# [a-z_]+ = .*)+)/gm;
  const text = readFileSync(resolve(ROOT, "wrangler.toml"), "utf8");
  const all = text.replace(bound, (_, head, lines) => head + lines.replaceAll("\n# ", "\n"));
  const config = resolve(ROOT, "target/edge-everything.toml");
  // It lies elsewhere, and the Worker is built.
  writeFileSync(config, all.replaceAll("target/", "").replace(/^\[build\]\n(?:.+\n)+/m, ""));
  const out = deploy("--config", config);
  for (const binding of ["STORE", "SOURCE_BUCKET", "ONCE", "LATER"]) assert.match(out, new RegExp(`env\\.${binding} `), out);
});
