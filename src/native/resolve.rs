//! From what was written to what holds: [`resolve`] checks the settings together and fills in defaults. After
//! it nothing reads flags, the environment or a file again.

use std::{path::PathBuf, time::Duration};

use crate::{
    codec::Format,
    error::{Error, Kind, Result},
    native::{
        bucket::{IS_BUILT, Place},
        config::Written,
        connection::watch::Patience,
        fonts, machine,
        settings::{AccessLog, Folders, Settings},
        watermark,
    },
    service::{self, Mount, MountPoint, Policy, Target, Watermarking},
    settings::{server, shared},
};

/// Decides all settings.
///
/// # Errors
/// [`Kind::Parameter`] with the key and what is allowed.
pub(crate) fn resolve(written: &Written) -> Result<Settings> {
    let mut warnings = Vec::new();
    let memory = written.value(&server::MEMORY).unwrap_or_else(machine::default_budget);
    let mut roots = Roots::default();
    let target = roots.target("IMG_PATH", &written.value(&server::IMG_PATH), "")?;
    let mounts = mounts(written, &mut roots)?;
    let policy = Policy { target, mounts, ..pictures(written, memory, &mut warnings)? };
    let prefetch_widths = prefetch_widths(written, &policy, &mut warnings);
    Ok(Settings {
        policy,
        roots: roots.0,
        host: written.value(&server::HOST),
        port: written.value(&server::PORT),
        connections: written.value(&server::CONCURRENCY),
        keepalive: !written.value(&server::DISABLE_KEEPALIVE),
        patience: Patience {
            head: written.value(&server::HEAD_TIMEOUT),
            idle: written.value(&server::KEEPALIVE_TIMEOUT),
            send: written.value(&server::SEND_TIMEOUT),
        },
        folders: folders(written, memory),
        results: results(written)?,
        jobs: match written.value(&server::MAX_JOB_COUNT) {
            0 => machine::processors(),
            jobs => jobs,
        },
        follow_links: written.value(&server::FOLLOW_LINKS),
        watch: written.value(&server::WATCH),
        prefetch_widths,
        verify_every: written.value(&server::VERIFY_EVERY),
        demo: written.value(&server::DEMO).then(|| written.value(&server::DEMO_PATH).into()),
        json_log: written.value(&server::LOG),
        private_origins: written.value(&server::PRIVATE_ORIGINS),
        proxies: written.value(&server::TRUSTED_PROXIES),
        access_log: access_log(written),
        admin_listen: written.value(&server::ADMIN_LISTEN),
        admin_token: Some(written.value(&server::ADMIN_TOKEN)).filter(|token| !token.is_empty()),
        welcome: written.value(&server::WELCOME),
        is_sample: false,
        fixed: written.fixed(),
        warnings,
    })
}

/// The widths that are made before anybody asks, where anybody may ask for them.
fn prefetch_widths(written: &Written, policy: &Policy, warnings: &mut Vec<String>) -> Vec<u32> {
    let widths = written.value(&server::PREFETCH_WIDTHS);
    if !widths.is_empty() && !policy.extra_params {
        warnings.push("PREFETCH_WIDTHS is of no use without ENABLE_EXTRA_PARAMS".to_owned());
        return Vec::new();
    }
    widths
}

fn wrong(key: &str, value: &str, allowed: &str) -> Error {
    Error::new(Kind::Parameter, format!("{key}: {value:?} is not allowed; {allowed}"))
}

/// How long a request waits for another one's conversion beyond its wait for room.
const CONVERSION: Duration = Duration::from_secs(25);

