//! The settings that the server alone has: the keys of webp_server_go, which mean here what they mean there, and some
//! of our own.

use std::time::Duration;

use super::{
    Address, Allowed, Crop, Definition, Extensions, ListOf, Names, Networks, OneOf, OrAuto, Pairs, Size,
    Sizes, Switch, Text, Time, Token, Unset, Whole,
    definition::{setting, settings},
    shared,
};
use crate::{codec::Format, convert::Interest};

/// The most of what has no limit of its own.
const MOST: u64 = 1_000_000_000;

/// The formats that are made, by name.
pub(super) const WEBP: (&str, Format) = (Format::WebP.name(), Format::WebP);
pub(super) const AVIF: (&str, Format) = (Format::Avif.name(), Format::Avif);

/// The formats of `CONVERT_TYPES`. JPEG XL, which webp_server_go makes, can be named: it is left out with a warning.
const CONVERT_TYPE: OneOf<Format> = OneOf(&[WEBP, AVIF, (Format::Jxl.name(), Format::Jxl)]);

/// All keys, in the order in which `-dump-config` prints them.
pub fn keys() -> impl Iterator<Item = &'static dyn Definition> {
    OWN.iter().chain(shared::ALL).copied()
}

/// The key of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Definition> {
    keys().find(|key| key.about().name == name || !name.is_empty() && key.about().alias == name)
}

/// The names of all keys.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(shared::NAMES).copied()
}

