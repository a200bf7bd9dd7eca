//! Which formats a request is about: those that the client takes and the policy allows, and the one that stands in where
//! none of them will do.

use super::{Length, Selector};
use crate::{
    codec::{Format, Probe, Writing},
    convert::Mode,
    service::{effects::Effects, policy::Drawings},
};

impl Selector<'_> {
    /// The formats that this request is about, besides the source.
    pub(in crate::service) fn formats(&self) -> Vec<Format> {
        let Some(probe) = self.state.probe.as_ref() else { return Vec::new() };
        let packed = self.packs(probe).then_some(Format::Svg);
        if !self.is_convertible(probe) {
            return packed.into_iter().collect();
        }
        if let Some(format) = self.wanted.format {
            let is_source = format == probe.format && self.wanted.is_plain();
            // Nothing else is made to move here.
            let is_flat = self.moves(probe) && format != Format::WebP;
            return if is_source || is_flat { Vec::new() } else { vec![format] };
        }
        let mut formats = self.negotiated(probe);
        formats.extend(self.fallback(probe, &formats));
        // Where a drawing is wanted, an SVG is only the answer if none can be made.
        let is_hopeless = formats.iter().all(|format| self.is_hopeless(*format));
        formats.extend(packed.filter(|_| !self.is_always_drawn(probe) || is_hopeless));
        formats
    }

    /// True if an SVG is to be sent compressed: that comes to a file of its own.
    pub(super) fn packs(&self, probe: &Probe) -> bool {
        probe.format == Format::Svg
            && probe.demands.writing != Writing::Packed
            && self.policy.packs_svg
            && self.accepted.takes_gzip()
            && self.accepted.shows(Format::Svg)
            && self.wanted.is_plain()
            && self.policy.limits.check_input(self.state.validators.len).is_ok()
    }

    pub(super) fn is_always_drawn(&self, probe: &Probe) -> bool {
        probe.format == Format::Svg && self.policy.svg == Drawings::Always
    }

    /// True if a drawing is wanted at a size: who names one has a use for pixels, however short the SVG is.
    pub(super) fn is_drawn_at_a_size(&self, probe: &Probe) -> bool {
        probe.format == Format::Svg
            && self.policy.svg != Drawings::Never
            && self.wanted.resize(self.policy.interest).is_some()
    }

    /// True if a format was tried, and there is none.
    pub(super) fn is_hopeless(&self, format: Format) -> bool {
        self.is_settled(format) && self.record.variant(format).is_none()
    }

    /// True if what is wanted moves, as far as is known.
    pub(super) fn moves(&self, probe: &Probe) -> bool {
        probe.animated == Some(true) && !self.wanted.still
    }

    /// True if of what may move only the first frame is wanted.
    pub(super) fn stands_still(&self, probe: &Probe) -> bool {
        self.wanted.still && probe.animated != Some(false) && probe.format.info().moves
    }

    /// True if the wanted picture is another one than the source, which may not go out in its place.
    fn differs(&self, probe: &Probe) -> bool {
        let has_effects = self.wanted.effects != Effects::default();
        has_effects || self.wanted.resize(self.policy.interest).is_some() || self.stands_still(probe)
    }

    fn negotiated(&self, probe: &Probe) -> Vec<Format> {
        let differs = self.differs(probe);
        let is_wanted = |format: &Format| {
            format.can_encode()
                && self.accepted.names(*format)
                && (*format != probe.format || differs || self.wanted.quality.is_some())
                && (self.policy.mode != Mode::Lossless || *format != Format::Avif)
        };
        let mut formats: Vec<Format> = self.policy.formats.iter().copied().filter(is_wanted).collect();
        if self.moves(probe) {
            // Who takes AVIF takes WebP, the only one that is made to move here.
            let is_any = !formats.is_empty() && is_wanted(&Format::WebP);
            return if is_any { vec![Format::WebP] } else { Vec::new() };
        }
        // Rather a WebP than an AVIF for which there is never room.
        let lacks = |format| !formats.contains(&format);
        if !lacks(Format::Avif)
            && lacks(Format::WebP)
            && is_wanted(&Format::WebP)
            && self.requirements(probe, &self.params(Format::Avif), Length::Likely).is_err()
        {
            formats.push(Format::WebP);
        }
        formats
    }

    /// A format that everybody shows, where nothing else will do.
    fn fallback(&self, probe: &Probe, others: &[Format]) -> Option<Format> {
        if self.moves(probe) {
            return None;
        }
        let is_resized = self.differs(probe);
        let is_needed = if self.source_is_shown() && !self.wanted.reshapes() {
            others.is_empty() && is_resized
        } else {
            others.iter().all(|format| self.is_hopeless(*format)) && (is_resized || !self.source_is_shown())
        };
        let is_photo = !probe.alpha
            && matches!(
                probe.format,
                Format::Jpeg | Format::WebP | Format::Tiff | Format::Avif | Format::Heic | Format::Jxl
            );
        let order = if is_photo { [Format::Jpeg, Format::Png] } else { [Format::Png, Format::Jpeg] };
        let usable = |format: &Format| self.accepted.shows(*format) && !others.contains(format);
        is_needed.then(|| order.into_iter().find(usable)).flatten()
    }
}
