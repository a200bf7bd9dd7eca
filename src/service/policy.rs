//! How a host wants requests to be answered: every setting resolved, nothing read later.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::watermarking::Watermarking;
use crate::{
    codec::Format,
    convert::{Interest, Mode},
    limits::Limits,
    settings::{server, shared, worker},
};

pub use crate::settings::{Allowed, Drawings, Key, Signed};

/// The settings of the service. The defaults serve a folder with nothing configured.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// The formats to make, the most wanted first. Default WebP. Each one costs a conversion a picture.
    pub formats: Vec<Format>,
    /// 0 to 100. Default 80. From 100 on, WebP is made without loss.
    pub quality: u8,
    /// 0 (fastest) to 6 (smallest). Default 4.
    pub effort: u8,
    /// Lossy, lossless or whichever suits. Default whichever suits.
    pub mode: Mode,
    /// Keep EXIF, XMP and ICC in what is made. Default false.
    pub keep_metadata: bool,
    /// Obey `width`, `height`, `max_width` and `max_height`. Default false.
    pub extra_params: bool,
    /// Obey the short forms `w`, `h`, `fit`, `q`, `dpr` and `format`. Default false.
    pub short_params: bool,
    /// The sizes that may be asked for, in pixels, ascending: others go up to the next one, or down to the last.
    /// Default none: any size from 1 to 65,535 is taken as it is, and each one is a variant of its own. The hosts take
    /// [`shared::WIDTHS`] where nothing is said.
    pub size_steps: Vec<u32>,
    /// How many variants with sizes or a quality of their own are kept of one source; 0 is without limit. Default 32.
    pub sizes_kept: usize,
    /// The qualities that `q` may ask for, ascending: others go up to the next one, or down to the last. Default the
    /// tens from 10 to 100.
    pub quality_steps: Vec<u8>,
    /// What a crop keeps. Default the middle.
    pub interest: Interest,
    /// When a picture is made of an SVG. Default where it is shorter.
    pub svg: Drawings,
    /// Send SVG compressed by gzip to who takes that. Default true; false where what stands before does so.
    pub packs_svg: bool,
    /// The file extensions that are served, in lower case.
    pub allowed: Allowed,
    /// Send on to an origin, as they came, requests that turn out not to be for a picture. Default false: they are
    /// refused.
    pub passes: bool,
    /// Where other paths than those of `mounts` lead. Default the first local root.
    pub target: Target,
    /// Where some hosts and some paths lead: an exact host first, then the longest path.
    pub mounts: Vec<Mount>,
    /// The most that one picture may ask for.
    pub limits: Limits,
    /// Pixels above which no AVIF is made, for the time that it takes. Default no bound but that of `limits`.
    pub avif_max_pixels: u64,
    /// Bytes of memory that all conversions have together. Default 512 MiB. What can never fit is not tried.
    pub budget: u64,
    /// How long a request waits for room in the budget, all its conversions together. Default 30 s.
    pub room_patience: Duration,
    /// How long a request waits for a conversion that another one leads. Default 30 s.
    pub flight_patience: Duration,
    /// Fields that every answer has beside its own. Default none.
    pub more_headers: Vec<(HeaderName, HeaderValue)>,
    /// For how long answers may be kept by browsers and caches. Default one day.
    pub max_age: Duration,
    /// `max-age` of answers that will soon be better: an original sent under load. Default 10 s.
    pub short_max_age: Duration,
    /// For how long a remote source is trusted before it is asked about again, if its origin says no less. Default 180
    /// days; 0: for ever.
    pub revalidate: Duration,
    /// Keep and share what an origin says is private, not to be stored, or sends with a cookie, and all of it for the
    /// time of `revalidate`. Default false.
    pub overrule_origin: bool,
    /// Obey `?explain`. Default false: it tells strangers about the machine.
    pub explain: bool,
    /// Look clients that name no image type up by their `User-Agent`. Default false. Then answers vary by that
    /// too, which defeats most shared caches.
    pub by_user_agent: bool,
    /// Send the original now and convert in the background. Default false.
    pub lazy: bool,
    /// How long a request waits for a conversion where it has another answer meanwhile; the conversion goes on. Default
    /// `None`: until it is done.
    pub lazy_after: Option<Duration>,
    /// Read URLs as imgproxy's. Default false.
    pub imgproxy_urls: bool,
    /// Read URLs below `/cdn-cgi/image/` as Cloudflare's. Default false.
    pub cloudflare_urls: bool,
    /// The qualities of formats that have one of their own. Default none.
    pub qualities: Vec<(Format, u8)>,
    /// Heed client hints where a URL leaves open what they tell. Default false: then answers vary by them, too.
    pub client_hints: bool,
    /// The mark on pictures. Default none.
    pub watermark: Option<Watermarking>,
    /// The keys of signed URLs, the one to sign with first. Default none: nothing is signed.
    pub sign_keys: Vec<Key>,
    /// What has to be signed where there are keys. Default what asks for anything beside a picture.
    pub signed: Signed,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            formats: server::CONVERT_TYPES.default.to_vec(),
            quality: shared::QUALITY.default,
            effort: shared::EFFORT.default,
            mode: worker::MODE.default,
            keep_metadata: !server::STRIP_METADATA.default,
            extra_params: server::ENABLE_EXTRA_PARAMS.default,
            short_params: server::ENABLE_EXTRA_PARAMS.default,
            size_steps: Vec::new(),
            sizes_kept: shared::SIZES_KEPT.default,
            quality_steps: (1..=10).map(|step| step * 10).collect(),
            interest: Interest::Centre,
            svg: shared::SVG.default,
            packs_svg: true,
            allowed: Allowed::default(),
            passes: false,
            target: Target::Local { root: 0, name: String::new() },
            mounts: Vec::new(),
            limits: Limits::default(),
            avif_max_pixels: u64::MAX,
            budget: 512 << 20,
            room_patience: server::WAIT.default,
            flight_patience: server::WAIT.default,
            more_headers: Vec::new(),
            max_age: shared::MAX_AGE.default,
            short_max_age: Duration::from_secs(10),
            revalidate: server::CACHE_TTL.default,
            overrule_origin: shared::OVERRULE_ORIGIN.default,
            explain: shared::EXPLAIN.default,
            by_user_agent: false,
            lazy: server::LAZY_MODE.default,
            lazy_after: None,
            imgproxy_urls: shared::IMGPROXY_URLS.default,
            cloudflare_urls: shared::CLOUDFLARE_URLS.default,
            qualities: Vec::new(),
            client_hints: shared::CLIENT_HINTS.default,
            watermark: None,
            sign_keys: Vec::new(),
            signed: shared::SIGN.default,
        }
    }
}