settings! {
    /// Those that only the server has.
    OWN {
        HOST: Text = setting(Text, "127.0.0.1", "the address to listen on; 0.0.0.0 is for everybody")
            .differs("Where a config.json is read and names none, it is 0.0.0.0 as there.")
            .left_out(r#""0.0.0.0""#).part_of("--listen").needs_restart();

        PORT: Whole<u16> = setting(Whole(0, u16::MAX), 3333, "the port to listen on; 0 takes a free one")
            .part_of("--listen").needs_restart();

        IMG_PATH: Text = setting(Text, "./pics", "the folder of the originals, or an http(s) origin or a bucket (s3://, gs://, az://) to stand before")
            .part_of("DIR").needs_restart();

        IMG_MAP: Pairs = setting(Pairs, (), "hosts or path prefixes, each with a folder, an origin or a bucket of its own")
            .differs("The longest prefix wins; there it was a random one. Pictures of a mapped folder are cached.")
            .needs_restart();

        PRIVATE_ORIGINS: Names = setting(Names, &[],
            "hosts of origins that may lead to addresses of this machine, of its networks and of metadata services; * is any")
            .differs("There every address was asked.").needs_restart();

        CACHE: Text = setting(Text, "", "one folder that holds exhaust, metadata and remote-raw")
            .ours().flag("cache", "DIR");

        EXHAUST_PATH: Text = setting(Text, "./exhaust", "the folder of the converted pictures").needs_restart();

        METADATA_PATH: Text = setting(Text, "./metadata", "the folder of what is known of each original").needs_restart();

        REMOTE_RAW_PATH: Text = setting(Text, "./remote-raw", "the folder of remote originals").needs_restart();

        MAX_CACHE_SIZE: OrAuto<Whole<u64>> = setting(OrAuto(Whole(0, MOST)), (),
            "MiB that all that is kept may take on disk; auto is a tenth of the disk, from 64 MiB to 10 GiB; 0 is without limit")
            .differs("It holds all three folders together, at any moment, and the least recently used go first. There it was \
                      without limit unless it was set, for each folder by itself, and the oldest went.")
            .flag("max-cache-size", "MIB").needs_restart();

        RESULTS: Text = setting(Text, "",
            "a bucket in which instances share what they make, each once: s3://bucket[/prefix], or gs:// or az://")
            .ours().flag("results", "BUCKET").needs_restart();

        MEMORY: Unset<Size> = setting(Unset(Size::from(4 << 20)), (), "what all conversions together may take of memory")
            .ours().decided_by("asks the machine").flag("memory", "SIZE").needs_restart();

        MEMORY_LIMIT_MB: Whole<u64> = setting(Whole(0, MOST), 0, "MEMORY in MiB; 0 asks the machine").ours();

        MAX_JOB_COUNT: Whole<usize> = setting(Whole(0, 1_024), 0, "conversions at a time; 0 is one a processor")
            .ours().alias("MAX_CONCURRENT_CONVERSIONS").flag("jobs", "N").needs_restart();

        WAIT: Time = setting(Time::seconds(0, 3_600), Duration::from_secs(30),
            "seconds for which a request waits for room to convert; then the original goes out")
            .ours().flag("wait", "SECONDS");

        CONVERT_TYPES: ListOf<Format> = setting(ListOf(CONVERT_TYPE), &[Format::WebP], "the formats that are made: webp, avif or both")
            .differs("jxl can't be made here: it is left out with a warning.")
            .flag("formats", "LIST");

        ENABLE_WEBP: Switch = setting(Switch, false, "older way to add webp to CONVERT_TYPES");

        ENABLE_AVIF: Switch = setting(Switch, false, "older way to add avif to CONVERT_TYPES");

        ENABLE_JXL: Switch = setting(Switch, false, "older way to add jxl to CONVERT_TYPES")
            .differs("JPEG XL can't be made here.");

        STRIP_METADATA: Switch = setting(Switch, true, "leave EXIF, XMP and ICC profiles out of what is made");

        ALLOWED_TYPES: Extensions = setting(Extensions, &Allowed::USUAL, "the extensions that are served; [\"*\"] serves everything")
            .differs("All formats that are known here; there only some of them.");

        ENABLE_EXTRA_PARAMS: Switch = setting(Switch, false, "let requests ask for sizes, qualities and formats")
            .differs("When off, ?width=N no longer makes a cache file for each N.")
            .flag("resize", "");

        EXTRA_PARAMS_CROP_INTERESTING: Crop = setting(Crop, Interest::Entropy,
            "the part that a crop keeps: InterestingNone, Entropy, Centre, Attention, Low, High or All")
            .differs("Attention is done as Entropy; All as Centre.");

        WATERMARK: Text = setting(Text, "",
            "the file of a picture that is put on others: where a request asks for it, or as WATERMARK_ALWAYS says")
            .ours().flag("watermark", "FILE");

        WATERMARK_ALWAYS: Text = setting(Text, "",
            "where WATERMARK is on every picture, whatever requests say: opacity, position, offsets, share of the width, as 0.5:bottom-right:10:10:0.2")
            .ours().flag("watermark-always", "PLACE");

        FONTS: Text = setting(Text, "system",
            "folders with fonts for text in SVG, one or several as in PATH; system is the machine's own, none is no text")
            .ours().flag("fonts", "DIRS");

        LAZY_MODE: Switch = setting(Switch, false, "answer with the original at once and convert in the background").ours();

        LAZY_AFTER: Time = setting(Time::milliseconds(0, 60_000), Duration::ZERO,
            "milliseconds after which the original, or what is there, goes out and the conversion goes on; 0 is WAIT").ours();

        CACHE_TTL: Time = setting(Time::minutes(0, MOST), Duration::from_secs(259_200 * 60),
            "minutes for which a remote original is trusted, if its origin says no less; 0 is for ever")
            .differs("There what an origin says was not heeded: see OVERRULE_ORIGIN.");

        FOLLOW_LINKS: Switch = setting(Switch, false, "serve what links lead to outside of the folders, too")
            .ours().flag("follow-links", "").needs_restart();

        VERIFY_EVERY: Time = setting(Time::seconds(0, MOST), Duration::from_secs(86_400),
            "seconds between two slow passes that compare all that is kept with its checksums; 0 is never")
            .ours().flag("verify-every", "SECONDS").needs_restart();

        WATCH: Switch = setting(Switch, false,
            "make what is new in the folders before anybody asks, one picture at a time and while nothing else converts")
            .ours().flag("watch", "").needs_restart();

        PREFETCH_WIDTHS: Sizes = setting(Sizes, &[],
            "the widths that are made before anybody asks beside the picture as it is, with ENABLE_EXTRA_PARAMS")
            .ours().flag("prefetch-widths", "LIST").needs_restart();

        LOG: OneOf<bool> = setting(OneOf(&[("text", false), ("json", true)]), false, "log lines as text or as json")
            .ours().flag("log", "FORM").needs_restart();

        ACCESS_LOG: Text = setting(Text, "", "the file that gets a line for each answer; - is standard output")
            .ours().flag("access-log", "FILE").needs_restart();

        ACCESS_LOG_FORM: OneOf<bool> = setting(OneOf(&[("common", false), ("json", true)]), false,
            "its lines: common (the Common Log Format, then decision and milliseconds) or json")
            .ours().flag("access-log-form", "FORM").needs_restart();

        TRUSTED_PROXIES: Networks = setting(Networks, &["127.0.0.0/8", "::1"],
            "addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; [] is nobody")
            .differs("There everybody was believed.").needs_restart();

        ADMIN_LISTEN: Address = setting(Address, (),
            "where operators ask for /metrics and /readyz and see the figures on a page, on a listener of their own; give it an address that only they can reach")
            .ours().flag("admin-listen", "ADDR:PORT").needs_restart();

        ADMIN_TOKEN: Token = setting(Token, (),
            "16 letters or more, to be sent as Authorization: Bearer; with it /_admin/metrics is answered beside the pictures, too")
            .ours().secret().needs_restart();

        WELCOME: Switch = setting(Switch, true, "a page at / for who tries the server on this machine; never for others")
            .differs("slimpix's own key. Where a config.json is read and says nothing of it, it is false.")
            .left_out("false").needs_restart();

        DEMO: Switch = setting(Switch, false, "serve the demo page under /_demo/").ours().flag("demo", "").needs_restart();

        DEMO_PATH: Text = setting(Text, "www/dist", "the folder of the built demo page").ours().flag("demo-path", "DIR").needs_restart();

        CONCURRENCY: Whole<usize> = setting(Whole(1, 1_000_000), 262_144,
            "how many connections may be open; memory and file descriptors may allow fewer")
            .differs("It never bounded conversions, there or here: MAX_JOB_COUNT and MEMORY_LIMIT_MB do.")
            .needs_restart();

        DISABLE_KEEPALIVE: Switch = setting(Switch, false, "close each connection after its answer").needs_restart();

        HEAD_TIMEOUT: Time = setting(Time::seconds(1, 3_600), Duration::from_secs(15),
            "seconds in which a client sends its first byte, and a head that it has begun")
            .ours().needs_restart();

        KEEPALIVE_TIMEOUT: Time = setting(Time::seconds(1, 86_400), Duration::from_secs(60),
            "seconds for which a connection may be idle between requests")
            .ours().needs_restart();

        SEND_TIMEOUT: Time = setting(Time::seconds(1, 86_400), Duration::from_secs(30),
            "seconds for which a client may take nothing of its answer")
            .ours().needs_restart();

        READ_BUFFER_SIZE: Whole<u64> = setting(Whole(0, MOST), 4096, "does nothing").differs("It did nothing there either.");
    }
}
