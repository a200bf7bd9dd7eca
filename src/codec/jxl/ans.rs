//! The distributions of asymmetric numeral systems (ISO 18181-1, C.2.5 and C.2.6), and a symbol by one.

use super::bits::Bits;

/// Probabilities are parts of so many (C.2.5).
const LOG_WHOLE: u32 = 12;
const WHOLE: u16 = 1 << LOG_WHOLE;

/// The distribution of an ANS code, as its alias table (C.2.6).
pub(super) struct Distribution {
    log_bucket: u32,
    buckets: Vec<Bucket>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    share: u16,
    /// From this place in the bucket on it is another symbol's, to whose places so much is added.
    cutoff: u16,
    symbol: u16,
    offset: u16,
}

impl Distribution {
    /// `None` if it makes no sense or isn't all there.
    pub(super) fn read(bits: &mut Bits<'_>, log_size: u32) -> Option<Self> {
        let mut shares = vec![0; 1 << log_size];
        if bits.flag()? {
            let is_pair = bits.flag()?;
            let first = read_8(bits)?;
            if is_pair {
                let second = read_8(bits)?;
                let share = bits.take(LOG_WHOLE)? as u16;
                *shares.get_mut(first)? = share;
                *shares.get_mut(second).filter(|_| first != second)? = WHOLE - share;
            } else {
                *shares.get_mut(first)? = WHOLE;
            }
        } else if bits.flag()? {
            let count = read_8(bits)? + 1;
            let (each, rest) = (usize::from(WHOLE) / count, usize::from(WHOLE) % count);
            for (at, share) in shares.get_mut(..count)?.iter_mut().enumerate() {
                *share = (each + usize::from(at < rest)) as u16;
            }
        } else {
            read_shares(bits, &mut shares)?;
        }
        Self::new(shares, LOG_WHOLE - log_size)
    }

    fn new(shares: Vec<u16>, log_bucket: u32) -> Option<Self> {
        let full = 1_u16 << log_bucket;
        if let Some(only) = shares.iter().position(|share| *share == WHOLE) {
            let bucket = |at: usize| Bucket {
                share: shares[at],
                cutoff: 0,
                symbol: only as u16,
                offset: full.wrapping_mul(at as u16),
            };
            return Some(Self { log_bucket, buckets: (0..shares.len()).map(bucket).collect() });
        }
        let mut buckets: Vec<Bucket> =
            shares.into_iter().map(|share| Bucket { share, cutoff: share, ..Bucket::default() }).collect();
        let of = |is: fn(&u16, &u16) -> bool| -> Vec<usize> {
            (0..buckets.len()).filter(|at| is(&buckets[*at].cutoff, &full)).collect()
        };
        let (mut under, mut over) = (of(u16::lt), of(u16::gt));
        while let Some(large) = over.pop() {
            let small = under.pop()?;
            let by = full - buckets[small].cutoff;
            buckets[large].cutoff -= by;
            buckets[small].symbol = large as u16;
            buckets[small].offset = buckets[large].cutoff;
            match buckets[large].cutoff.cmp(&full) {
                std::cmp::Ordering::Less => under.push(large),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => over.push(large),
            }
        }
        for (at, bucket) in buckets.iter_mut().enumerate() {
            if bucket.cutoff == full {
                (bucket.symbol, bucket.offset, bucket.cutoff) = (at as u16, 0, 0);
            } else {
                bucket.offset = bucket.offset.wrapping_sub(bucket.cutoff);
            }
        }
        Some(Self { log_bucket, buckets })
    }

    pub(super) fn symbol(&self, bits: &mut Bits<'_>, state: &mut u32) -> Option<u32> {
        let place = *state & (u32::from(WHOLE) - 1);
        let at = place >> self.log_bucket;
        let inside = place & ((1 << self.log_bucket) - 1);
        let bucket = self.buckets.get(at as usize)?;
        let (symbol, offset) = if inside >= bucket.cutoff.into() {
            (u32::from(bucket.symbol), u32::from(bucket.offset.wrapping_add(inside as u16)))
        } else {
            (at, inside)
        };
        let share = self.buckets.get(symbol as usize)?.share;
        *state = (*state >> LOG_WHOLE).checked_mul(share.into())?.checked_add(offset)?;
        if *state < 1 << 16 {
            *state = *state << 16 | bits.take(16)?;
        }
        Some(symbol)
    }
}

/// Shares by their logarithms (C.2.5).
fn read_shares(bits: &mut Bits<'_>, shares: &mut [u16]) -> Option<()> {
    /// A logarithm plus one that says that the last share is repeated.
    const REPEAT: u32 = 13;
    let mut length = 0;
    while length < 3 && bits.flag()? {
        length += 1;
    }
    let shift = bits.take(length)? + (1 << length) - 1;
    let count = read_8(bits)? + 3;
    if shift > 13 || count > shares.len() {
        return None;
    }
    let (mut logs, mut largest) = (Vec::with_capacity(count), None);
    let mut repeats = vec![false; count];
    while logs.len() < count {
        let log = read_log(bits)?;
        if log == REPEAT {
            let more = read_8(bits)? + 4;
            let start = logs.len();
            repeats.get_mut(start..start + more)?.fill(true);
            logs.resize(start + more, 0);
            continue;
        }
        if largest.is_none_or(|(_, most)| log > most) {
            largest = Some((logs.len(), log));
        }
        logs.push(log);
    }
    let (omitted, _) = largest?;
    let (mut last, mut sum) = (0, 0_u32);
    for (at, share) in shares[..count].iter_mut().enumerate() {
        if !repeats[at] {
            last = match logs[at].checked_sub(1) {
                _ if at == omitted => 0,
                None => 0,
                Some(log) => {
                    let known = shift.saturating_sub((LOG_WHOLE - log) >> 1).min(log);
                    (1 << log) + (bits.take(known)? << (log - known))
                }
            };
        }
        *share = last as u16;
        sum += last;
    }
    // What is left of the whole.
    shares[omitted] = u32::from(WHOLE).checked_sub(sum).filter(|share| *share > 0)? as u16;
    Some(())
}

/// The logarithm of a share plus one, 0 for none, by a code of its own (C.2.5).
fn read_log(bits: &mut Bits<'_>) -> Option<u32> {
    /// Length, code and what it stands for.
    const CODES: [(u32, u32, u32); 14] = [
        (3, 0b000, 10),
        (3, 0b010, 7),
        (3, 0b100, 6),
        (3, 0b101, 8),
        (3, 0b110, 9),
        (4, 0b0011, 3),
        (4, 0b0111, 5),
        (4, 0b1001, 4),
        (4, 0b1011, 1),
        (4, 0b1111, 2),
        (5, 0b10001, 0),
        (6, 0b10_0001, 11),
        (7, 0b000_0001, 12),
        (7, 0b100_0001, 13),
    ];
    let (mut code, mut length) = (0, 0);
    while length < 7 {
        code |= bits.take(1)? << length;
        length += 1;
        if let Some((_, _, log)) = CODES.iter().find(|(own, with, _)| (*own, *with) == (length, code)) {
            return Some(*log);
        }
    }
    None
}

/// A number of at most 8 bits, as ANS' distributions have them (C.2.5).
fn read_8(bits: &mut Bits<'_>) -> Option<usize> {
    if !bits.flag()? {
        return Some(0);
    }
    let count = bits.take(3)?;
    Some((1 << count) + bits.take(count)? as usize)
}