impl Policy {
    /// The quality of a format where a request names none, 0 to 100.
    pub(super) fn quality_of(&self, format: Format) -> u8 {
        self.qualities.iter().find(|(of, _)| *of == format).map_or(self.quality, |(_, quality)| *quality)
    }
}

/// `Policy::with_*` for each field.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $field:ident: $type:ty,)*) => {
        impl Policy {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

setters! {
    /// Sets the formats to make, the most wanted first.
    with_formats: formats: Vec<Format>,
    /// Sets the quality, 0 to 100.
    with_quality: quality: u8,
    /// Sets the effort, from 0 (fastest) to 6 (smallest).
    with_effort: effort: u8,
    /// Sets whether detail may be lost.
    with_mode: mode: Mode,
    /// Sets whether EXIF, XMP and ICC are kept in what is made.
    with_keep_metadata: keep_metadata: bool,
    /// Sets whether `width`, `height`, `max_width` and `max_height` are obeyed.
    with_extra_params: extra_params: bool,
    /// Sets whether the short forms of parameters are obeyed.
    with_short_params: short_params: bool,
    /// Sets the sizes that may be asked for, in pixels, ascending.
    with_size_steps: size_steps: Vec<u32>,
    /// Sets how many variants of one source are kept.
    with_sizes_kept: sizes_kept: usize,
    /// Sets the qualities that may be asked for, ascending.
    with_quality_steps: quality_steps: Vec<u8>,
    /// Sets what a crop keeps.
    with_interest: interest: Interest,
    /// Sets when a picture is made of an SVG.
    with_svg: svg: Drawings,
    /// Sets whether SVG is sent compressed by gzip to who takes that.
    with_packs_svg: packs_svg: bool,
    /// Sets the file extensions that are served.
    with_allowed: allowed: Allowed,
    /// Sets whether requests that are not for a picture are sent on to an origin.
    with_passes: passes: bool,
    /// Sets where other paths than those of the mounts lead.
    with_target: target: Target,
    /// Sets where some hosts and some paths lead.
    with_mounts: mounts: Vec<Mount>,
    /// Sets the most that one picture may ask for.
    with_limits: limits: Limits,
    /// Sets the pixels above which no AVIF is made.
    with_avif_max_pixels: avif_max_pixels: u64,
    /// Sets the bytes of memory that all conversions have together.
    with_budget: budget: u64,
    /// Sets how long a request waits for room in the budget.
    with_room_patience: room_patience: Duration,
    /// Sets how long a request waits for a conversion that another one leads.
    with_flight_patience: flight_patience: Duration,
    /// Sets fields that every answer has beside its own.
    with_more_headers: more_headers: Vec<(HeaderName, HeaderValue)>,
    /// Sets for how long answers may be kept by browsers and caches.
    with_max_age: max_age: Duration,
    /// Sets `max-age` of answers that will soon be better.
    with_short_max_age: short_max_age: Duration,
    /// Sets for how long a remote source is trusted before it is asked about again.
    with_revalidate: revalidate: Duration,
    /// Sets whether what an origin says of caches is passed over.
    with_overrule_origin: overrule_origin: bool,
    /// Sets whether `?explain` is obeyed.
    with_explain: explain: bool,
    /// Sets whether clients that name no image type are looked up by their `User-Agent`.
    with_by_user_agent: by_user_agent: bool,
    /// Sets whether the original is sent now and converted in the background.
    with_lazy: lazy: bool,
    /// Sets how long a request waits for a conversion where it has another answer meanwhile.
    with_lazy_after: lazy_after: Option<Duration>,
    /// Sets whether URLs are read as imgproxy's.
    with_imgproxy_urls: imgproxy_urls: bool,
    /// Sets whether URLs below `/cdn-cgi/image/` are read as Cloudflare's.
    with_cloudflare_urls: cloudflare_urls: bool,
    /// Sets the qualities of formats that have one of their own.
    with_qualities: qualities: Vec<(Format, u8)>,
    /// Sets whether client hints are heeded.
    with_client_hints: client_hints: bool,
    /// Sets the mark on pictures.
    with_watermark: watermark: Option<Watermarking>,
    /// Sets the keys of signed URLs, the one to sign with first.
    with_sign_keys: sign_keys: Vec<Key>,
    /// Sets what has to be signed where there are keys.
    with_signed: signed: Signed,
}

/// One entry of `IMG_MAP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What it catches.
    pub at: MountPoint,
    /// Where that leads.
    pub target: Target,
}

/// What a mount catches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountPoint {
    /// All paths of one host: `scheme://host[:port]`, compared with the request's `Host`.
    Host(String),
    /// All paths below one, on whole segments: `/photos` catches `/photos/a.jpg`, not `/photos2/a.jpg`. What
    /// remains of the path is looked for below the target.
    Prefix(String),
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A folder: the host's list of roots has it at `root`.
    Local {
        /// The index of the folder.
        root: usize,
        /// What stands before the path in cache keys: empty for `IMG_PATH`, the folder as it was written for an
        /// entry of `IMG_MAP`.
        name: String,
    },
    /// An origin server.
    Remote {
        /// `http(s)://host[:port][/path]`.
        base: String,
    },
}
