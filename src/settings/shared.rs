//! The settings that the server and the Worker have with the same name, the same values and the same default.

use std::time::Duration;

use super::{
    Drawings, Keys, OneOf, Setting, Signed, Switch, Text, Time, Unset, Whole, Widths,
    definition::{setting, settings},
};
use crate::codec::Format;

/// The qualities of formats that have one of their own.
pub const QUALITIES: [(Format, Setting<Unset<Whole<u8>>>); 3] =
    [(Format::WebP, QUALITY_WEBP), (Format::Avif, QUALITY_AVIF), (Format::Jpeg, QUALITY_JPEG)];

settings! {
    /// All of them.
    ALL {
        QUALITY: Whole<u8> = setting(Whole(0, 100), 80, "quality of lossy pictures, 0 to 100; at 100 a WebP is lossless")
            .differs("A number works too; there it was silently ignored, and 80 used.")
            .flag("quality", "Q").short('q');

        QUALITY_WEBP: Unset<Whole<u8>> = setting(Unset(Whole(0, 100)), (), "quality of WebP, where it isn't QUALITY")
            .ours();

        QUALITY_AVIF: Unset<Whole<u8>> = setting(Unset(Whole(0, 100)), (), "quality of AVIF, where it isn't QUALITY")
            .ours();

        QUALITY_JPEG: Unset<Whole<u8>> = setting(Unset(Whole(0, 100)), (), "quality of JPEG, where it isn't QUALITY")
            .ours();

        EFFORT: Whole<u8> = setting(Whole(0, 6), 4, "time spent to make files small: 0 is fastest, 6 smallest")
            .ours().flag("effort", "N");

        WIDTHS: Widths = setting(Widths, &[160, 320, 480, 640, 750, 828, 960, 1080, 1280, 1440, 1600, 1920, 2048, 2560, 3200, 3840],
            "the widths and heights that may be asked for: others go up to the next; any is as they are asked")
            .differs("slimpix's own key. Where a config.json is read and says nothing of it, it is any.")
            .left_out(r#""any""#).flag("widths", "LIST");

        SVG: OneOf<Drawings> = setting(OneOf(Drawings::NAMES), Drawings::Smaller,
            "when a picture is made of an SVG: smaller (where it is shorter, or a size is asked for), always or never")
            .ours();

        SIZES_KEPT: Whole<usize> = setting(Whole(0, 1_000_000_000), 32,
            "sizes and qualities that are kept of one picture; 0 is without limit")
            .ours();

        MAX_AGE: Time = setting(Time::seconds(0, u32::MAX as u64), Duration::from_secs(86_400),
            "seconds for which browsers and caches may keep answers")
            .ours().flag("max-age", "SECONDS");

        ALLOW_ORIGIN: Text = setting(Text, "", "sent as Access-Control-Allow-Origin: * or one origin").ours();

        TIMING_ALLOW_ORIGIN: Text = setting(Text, "",
            "sent as Timing-Allow-Origin: * or origins with commas between them")
            .ours();

        OVERRULE_ORIGIN: Switch = setting(Switch, false,
            "keep and share what an origin says is private, not to be stored, or sent with a cookie, all of it for CACHE_TTL")
            .differs("There nothing that an origin says of caches was heeded: true is as it was.")
            .flag("overrule-origin", "");

        CLIENT_HINTS: Switch = setting(Switch, false,
            "where a URL leaves it open, heed Sec-CH-Width, Sec-CH-DPR and Save-Data, and name them in Vary and Accept-CH")
            .ours();

        IMGPROXY_URLS: Switch = setting(Switch, false,
            "read URLs as imgproxy's, too: /insecure/rs:fill:300:200/plain/local:///a.jpg@webp; requests may then ask for sizes")
            .ours();

        CLOUDFLARE_URLS: Switch = setting(Switch, false,
            "read URLs as Cloudflare's, too: /cdn-cgi/image/width=300,quality=70/a.jpg; requests may then ask for sizes")
            .ours();

        SIGN_KEYS: Keys = setting(Keys, (), "keys of signed URLs, KEY or KEY:SALT in hexadecimal; two while one takes the other's place")
            .ours().secret();

        SIGN: OneOf<Signed> = setting(OneOf(Signed::NAMES), Signed::Params,
            "with SIGN_KEYS, what has to be signed: params (what a query asks for), or all")
            .ours();

        EXPLAIN: Switch = setting(Switch, false, "answer ?explain with how a picture was chosen").ours().flag("explain", "");
    }
}
