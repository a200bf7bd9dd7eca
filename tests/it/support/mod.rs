//! What the promises' modules share: the program, a client, an origin, and pictures made on the spot.

pub mod pictures;
pub mod program;
