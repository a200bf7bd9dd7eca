//! The peak memory of a conversion, stated from the source's header before it starts.
