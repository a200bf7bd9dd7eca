//! How many threads a conversion works with: one, or all that have nothing to do where it is worth their start.

use crate::{
    codec,
    convert::{self, Params},
    limits::Limits,
    native::{machine, pool::Ticket},
};

/// Pixels of a result from which on a second thread is worth its start, and of a source that is decoded while the
/// result is coded.
const WORTH_THREADS: u64 = 500_000;
const WORTH_DECODERS: u64 = 2_000_000;

/// The limits of a conversion that may use the processors that have nothing to do, where there is memory for that.
pub(super) fn with_idle_threads(
    ticket: &mut Ticket,
    bytes: &[u8],
    params: &Params,
    limits: &Limits,
) -> Limits {
    let many = Limits { threads: (ticket.idle() + 1).min(machine::processors()), ..limits.clone() };
    let plan = codec::probe(bytes).and_then(|probe| convert::plan(&probe, params));
    let is_paid = plan.is_ok_and(|plan| {
        let alone = plan.within(limits);
        let shared = alone.clone().within(&many).peak_bytes;
        let is_worth = alone.output.pixels() >= WORTH_THREADS
            || (alone.decodes_ahead() && alone.source.pixels() >= WORTH_DECODERS);
        many.threads > 1
            && is_worth
            && many.check_memory(shared.saturating_add(bytes.len() as u64)).is_ok()
            && ticket.grow(shared.saturating_sub(alone.peak_bytes))
    });
    if is_paid { many } else { limits.clone() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jpeg_encoder::{ColorType, Encoder};
    use tokio::runtime::Builder;

    use super::*;
    use crate::{convert::Resize, native::pool::Pool};

    /// A grey photo with a restart marker after so many blocks.
    fn photo(width: u16, height: u16, restarts: u16) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 80);
        encoder.set_restart_interval(restarts);
        let pixels = vec![99; usize::from(width) * usize::from(height)];
        encoder.encode(&pixels, width, height, ColorType::Luma).unwrap();
        file
    }

    #[test]
    fn a_lone_photo_has_idle_processors_where_they_are_of_use() {
        let whole = Params::default();
        let small = Some(Resize { width: Some(200), ..Resize::default() });
        let small = Params { resize: small, ..Params::default() };
        let ticket = |budget, bytes, jobs| {
            let pool = Pool::new(budget, jobs);
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(pool.admit(bytes, Duration::from_secs(9))).unwrap()
        };
        let threads = |file: &[u8], params, mut ticket| {
            with_idle_threads(&mut ticket, file, params, &Limits::default()).threads
        };
        let (all, free) = (machine::processors().min(64), 64 << 20);
        for restarts in [0, 250] {
            let file = photo(2_000, 1_200, restarts);
            assert_eq!(threads(&file, &whole, ticket(free, 1, 64)), all);
            assert_eq!(threads(&file, &small, ticket(free, 1, 64)), all);
            // No room, another conversion.
            assert_eq!(threads(&file, &small, ticket(free, free, 64)), 1);
            assert_eq!(threads(&file, &small, ticket(free, 1, 1)), 1);
        }
        assert_eq!(threads(&photo(400, 300, 50), &small, ticket(free, 1, 64)), 1);
    }
}
