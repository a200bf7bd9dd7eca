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
    "ONLY_IF_SMALLER",
    "OUT_DIR",
    "PREFETCH",
    "PREFETCH_FOREGROUND",
    "QUIET",
    "TARGET_SIZE",
    "VERBOSITY",
    "WIDTH",
];

/// What a `config.json` that doesn't name a key means by that, where it differs from the default: webp_server_go listens for
/// everybody, makes sizes as they are asked, and welcomes nobody.
pub(crate) const OF_FILES: &[(&str, &str)] =
    &[("HOST", r#""0.0.0.0""#), ("WIDTHS", r#""any""#), ("WELCOME", "false")];

const OURS: &str = "slimpix's own key.";

/// All keys, in the order in which `-dump-config` prints them.
pub(crate) const KEYS: &[Key] = &[
    key(
        "HOST",
        r#""127.0.0.1""#,
        "the address to listen on; 0.0.0.0 is for everybody",
        "Where a config.json is read and names none, it is 0.0.0.0 as there.",
    ),
    key("PORT", r#""3333""#, "the port to listen on; 0 takes a free one", ""),
    key(
        "QUALITY",
        "80",
        "quality of lossy pictures, 0 to 100; at 100 a WebP is lossless",
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
        "let requests ask for sizes, qualities and formats",
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
        r#"[160,320,480,640,750,828,960,1080,1280,1440,1600,1920,2048,2560,3200,3840]"#,
        "the widths and heights that may be asked for: others go up to the next; any is as they are asked",
        "slimpix's own key. Where a config.json is read and says nothing of it, it is any.",
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
    key("MAX_AGE", "86400", "seconds for which browsers and caches may keep answers", OURS),
    key("ALLOW_ORIGIN", "null", "sent as Access-Control-Allow-Origin: * or one origin", OURS),
    key(
        "TIMING_ALLOW_ORIGIN",
        "null",
        "sent as Timing-Allow-Origin: * or origins with commas between them",
        OURS,
    ),
    key("ACCESS_LOG", "null", "the file that gets a line for each answer; - is standard output", OURS),
    key("ACCESS_LOG_FORM", r#""common""#, "its lines: common or json", OURS),
    key(
        "WELCOME",
        "true",
        "a page at / for who tries the server on this machine; never for others",
        "slimpix's own key. Where a config.json is read and says nothing of it, it is false.",
    ),
];

const fn key(name: &'static str, default: &'static str, meaning: &'static str, differs: &'static str) -> Key {
    Key { name, default, meaning, differs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{native::cli, service::PARAMETERS};

    #[test]
    fn every_setting_and_parameter_is_told_by_the_help_and_the_readme() {
        let readme = include_str!("../../README.md");
        let mut definition = cli::definition();
        let serve = definition.find_subcommand_mut("serve").expect("serve");
        let help = serve.render_long_help().to_string();
        for key in KEYS {
            assert!(
                help.contains(&format!("WEBP_{}", key.name)) || help.contains(&format!("  {} [", key.name)),
                "{}",
                key.name
            );
            assert!(readme.contains(&format!("`{}`", key.name)), "README doesn't tell of {}", key.name);
        }
        for (name, _) in PARAMETERS {
            assert!(help.contains(name) && readme.contains(&format!("`{name}`")), "{name}");
        }
        assert!(help.contains("/healthz") && readme.contains("`/healthz`"));
    }
}
