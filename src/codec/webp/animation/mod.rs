//! Animated WebP (RFC 9649 section 2.7.1): [`Frames`] reads one, [`Writer`] writes one.

mod frame;
mod frames;
mod writer;

pub(in crate::codec) use self::frames::Frames;
pub(crate) use self::{frame::Loss, writer::Writer};

/// Bytes of ANMF before the frame's chunks.
const FRAME_HEADER: usize = 16;
