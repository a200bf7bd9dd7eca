//! What the promises' modules share: the program, a server, a client, an origin, and pictures made on the spot.

pub mod cgroup;
#[cfg(feature = "otel")]
pub mod collector;
pub mod figures;
pub mod font;
pub mod h2;
pub mod heap;
pub mod http;
pub mod jxl;
#[cfg(feature = "object-store")]
pub mod moto;
pub mod origin;
pub mod pictures;
pub mod program;
pub mod scenario;
pub mod server;
pub mod sources;