/// What concerns the pictures themselves and how they are answered.
fn pictures(written: &Written, memory: u64, warnings: &mut Vec<String>) -> Result<Policy> {
    let base = Policy::default();
    let (imgproxy_urls, cloudflare_urls) =
        (written.value(&shared::IMGPROXY_URLS), written.value(&shared::CLOUDFLARE_URLS));
    let extra_params = written.value(&server::ENABLE_EXTRA_PARAMS) || imgproxy_urls || cloudflare_urls;
    let mut limits = base.limits.clone();
    limits.max_memory = limits.max_memory.min(memory);
    limits.font_files = fonts::files(&written.value(&server::FONTS), warnings).into();
    let wait = written.value(&server::WAIT);
    let (allow, timing) = (written.value(&shared::ALLOW_ORIGIN), written.value(&shared::TIMING_ALLOW_ORIGIN));
    let mut more_headers = service::cross_origin(Some(&allow), Some(&timing))?;
    let client_hints = written.value(&shared::CLIENT_HINTS);
    let watermark = watermark::of_settings(
        &written.value(&server::WATERMARK),
        &written.value(&server::WATERMARK_ALWAYS),
    )?;
    let marked = watermark.as_ref().map_or(0, Watermarking::heap_bytes);
    more_headers.extend(client_hints.then(service::accept_hints));
    Ok(Policy {
        formats: formats(written, warnings),
        quality: written.value(&shared::QUALITY),
        effort: written.value(&shared::EFFORT),
        keep_metadata: !written.value(&server::STRIP_METADATA),
        extra_params,
        short_params: extra_params,
        size_steps: written.value(&shared::WIDTHS),
        sizes_kept: written.value(&shared::SIZES_KEPT),
        interest: written.value(&server::EXTRA_PARAMS_CROP_INTERESTING),
        allowed: written.value(&server::ALLOWED_TYPES),
        limits,
        budget: memory.saturating_sub(marked),
        room_patience: wait,
        flight_patience: wait + CONVERSION,
        revalidate: written.value(&server::CACHE_TTL),
        max_age: written.value(&shared::MAX_AGE),
        more_headers,
        client_hints,
        explain: written.value(&shared::EXPLAIN),
        svg: written.value(&shared::SVG),
        overrule_origin: written.value(&shared::OVERRULE_ORIGIN),
        lazy: written.value(&server::LAZY_MODE),
        lazy_after: Some(written.value(&server::LAZY_AFTER)).filter(|after| !after.is_zero()),
        qualities: qualities(written),
        imgproxy_urls,
        cloudflare_urls,
        watermark,
        sign_keys: written.value(&shared::SIGN_KEYS),
        signed: written.value(&shared::SIGN),
        ..base
    })
}

fn results(written: &Written) -> Result<Option<Place>> {
    let place = written.value(&server::RESULTS);
    if place.is_empty() {
        return Ok(None);
    }
    let allowed = || wrong("RESULTS", &place, &format!("it is {}", Place::ALLOWED));
    bucket(&place).map_err(|what| wrong("RESULTS", &place, what))?;
    Place::parse(&place).map(Some).ok_or_else(allowed)
}

/// Sees that this build has buckets.
fn bucket(place: &str) -> Result<(), &'static str> {
    if IS_BUILT || !Place::is_meant(place) {
        return Ok(());
    }
    Err("this slimpix was built without buckets: cargo install with --features object-store has them")
}

fn qualities(written: &Written) -> Vec<(Format, u8)> {
    let quality = |(format, setting)| Some((format, written.value(&setting)?));
    shared::QUALITIES.into_iter().filter_map(quality).collect()
}

/// `CONVERT_TYPES` and the older switches, the most wanted first.
fn formats(written: &Written, warnings: &mut Vec<String>) -> Vec<Format> {
    let mut formats = written.value(&server::CONVERT_TYPES);
    for (switch, format) in [
        (server::ENABLE_WEBP, Format::WebP),
        (server::ENABLE_AVIF, Format::Avif),
        (server::ENABLE_JXL, Format::Jxl),
    ] {
        if written.value(&switch) && !formats.contains(&format) {
            formats.push(format);
        }
    }
    let asked = formats.len();
    formats.retain(|format| {
        if !format.can_encode() {
            let name = format.extension();
            warnings.push(format!("CONVERT_TYPES: {name} can't be made by this build and is left out"));
        }
        format.can_encode()
    });
    if formats.is_empty() && asked > 0 {
        warnings.push("CONVERT_TYPES: no other format is named, so pictures go out as they are".to_owned());
    }
    formats
}

/// The folders of originals, each once.
#[derive(Default)]
struct Roots(Vec<PathBuf>);

impl Roots {
    /// A folder or an origin, as `IMG_PATH` and the values of `IMG_MAP` name them.
    fn target(&mut self, key: &str, place: &str, name: &str) -> Result<Target> {
        if Place::is_meant(place) {
            let base = place.trim_end_matches('/').to_owned();
            bucket(place).map_err(|what| wrong(key, place, what))?;
            let is_bucket = Place::parse(place).is_some();
            return match is_bucket {
                true => Ok(Target::Remote { base }),
                false => Err(wrong(key, place, &format!("it is {}", Place::ALLOWED))),
            };
        }
        if place.starts_with("http://") || place.starts_with("https://") {
            let base = place.trim_end_matches('/').to_owned();
            let is_origin =
                base.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some() && uri.query().is_none());
            if !is_origin {
                return Err(wrong(
                    key,
                    place,
                    "it is a folder, http(s)://host[:port][/path], or s3://, gs:// or az://bucket[/prefix]",
                ));
            }
            return Ok(Target::Remote { base });
        }
        if place.is_empty() {
            return Err(wrong(
                key,
                place,
                "it is a folder, http(s)://host[:port][/path], or s3://, gs:// or az://bucket[/prefix]",
            ));
        }
        let root = PathBuf::from(place);
        let index = self.0.iter().position(|known| *known == root).unwrap_or_else(|| {
            self.0.push(root);
            self.0.len() - 1
        });
        Ok(Target::Local { root: index, name: name.to_owned() })
    }
}

