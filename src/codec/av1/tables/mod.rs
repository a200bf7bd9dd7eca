//! Tables of the AV1 specification, as they stand there.

pub mod coefficient_cdfs;
pub mod contexts;
pub mod default_cdfs;
pub mod filters;
pub mod matrices;
pub mod prediction;
pub mod quantizer;
pub mod scans;
