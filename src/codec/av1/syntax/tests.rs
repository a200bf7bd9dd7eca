//! Round trips of the syntax.
