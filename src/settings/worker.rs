//! The settings that the Worker alone has, as variables in `wrangler.toml`, or that have another default there.
//!
//! An isolate has 128 MB and some seconds of a processor for a request, and stands before one site: its defaults are
//! those of a server that is small and set up to convert. The names are shorter than webp_server_go's, which nobody
//! carries over to it.

use std::time::Duration;

use super::{
    Allowed, Definition, Extensions, ListOf, OneOf, Size, Switch, Text, Time, Token, Whole,
    definition::{setting, settings},
    server, shared,
};
use crate::{codec::Format, convert::Mode};

/// Seconds that anything may be waited for: for longer no request is kept.
const LONGEST_WAIT: u64 = 300;

/// What wasm can address, but for the last MiB.
const MOST_BYTES: u64 = 4095 << 20;

/// Bytes of which at least one picture can be.
const BYTES: Size = Size { least: 1 << 20, most: MOST_BYTES };

/// The bindings that are R2 buckets: where the pictures come from when `ORIGIN` isn't set, and where what was made is
/// kept beyond a data centre's cache.
pub const BUCKETS: [&str; 2] = ["SOURCE_BUCKET", "STORE"];

/// The binding of the Durable Object that has isolates make each result once.
pub const ONCE: &str = "ONCE";

/// The binding of the queue of what is to be made after answering.
pub const LATER: &str = "LATER";

/// What may be bound beside variables.
pub const BINDINGS: [&str; 4] = [BUCKETS[0], BUCKETS[1], ONCE, LATER];

/// All variables.
pub fn variables() -> impl Iterator<Item = &'static dyn Definition> {
    OWN.iter().chain(shared::ALL).copied()
}

/// The names of all variables.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(shared::NAMES).copied()
}

settings! {
    /// Those that only the Worker has.
    OWN {
        ORIGIN: Text = setting(Text, "", "http(s)://host[:port][/path]: where the pictures come from");

        /// Unlike `CONVERT_TYPES` of the server: nobody's processor is busy for longer than the request that asks.
        FORMATS: ListOf<Format> = setting(ListOf(OneOf(&[server::WEBP, server::AVIF])),
            &[Format::WebP, Format::Avif], "the formats to make, the most wanted first");

        MODE: OneOf<Mode> = setting(OneOf(Mode::NAMES), Mode::Auto, "lossy, lossless, or auto: whichever suits the picture");

        /// The server's `STRIP_METADATA`, said the other way round.
        KEEP_METADATA: Switch = setting(Switch, !server::STRIP_METADATA.default, "keep EXIF, XMP and the colour profile");

        /// Unlike `ENABLE_EXTRA_PARAMS` of the server, which is webp_server_go's and off there.
        PARAMS: Switch = setting(Switch, true, "obey sizes, quality and format in the query");

        ALLOWED: Extensions = setting(Extensions, &Allowed::USUAL, "the file extensions that are served; *: all");

        PASS: Switch = setting(Switch, true,
            "send on as they came, to ORIGIN or from SOURCE_BUCKET, requests that aren't for a picture; else they are refused");

        /// Unlike `CACHE_TTL` of the server, which is webp_server_go's and counts minutes.
        REVALIDATE: Time = setting(Time::seconds(0, u32::MAX as u64), Duration::from_secs(86_400),
            "seconds for which a source is trusted until the origin is asked again, if that says no less; 0: for ever");

        TIMEOUT: Time = setting(Time::seconds(1, LONGEST_WAIT), Duration::from_secs(20),
            "seconds for which the origin may be silent");

        PATIENCE: Time = setting(Time::seconds(0, LONGEST_WAIT), server::WAIT.default,
            "seconds for which a request waits for others' conversions, before it gets the original");

        /// Below the wall of linear memory by what stands beside conversions: static data, the stack, answers on
        /// their way.
        MEMORY: Size = setting(BYTES, 88 << 20, "bytes for all conversions together");

        MAX_INPUT: Size = setting(BYTES, 32 << 20, "the most bytes of a picture that is converted");

        MAX_PIXELS: Whole<u64> = setting(Whole(1, 1_000_000_000), 50_000_000, "the most pixels of a picture that is converted");

        /// The server has no such bound: it has no limit on the time of a conversion.
        AVIF_MAX_PIXELS: Whole<u64> = setting(Whole(0, 1_000_000_000), 16_000_000, "pixels above which no AVIF is made");

        /// The server's `FONTS` are folders.
        FONTS: Text = setting(Text, "", "what stands before the names of fonts in SOURCE_BUCKET or else STORE, with which text in SVG is drawn");

        /// The server's `WATERMARK` is a file.
        WATERMARK: Text = setting(Text, "",
            "the name of a picture in SOURCE_BUCKET or else STORE that is put on others: where a request asks for it, or as WATERMARK_ALWAYS says");

        WATERMARK_ALWAYS: Text = setting(Text, "",
            "where WATERMARK is on every picture, whatever requests say: opacity, position, offsets, share of the width, as 0.5:bottom-right:10:10:0.2");

        /// The server's opens more than that.
        ADMIN_TOKEN: Token = setting(Token, (),
            "16 letters or more, to be sent as Authorization: Bearer; with it POST /_admin/purge takes away what is kept, in STORE and in all data centres")
            .secret();

        LAZY: Switch = setting(Switch, server::LAZY_MODE.default, "send the original now, and convert after answering");
    }
}
