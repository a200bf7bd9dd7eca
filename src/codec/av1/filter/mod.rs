//! What is done to a picture behind its reconstruction, by rows: deblocking, CDEF, superres, loop restoration and film
//! grain (sections 7.14 to 7.18 of the specification), and what those need to know of its blocks.

pub mod cdef;
pub mod chain;
pub mod deblock;
pub mod grain;
pub mod map;
pub mod restoration;
pub mod superres;

#[cfg(test)]
mod tests;
