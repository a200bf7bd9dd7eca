//! The entropy coding of JPEG XL (ISO 18181-1, annex C), as far as headers take it: an ICC profile and the order of a
//! table of contents, which are read to know where they end.

use super::{
    ans::Distribution,
    bits::{Bits, length_of},
    prefix::{LONGEST, PrefixCode, read_16},
};

/// The most contexts.
const MOST_CONTEXTS: usize = 256;

/// How numbers are coded, in a number of contexts.
pub(super) struct Code {
    copies: Option<Copies>,
    /// The distribution of each context.
    contexts: Vec<u8>,
    configs: Vec<Config>,
    symbols: Symbols,
}

/// What LZ77 is told by (C.3.3).
struct Copies {
    least_symbol: u32,
    least_length: u32,
    lengths: Config,
}

enum Symbols {
    Prefix(Vec<PrefixCode>),
    Ans(Vec<Distribution>),
}

impl Code {
    /// Reads a code; `None` if it makes no sense or isn't all there.
    pub(super) fn read(bits: &mut Bits<'_>, contexts: usize) -> Option<Self> {
        Self::read_nested(bits, contexts, 0)
    }

    fn read_nested(bits: &mut Bits<'_>, contexts: usize, depth: u32) -> Option<Self> {
        let copies = match bits.flag()? {
            true => Some(Copies {
                least_symbol: bits.choose([(224, 0), (512, 0), (4096, 0), (8, 15)])?,
                least_length: bits.choose([(3, 0), (4, 0), (5, 2), (9, 8)])?,
                lengths: Config::read(bits, 8)?,
            }),
            false => None,
        };
        let contexts = contexts + usize::from(copies.is_some());
        let contexts = if contexts == 1 { vec![0] } else { read_contexts(bits, contexts, depth)? };
        let count = usize::from(*contexts.iter().max()?) + 1;
        let is_prefix = bits.flag()?;
        let log_size = if is_prefix { LONGEST as u32 } else { 5 + bits.take(2)? };
        let configs = (0..count).map(|_| Config::read(bits, log_size)).collect::<Option<_>>()?;
        let symbols = if is_prefix {
            let sizes = (0..count).map(|_| Some(read_16(bits)? as usize + 1)).collect::<Option<Vec<_>>>()?;
            let codes = sizes.into_iter().map(|size| PrefixCode::read(bits, size)).collect::<Option<_>>()?;
            Symbols::Prefix(codes)
        } else {
            Symbols::Ans((0..count).map(|_| Distribution::read(bits, log_size)).collect::<Option<_>>()?)
        };
        Some(Self { copies, contexts, configs, symbols })
    }
}

/// Which distribution each context has (C.2.2).
fn read_contexts(bits: &mut Bits<'_>, count: usize, depth: u32) -> Option<Vec<u8>> {
    if count > MOST_CONTEXTS || depth > 2 {
        return None;
    }
    if bits.flag()? {
        let length = bits.take(2)?;
        return (0..count).map(|_| bits.take(length).map(|number| number as u8)).collect();
    }
    let moves_to_front = bits.flag()?;
    let code = Code::read_nested(bits, 1, depth + 1)?;
    let mut reader = Reader::new(&code, bits)?;
    let mut contexts: Vec<u8> = (0..count)
        .map(|_| reader.read(bits, 0).and_then(|number| number.try_into().ok()))
        .collect::<Option<_>>()?;
    if moves_to_front {
        let mut order: Vec<u8> = (0..=u8::MAX).collect();
        for number in &mut contexts {
            let value = order.remove(usize::from(*number));
            order.insert(0, value);
            *number = value;
        }
    }
    Some(contexts)
}

/// Reads numbers.
pub(super) struct Reader<'a> {
    code: &'a Code,
    state: u32,
    /// All numbers until now, if some can be copies.
    numbers: Vec<u32>,
    copied_from: usize,
    copies: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(code: &'a Code, bits: &mut Bits<'_>) -> Option<Self> {
        let state = match code.symbols {
            Symbols::Prefix(_) => 0,
            Symbols::Ans(_) => bits.take(32)?,
        };
        Some(Self { code, state, numbers: Vec::new(), copied_from: 0, copies: 0 })
    }

    /// The next number, in a context.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>, context: usize) -> Option<u32> {
        let Some(copies) = &self.code.copies else { return self.read_coded(bits, context) };
        if self.copies == 0 {
            let symbol = self.symbol(bits, context)?;
            let Some(length) = symbol.checked_sub(copies.least_symbol) else {
                let number = self.number(bits, context, symbol)?;
                return self.note(number);
            };
            self.copies = copies.lengths.number(bits, length)?.checked_add(copies.least_length)?;
            let distance = self.read_coded(bits, self.code.contexts.len() - 1)? as usize;
            let distance = distance.saturating_add(1).min(1 << 20).min(self.numbers.len());
            self.copied_from = self.numbers.len() - distance;
        }
        self.copies -= 1;
        let number = *self.numbers.get(self.copied_from)?;
        self.copied_from += 1;
        self.note(number)
    }

    fn note(&mut self, number: u32) -> Option<u32> {
        self.numbers.try_reserve(1).ok()?;
        self.numbers.push(number);
        Some(number)
    }

    fn read_coded(&mut self, bits: &mut Bits<'_>, context: usize) -> Option<u32> {
        let symbol = self.symbol(bits, context)?;
        self.number(bits, context, symbol)
    }

    fn number(&self, bits: &mut Bits<'_>, context: usize, symbol: u32) -> Option<u32> {
        let cluster = usize::from(*self.code.contexts.get(context)?);
        self.code.configs.get(cluster)?.number(bits, symbol)
    }

    fn symbol(&mut self, bits: &mut Bits<'_>, context: usize) -> Option<u32> {
        let cluster = usize::from(*self.code.contexts.get(context)?);
        match &self.code.symbols {
            Symbols::Prefix(codes) => codes.get(cluster)?.symbol(bits),
            Symbols::Ans(distributions) => distributions.get(cluster)?.symbol(bits, &mut self.state),
        }
    }
}

/// How a symbol and bits behind it make a number (C.2.3).
struct Config {
    split: u32,
    high: u32,
    low: u32,
}

impl Config {
    fn read(bits: &mut Bits<'_>, log_size: u32) -> Option<Self> {
        let split = bits.take(length_of(log_size + 1))?;
        let (mut high, mut low) = (0, 0);
        if split != log_size {
            high = bits.take(length_of(split + 1))?;
            low = bits.take(length_of(split.checked_sub(high)? + 1))?;
        }
        (high + low <= split && split < 32).then_some(Self { split, high, low })
    }

    fn number(&self, bits: &mut Bits<'_>, symbol: u32) -> Option<u32> {
        let Self { split, high, low } = *self;
        let Some(over) = symbol.checked_sub(1 << split) else { return Some(symbol) };
        let inside = high + low;
        let count = split - inside + (over >> inside);
        if count + inside >= 32 {
            return None;
        }
        let top = (symbol >> low) & ((1 << high) - 1) | 1 << high;
        let bottom = symbol & ((1 << low) - 1);
        Some(((top << count) | bits.take(count)?) << low | bottom)
    }
}
