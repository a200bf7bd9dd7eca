//! Every HTTP decision, without IO: a request's head, a policy and the time go in, [`Step`]s come out.
//!
//! A host performs each step and hands the result back, which gives the next one, until [`Step::Respond`]. The
//! steps' types are states: finishing one consumes it. This ring sees formats, probes, costs and parameters of
//! the rings below, never a codec and never a conversion.
