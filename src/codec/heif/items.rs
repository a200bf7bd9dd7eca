//! The items of a HEIF file (ISO 14496-12, 8.11): which there are, where their bytes stand, how they belong together.

use super::{
    boxes::{IsoBox, number},
    properties::Properties,
};
use crate::{
    codec::{span::Span, view::View},
    error::{Error, Result},
};

/// The most items and references, and pieces of an item, that are looked at: 48 megapixels of a phone are 200 tiles.
const MOST_ITEMS: usize = 16 << 10;
const MOST_PIECES: u64 = 64;

/// The items of a file.
#[derive(Debug, Clone, Copy)]
pub struct Items<'a> {
    view: View<'a>,
    meta: IsoBox,
}

/// Where the bytes of all items stand (`iloc`).
#[derive(Debug)]
pub struct Locations {
    /// Each item, and where what is said of its place begins; ordered.
    entries: Vec<(u32, u64)>,
    version: u8,
    /// Bytes of an offset, a length, a base offset, an index.
    widths: [u64; 4],
}

impl<'a> Items<'a> {
    /// The items of a file that has any.
    pub fn find(view: View<'a>) -> Option<Self> {
        // A full box: four bytes of version and flags come first.
        let meta = IsoBox::FILE.child(view, b"meta")?.past(4);
        Some(Self { view, meta })
    }

    /// The item that is the picture (`pitm`).
    pub fn primary(&self) -> Option<u32> {
        let pitm = self.meta.child(self.view, b"pitm")?;
        self.id(pitm.start + 4, self.view.u8(pitm.start)? > 0)
    }

    /// The kind of an item (`iinf`): `hvc1`, `grid`.
    pub fn kind(&self, item: u32) -> Option<[u8; 4]> {
        let iinf = self.meta.child(self.view, b"iinf")?;
        let entries = iinf.past(if self.view.u8(iinf.start)? == 0 { 6 } else { 8 });
        entries.children(self.view).take(MOST_ITEMS).find_map(|entry| {
            let is_wide = self.view.u8(entry.start)? == 3;
            let after = entry.start + if is_wide { 8 } else { 6 };
            if self.id(entry.start + 4, is_wide)? != item {
                return None;
            }
            self.view.array(after + 2)
        })
    }

