#!/usr/bin/env bash
# Cache directives are compared without regard to case (RFC 9111, 5.2). http-cache-semantics 4.3.0 on npm (below got,
# cacheable-request, make-fetch-happen) and the crate of that name, 3.0.0, look them up as they are spelled, in lower
# case: `Max-Age=60` is no lifetime, and `No-Store`, `No-Cache`, `Private` and `Must-Revalidate` say nothing. Both say
# that they go by the RFC. An answer with `Cache-Control: No-Store` and a Last-Modified of three years ago is kept,
# and fresh by the heuristic for a hundred days: got 14.6.5 answers the next request from its cache and doesn't ask.
# The field's own name is taken in any case. Seen: below, in `expected`. Needs Node.js 20 or newer and Rust. Fails if
# that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "got": "14.6.5", "http-cache-semantics": "4.3.0" } }
JSON
npm install --silent --no-audit --no-fund
cat > show.js <<'JS'
import { createServer } from 'node:http';
import got from 'got';
import CachePolicy from 'http-cache-semantics';

const changed = new Date(Date.now() - 3 * 365 * 86_400_000).toUTCString();
const request = { method: 'GET', url: '/', headers: {} };
for (const control of process.argv.slice(2)) {
  const headers = { date: new Date().toUTCString(), 'last-modified': changed, 'cache-control': control };
  const policy = new CachePolicy(request, { status: 200, headers });
  const kept = policy.storable() ? 'stored' : 'not stored';
  console.log(`npm ${control}: ${kept}, ${policy.satisfiesWithoutRevalidation(request) ? 'reused' : 'not reused'}`);
}

let asked = 0;
const server = createServer((incoming, outgoing) => {
  asked += 1;
  outgoing.setHeader('Last-Modified', changed);
  outgoing.setHeader('Cache-Control', incoming.url === '/upper' ? 'No-Store' : 'no-store');
  outgoing.end('a picture');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const cache = new Map();
for (const path of ['lower', 'upper']) {
  asked = 0;
  for (let time = 0; time < 2; time += 1) {
    await got(`http://127.0.0.1:${server.address().port}/${path}`, { cache });
  }
  console.log(`got, no-store in ${path} case, two requests: the server saw ${asked}`);
}
server.close();
server.closeAllConnections();
JS
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
http = "1"
http-cache-semantics = "=3.0.0"
TOML
cat > src/main.rs <<'RUST'
use http::{Request, Response};
use http_cache_semantics::CachePolicy;
use std::time::SystemTime;

fn main() {
    let request = Request::get("http://localhost/").body(()).unwrap();
    for control in std::env::args().skip(1) {
        let response = Response::builder()
            .header("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT")
            .header("cache-control", &control)
            .body(())
            .unwrap();
        let policy = CachePolicy::new(&request, &response);
        let kept = if policy.is_storable() { "stored" } else { "not stored" };
        let is_stale = policy.is_stale(SystemTime::now());
        println!("crate {control}: {kept}, {}", if is_stale { "not reused" } else { "reused" });
    }
}
RUST
controls=(no-store No-Store no-cache No-Cache max-age=0 Max-Age=0)
seen=$(node show.js "${controls[@]}" && cargo run --quiet -- "${controls[@]}")
expected='npm no-store: not stored, not reused
npm No-Store: stored, reused
npm no-cache: stored, not reused
npm No-Cache: stored, reused
npm max-age=0: stored, not reused
npm Max-Age=0: stored, reused
got, no-store in lower case, two requests: the server saw 2
got, no-store in upper case, two requests: the server saw 1
crate no-store: not stored, not reused
crate No-Store: stored, reused
crate no-cache: stored, not reused
crate No-Cache: stored, reused
crate max-age=0: stored, not reused
crate Max-Age=0: stored, reused'
echo "$seen"
[ "$seen" = "$expected" ]