fn mounts(written: &Written, roots: &mut Roots) -> Result<Vec<Mount>> {
    let mount = |(at, place): (String, String)| {
        let key = format!("IMG_MAP {at}");
        let point = if at.starts_with('/') {
            MountPoint::Prefix(at)
        } else if at.starts_with("http://") || at.starts_with("https://") {
            MountPoint::Host(at.trim_end_matches('/').to_owned())
        } else {
            return Err(wrong("IMG_MAP", &at, "its keys begin with / or are scheme://host[:port]"));
        };
        Ok(Mount { at: point, target: roots.target(&key, &place, place.trim_end_matches('/'))? })
    };
    written.value(&server::IMG_MAP).into_iter().map(mount).collect()
}

fn folders(written: &Written, memory: u64) -> Folders {
    let exhaust = PathBuf::from(written.value(&server::EXHAUST_PATH));
    Folders {
        metadata: written.value(&server::METADATA_PATH).into(),
        remote_raw: written.value(&server::REMOTE_RAW_PATH).into(),
        max_bytes: match written.value(&server::MAX_CACHE_SIZE) {
            None => machine::default_cache(&exhaust),
            Some(mib) => mib.saturating_mul(1 << 20),
        },
        exhaust,
        stand_in_bytes: usize::try_from(memory / 8).unwrap_or(usize::MAX).min(MOST_STAND_IN),
    }
}

/// What stands in for the disk at the most, in bytes. It is at the most an eighth of the budget, which it takes its
/// results' bytes from.
const MOST_STAND_IN: usize = 32 << 20;

fn access_log(written: &Written) -> Option<AccessLog> {
    let path = written.get(&server::ACCESS_LOG).filter(|path| !path.is_empty())?;
    let place = (path != "-").then(|| path.into());
    Some(AccessLog { place, json: written.value(&server::ACCESS_LOG_FORM) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Definition;

    fn written<const N: usize>(values: [(&dyn Definition, serde_json::Value); N]) -> Written {
        let mut written = Written::default();
        for (definition, value) in values {
            written.set(definition, value).expect("allowed");
        }
        written
    }

    #[test]
    fn formats_come_from_the_list_and_the_older_switches() {
        let mut warnings = Vec::new();
        let enabled = written([(&server::ENABLE_AVIF, json!(true)), (&server::ENABLE_WEBP, json!(true))]);
        assert_eq!(formats(&enabled, &mut warnings), [Format::WebP, Format::Avif]);
        let listed = written([(&server::CONVERT_TYPES, json!(["AVIF", "jxl"]))]);
        assert_eq!(formats(&listed, &mut warnings), [Format::Avif]);
        assert_eq!(warnings, ["CONVERT_TYPES: jxl can't be made by this build and is left out"]);
        let alone = written([(&server::CONVERT_TYPES, json!(["jxl"]))]);
        assert_eq!(formats(&alone, &mut warnings), []);
        assert!(warnings.iter().any(|warning| warning.contains("go out as they are")), "{warnings:?}");
    }

    #[test]
    fn places_are_folders_or_origins() -> Result<()> {
        let map = json!({"/a": "./pics2", "/b": "http://o:1/p/", "http://h:2": "./pics2"});
        let settings = resolve(&written([(&server::IMG_MAP, map)]))?;
        assert_eq!(settings.roots, [PathBuf::from("./pics"), PathBuf::from("./pics2")]);
        let pics2 = Target::Local { root: 1, name: "./pics2".to_owned() };
        let at = |point: MountPoint| {
            settings.policy.mounts.iter().find(|mount| mount.at == point).map(|mount| &mount.target)
        };
        assert_eq!(at(MountPoint::Prefix("/a".into())), Some(&pics2));
        assert_eq!(at(MountPoint::Host("http://h:2".into())), Some(&pics2));
        assert_eq!(
            at(MountPoint::Prefix("/b".into())),
            Some(&Target::Remote { base: "http://o:1/p".into() })
        );
        Ok(())
    }
}