    /// The items to which references of a kind go from an item (`iref`), in order.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn referred(&self, kind: &[u8; 4], from: u32) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        for (start, is_wide) in self.references(kind) {
            if self.id(start, is_wide) == Some(from) {
                for to in self.targets(start, is_wide).take(MOST_ITEMS) {
                    found.try_reserve(1)?;
                    found.push(to);
                }
                break;
            }
        }
        Ok(found)
    }

    /// The items from which references of a kind go to an item.
    pub fn referring(&self, kind: &[u8; 4], to: u32) -> impl Iterator<Item = u32> {
        self.references(kind).filter_map(move |(start, is_wide)| {
            let from = self.id(start, is_wide)?;
            self.targets(start, is_wide).any(|target| target == to).then_some(from)
        })
    }

    /// The item that is another one's alpha.
    pub fn alpha_of(&self, item: u32) -> Option<u32> {
        self.referring(b"auxl", item).take(16).find(|item| self.properties(*item).is_alpha)
    }

    /// Where references of a kind begin, and whether their numbers are of 32 bits.
    fn references(&self, kind: &[u8; 4]) -> impl Iterator<Item = (u64, bool)> {
        let iref = self.meta.child(self.view, b"iref");
        let version = iref.and_then(|iref| self.view.u8(iref.start));
        let all = iref.into_iter().flat_map(|iref| iref.past(4).children(self.view)).take(MOST_ITEMS);
        all.filter(move |reference| &reference.name == kind).map(move |each| (each.start, version > Some(0)))
    }

    fn targets(&self, start: u64, is_wide: bool) -> impl Iterator<Item = u32> {
        let width = if is_wide { 4 } else { 2 };
        let count = self.view.be16(start + width).unwrap_or(0);
        (0..u64::from(count)).map_while(move |at| self.id(start + width + 2 + at * width, is_wide))
    }

    fn id(&self, at: u64, is_wide: bool) -> Option<u32> {
        if is_wide { self.view.be32(at) } else { self.view.be16(at).map(u32::from) }
    }

    /// What is said of the primary item.
    pub fn properties_of_primary(&self) -> Properties {
        self.primary().map(|item| self.properties(item)).unwrap_or_default()
    }

    /// What is said of an item (`iprp`).
    pub fn properties(&self, item: u32) -> Properties {
        let mut found = Properties::default();
        let list: Vec<IsoBox> = self.property_list().take(MOST_ITEMS).collect();
        self.each_association(&mut |id, index| {
            if id == item
                && let Some(property) = list.get(index)
            {
                found.note(*property, self.view);
            }
        });
        found
    }

    /// The first property of a name of each item that has one, ordered by items.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn all_of(&self, name: &[u8; 4]) -> Result<Vec<(u32, Span)>> {
        let list: Vec<IsoBox> = self.property_list().take(MOST_ITEMS).collect();
        let mut found: Vec<(u32, Span)> = Vec::new();
        self.each_association(&mut |id, index| {
            let Some(property) = list.get(index).filter(|property| &property.name == name) else { return };
            if found.try_reserve(1).is_ok() {
                found.push((id, property.span()));
            }
        });
        found.sort_by_key(|(id, _)| *id);
        found.dedup_by_key(|(id, _)| *id);
        Ok(found)
    }

    /// True if any picture of the file is another one's alpha.
    pub fn has_alpha(&self) -> bool {
        self.property_list().filter(|property| &property.name == b"auxC").any(|property| {
            let mut read = Properties::default();
            read.note(property, self.view);
            read.is_alpha
        })
    }

    fn property_list(&self) -> impl Iterator<Item = IsoBox> {
        let iprp = self.meta.child(self.view, b"iprp");
        let list = iprp.and_then(|iprp| iprp.child(self.view, b"ipco"));
        list.into_iter().flat_map(|list| list.children(self.view))
    }

    /// Calls `found` with each item and the place of each of its properties in the list (`ipma`).
    fn each_association(&self, found: &mut dyn FnMut(u32, usize)) -> Option<()> {
        let view = self.view;
        let ipma = self.meta.child(view, b"iprp")?.child(view, b"ipma")?;
        let (is_wide_id, is_wide) = (view.u8(ipma.start)? > 0, view.u8(ipma.start + 3)? & 1 != 0);
        let mut at = ipma.start + 8;
        for _ in 0..view.be32(ipma.start + 4)?.min(MOST_ITEMS as u32) {
            let id = self.id(at, is_wide_id)?;
            at += if is_wide_id { 4 } else { 2 };
            let count = view.u8(at)?;
            at += 1;
            for _ in 0..count {
                let index = match is_wide {
                    true => view.be16(at)? & 0x7fff,
                    false => u16::from(view.u8(at)? & 0x7f),
                };
                at += if is_wide { 2 } else { 1 };
                // Indices count from 1; 0 is no property.
                if let Some(index) = usize::from(index).checked_sub(1) {
                    found(id, index);
                }
            }
            if at >= ipma.end {
                break;
            }
        }
        Some(())
    }

    /// Where the items' bytes stand.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when that isn't said,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn locations(&self) -> Result<Locations> {
        let mut locations = Locations { entries: Vec::new(), version: 0, widths: [0; 4] };
        let done = self.read_locations(&mut locations);
        done.ok_or_else(|| Error::malformed("the box of the items' places is cut short"))??;
        locations.entries.sort_by_key(|(id, _)| *id);
        Ok(locations)
    }

    fn read_locations(&self, locations: &mut Locations) -> Option<Result<()>> {
        let view = self.view;
        let iloc = self.meta.child(view, b"iloc")?;
        let [version, _, _, _, sizes, more] = view.array(iloc.start)?;
        locations.version = version;
        locations.widths =
            [sizes >> 4, sizes & 15, more >> 4, if version > 0 { more & 15 } else { 0 }].map(u64::from);
        let is_wide = version > 1;
        let count = self.id(iloc.start + 6, is_wide)?;
        let mut at = iloc.start + if is_wide { 10 } else { 8 };
        for _ in 0..count.min(MOST_ITEMS as u32) {
            let id = self.id(at, is_wide)?;
            at += if is_wide { 4 } else { 2 };
            if let Err(error) = locations.entries.try_reserve(1) {
                return Some(Err(error.into()));
            }
            locations.entries.push((id, at));
            at += if version > 0 { 4 } else { 2 } + locations.widths[2];
            let pieces = u64::from(view.be16(at)?);
            let [offset, length, _, index] = locations.widths;
            at += 2 + pieces * (index + offset + length);
        }
        Some(Ok(()))
    }

    /// Gives the pieces of which an item consists, in order.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when there are none, or they aren't in the file,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) when they are those of another item or file.
    pub fn pieces(&self, locations: &Locations, item: u32, take: &mut dyn FnMut(Span)) -> Result<()> {
        let missing = || Error::malformed(format!("item {item} has no bytes"));
        let found = locations.entries.binary_search_by_key(&item, |(id, _)| *id).map_err(|_| missing())?;
        let mut at = locations.entries[found].1;
        let view = self.view;
        let mut method = 0;
        if locations.version > 0 {
            method = view.be16(at).ok_or_else(missing)? & 15;
            at += 2;
        }
        let base = match (method, view.be16(at)) {
            (0, Some(0)) => 0,
            (1, Some(0)) => self.meta.child(view, b"idat").ok_or_else(missing)?.start,
            _ => return Err(Error::unsupported(format!("item {item} is made of another item or file"))),
        };
        let [offset_bytes, length_bytes, base_bytes, index_bytes] = locations.widths;
        let base = base.saturating_add(number(view, at + 2, base_bytes).ok_or_else(missing)?);
        at += 2 + base_bytes;
        let count = u64::from(view.be16(at).ok_or_else(missing)?);
        at += 2;
        if count == 0 || count > MOST_PIECES {
            return Err(Error::malformed(format!("item {item} has {count} pieces")));
        }
        for _ in 0..count {
            at += index_bytes;
            let offset = number(view, at, offset_bytes).ok_or_else(missing)?;
            let length = number(view, at + offset_bytes, length_bytes).ok_or_else(missing)?;
            at += offset_bytes + length_bytes;
            let start = base.saturating_add(offset);
            // 0 is up to the end.
            let length = if length == 0 { view.length_from(start, u64::MAX) } else { length };
            take(Span { start, length });
        }
        Ok(())
    }

    /// The only piece of an item.
    pub fn only_piece(&self, locations: &Locations, item: u32) -> Option<Span> {
        let mut pieces = Vec::new();
        self.pieces(locations, item, &mut |piece| pieces.push(piece)).ok()?;
        if let [piece] = pieces[..] { Some(piece) } else { None }
    }

    /// The bytes of an item, from all pieces.
    ///
    /// # Errors
    /// As [`Self::pieces`], [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn bytes_of(&self, locations: &Locations, item: u32) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut result = Ok(());
        self.pieces(locations, item, &mut |piece| {
            let copied =
                usize::try_from(piece.length).ok().and_then(|length| self.view.get(piece.start, length));
            let copied = copied.ok_or_else(|| Error::malformed(format!("item {item} is cut short")));
            let copied = copied.and_then(|part| {
                Ok(bytes.try_reserve_exact(part.len()).map(|()| bytes.extend_from_slice(part))?)
            });
            if result.is_ok() {
                result = copied;
            }
        })?;
        result.map(|()| bytes)
    }

    /// How many bytes an item has.
    pub fn length_of(&self, locations: &Locations, item: u32) -> u64 {
        let mut length: u64 = 0;
        let known = self.pieces(locations, item, &mut |piece| length = length.saturating_add(piece.length));
        if known.is_ok() { length } else { 0 }
    }
}
