#!/usr/bin/env bash
# RFC 9113 section 8.1 lets a server that doesn't want the rest of a request send a complete response and then RST_STREAM with
# NO_ERROR. With h2 0.4.20, the crate below hyper, these two calls in that order (SendResponse::send_response with the end of
# the stream, then SendResponse::send_reset) send the reset alone: it clears what the stream has queued, the response with it. Where
# the handles are just dropped, the crate sends both by itself, the response first.
# Seen: "reset: no response, NO_ERROR" and "dropped: 405". Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
bytes = "1"
h2 = "=0.4.20"
http = "1"
tokio = { version = "1", features = ["io-util", "macros", "rt"] }
TOML
cat > src/main.rs <<'RUST'
use bytes::Bytes;
use h2::Reason;
use http::{Request, Response};

/// What a client is told that still sends its request's body when the response comes.
async fn told(resets: bool) -> String {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let server = async move {
        let mut connection = h2::server::handshake(theirs).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            drop(request);
            let response = Response::builder().status(405).body(()).unwrap();
            respond.send_response(response, true).unwrap();
            if resets {
                respond.send_reset(Reason::NO_ERROR);
            }
        }
    };
    let client = async move {
        let (mut send, connection) = h2::client::handshake(ours).await.unwrap();
        let asking = async move {
            let request = Request::post("http://localhost/").body(()).unwrap();
            let (response, mut body) = send.send_request(request, false).unwrap();
            body.send_data(Bytes::from_static(b"a part"), false).unwrap();
            match response.await {
                Ok(response) => response.status().as_u16().to_string(),
                Err(error) => format!("no response, {:?}", error.reason().unwrap()),
            }
        };
        tokio::select! { told = asking => told, _ = connection => unreachable!() }
    };
    tokio::select! { told = client => told, () = server => unreachable!() }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (reset, dropped) = (told(true).await, told(false).await);
    println!("h2 0.4.20: reset: {reset}; dropped: {dropped}");
    if (reset.as_str(), dropped.as_str()) != ("no response, NO_ERROR", "405") {
        eprintln!("this has changed");
        std::process::exit(1);
    }
}
RUST
cargo run --quiet
