//! The promises of slimpix, one module each, against the real library and the real binary.
