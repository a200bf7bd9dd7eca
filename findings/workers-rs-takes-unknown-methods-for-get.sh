#!/usr/bin/env bash
# The crate worker 0.8.7 (workers-rs, for Cloudflare Workers in Rust) knows ten request methods by an enum, and takes every other
# one for GET: `Method::from("PROPFIND")` is `Method::Get`, and so is QUERY, PURGE or MKCOL, though REPORT is known. Request::method()
# is made that way, so a Worker that stands before a WebDAV server, or hands a request on with `RequestInit { method: request.method(), … }`,
# asks its origin to GET. workerd itself gives the method as it came. RFC 9110 section 9.1 wants an unknown method answered by 501 or
# handed on. Of a Worker's request, `web_sys::Request::method()` tells the truth.
# Seen: below, in `expected`. Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
worker = { version = "=0.8.7", default-features = false }
TOML
cat > src/main.rs <<'RUST'
use worker::Method;

fn main() {
    for name in ["GET", "DELETE", "REPORT", "PROPFIND", "MKCOL", "QUERY", "PURGE"] {
        println!("{name} {}", Method::from(name.to_owned()).as_ref());
    }
}
RUST
seen=$(cargo run --quiet)
expected='GET GET
DELETE DELETE
REPORT REPORT
PROPFIND GET
MKCOL GET
QUERY GET
PURGE GET'
echo "$seen"
[ "$seen" = "$expected" ]
