//! Every key of the configuration, for people: its default, what it does, and what is different from
//! webp_server_go. `slimpix doctor` and `-dump-config` read this table; [`super::config`] reads the values.

/// A key of `config.json`, and of the environment as `WEBP_<KEY>`.
pub(crate) struct Key {
    /// As it is written.
    pub(crate) name: &'static str,
    /// The default, as JSON.
    pub(crate) default: &'static str,
    /// What it does.
    pub(crate) meaning: &'static str,
    /// What is different from webp_server_go, if anything.
    pub(crate) differs: &'static str,
}

/// The key of a name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter()
        .find(|key| key.name == name || (key.name == "MAX_JOB_COUNT" && name == "MAX_CONCURRENT_CONVERSIONS"))
}

/// Variables `WEBP_<NAME>` that are flags' twins, not keys of the configuration.
pub(crate) const OF_OTHERS: &[&str] = &[
    "ALPHA_QUALITY",
    "CONFIG",
    "ENLARGE",
    "FILTER",
    "FIT",
    "FORCE",
    "FORMAT",
    "HEIGHT",
    "JSON",
    "KEEP_METADATA",
    "LINEAR",
    "LOSSLESS",
    "OUT_DIR",
    "PREFETCH",
    "PREFETCH_FOREGROUND",
    "TARGET_SIZE",
    "VERBOSITY",
    "WIDTH",
];

const OURS: &str = "slimpix's own key.";

/// All keys, in the order in which `-dump-config` prints them.
pub(crate) const KEYS: &[Key] = &[
    key("HOST", r#""0.0.0.0""#, "the address to listen on", ""),
    key("PORT", r#""3333""#, "the port to listen on; 0 takes a free one", ""),
    key(
        "QUALITY",
        "80",
        "quality of lossy pictures, 0 to 100; from 100 on they are lossless",
        "A number works too; there it was silently ignored, and 80 used.",
    ),
    key("IMG_PATH", r#""./pics""#, "the folder of the originals, or an http(s) origin to stand before", ""),
    key("EXHAUST_PATH", r#""./exhaust""#, "the folder of the converted pictures", ""),
    key("METADATA_PATH", r#""./metadata""#, "the folder of what is known of each original", ""),
    key("REMOTE_RAW_PATH", r#""./remote-raw""#, "the folder of remote originals", ""),
    key(
        "IMG_MAP",
        "{}",
        "hosts or path prefixes, each with a folder or an origin of its own",
        "The longest prefix wins; there it was a random one. Pictures of a mapped folder are cached.",
    ),
    key(
        "ALLOWED_TYPES",
        r#"["jpg","jpeg","jpe","jfif","png","apng","gif","webp","avif","bmp","ico","cur","tif","tiff","heic","heif","jxl","svg","svgz","nef"]"#,
        "the extensions that are served; [\"*\"] serves everything",
        "All formats that are known here; there only some of them.",
    ),
    key(
        "CONVERT_TYPES",
        r#"["webp"]"#,
        "the formats that are made: webp, avif",
        "jxl can't be made here: it is left out with a warning.",
    ),
    key("ENABLE_WEBP", "false", "older way to add webp to CONVERT_TYPES", ""),
    key("ENABLE_AVIF", "false", "older way to add avif to CONVERT_TYPES", ""),
    key("ENABLE_JXL", "false", "older way to add jxl to CONVERT_TYPES", "JPEG XL can't be made here."),
    key("STRIP_METADATA", "true", "leave EXIF, XMP and ICC profiles out of what is made", ""),
    key(
        "ENABLE_EXTRA_PARAMS",
        "false",
        "let requests ask for width, height, max_width and max_height",
        "When off, ?width=N no longer makes a cache file for each N.",
    ),
    key(
        "EXTRA_PARAMS_CROP_INTERESTING",
        r#""InterestingAttention""#,
        "the part that a crop keeps: InterestingNone, Entropy, Centre, Attention, Low, High or All",
        "Attention is done as Entropy; All as Centre.",
    ),
    key("READ_BUFFER_SIZE", "4096", "does nothing", "It did nothing there either."),
    key(
        "CONCURRENCY",
        "262144",
        "how many connections may be open; memory and file descriptors may allow fewer",
        "It never bounded conversions, there or here: MAX_JOB_COUNT and MEMORY_LIMIT_MB do.",
    ),
    key("DISABLE_KEEPALIVE", "false", "close each connection after its answer", ""),
    key(
        "HEAD_TIMEOUT",
        "15",
        "seconds in which a client sends its first byte, and a head that it has begun",
        OURS,
    ),
    key("KEEPALIVE_TIMEOUT", "60", "seconds for which a connection may be idle between requests", OURS),
    key("SEND_TIMEOUT", "30", "seconds for which a client may take nothing of its answer", OURS),
    key(
        "CACHE_TTL",
        "259200",
        "minutes for which a remote original is trusted, if its origin says no less; 0 is for ever",
        "There what an origin says was not heeded: see OVERRULE_ORIGIN.",
    ),
    key(
        "MAX_CACHE_SIZE",
        r#""auto""#,
        "MiB that all that is kept may take on disk; auto is a tenth of the disk, from 64 MiB to 10 GiB; 0 is without limit",
        "It holds all three folders together, at any moment, and the least recently used go first. There it was \
         without limit unless it was set, for each folder by itself, and the oldest went.",
    ),
    key("SIZES_KEPT", "32", "sizes and qualities that are kept of one picture; 0 is without limit", OURS),
    key(
        "WIDTHS",
        r#""any""#,
        "the widths and heights that may be asked for, as a list: others go up to the next; any is as they are asked",
        OURS,
    ),
    key("MAX_JOB_COUNT", "0", "conversions at a time; 0 is one a processor", OURS),
    key("MEMORY_LIMIT_MB", "0", "MiB that all conversions may take together; 0 asks the machine", OURS),
    key(
        "WAIT",
        "30",
        "seconds for which a request waits for room to convert; then the original goes out",
        OURS,
    ),
    key("LAZY_MODE", "false", "answer with the original at once and convert in the background", OURS),
    key("CACHE", "null", "one folder that holds exhaust, metadata and remote-raw", OURS),
    key("MEMORY", "null", "as MEMORY_LIMIT_MB, with a unit: 200M", OURS),
    key("EFFORT", "4", "time spent to make files small, 0 to 6", OURS),
    key("EXPLAIN", "false", "answer ?explain with how a picture was chosen", OURS),
    key("FOLLOW_LINKS", "false", "serve what links lead to outside of the folders, too", OURS),
    key(
        "OVERRULE_ORIGIN",
        "false",
        "keep and share what an origin says is private, not to be stored, or sent with a cookie, all of it for CACHE_TTL",
        "There nothing that an origin says of caches was heeded: true is as it was.",
    ),
    key(
        "VERIFY_EVERY",
        "86400",
        "seconds between two slow passes that compare all that is kept with its checksums; 0 is never",
        OURS,
    ),
    key("DEMO", "false", "serve the demo page under /_demo/", OURS),
    key("DEMO_PATH", r#""www/dist""#, "the folder of the built demo page", OURS),
    key("LOG", r#""text""#, "log lines as text or as json", OURS),
];

const fn key(name: &'static str, default: &'static str, meaning: &'static str, differs: &'static str) -> Key {
    Key { name, default, meaning, differs }
}
