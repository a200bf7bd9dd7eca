// An isolate in a process of its own, which takes its turn to make a picture, and never ends: its origin begins to send that and
// goes no further. It says so when that has happened, to be killed then. Its arguments: the folder by which miniflares find each
// other, and the name of the Worker that has the Durable Object ONCE.

import { Response } from "miniflare";
import { ramp } from "./png.mjs";
import { Isolates, WEBP, inTwoParts } from "./worker.mjs";

const [registry, owner] = process.argv.slice(2);
const never = new Promise(() => {});
const origin = { answer: () => inTwoParts(ramp(640, 480, 300_000), never) };
const isolates = new Isolates(origin, ["doomed"], {}, { owner, unsafeDevRegistryPath: registry });
isolates.get("doomed", "/a.png", { accept: WEBP });
