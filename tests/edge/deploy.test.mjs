// What wrangler makes of the project, without a network.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { ROOT } from "./worker.mjs";

// The limit of the free plan for an upload.
const FREE_PLAN_KIB = 3 * 1024;

test("wrangler deploys it, within the free plan's size", () => {
  const wrangler = resolve(ROOT, "tests/edge/node_modules/wrangler/bin/wrangler.js");
  const out = execFileSync(process.execPath, [wrangler, "deploy", "--dry-run"], { cwd: ROOT, encoding: "utf8" });
  console.log(out.trim());
  const [, packed] = out.match(/gzip: ([\d.]+) KiB/);
  assert.ok(Number(packed) < FREE_PLAN_KIB, `${packed} KiB`);
});
