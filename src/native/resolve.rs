//! From what was written to what holds: [`resolve`] checks the settings together and fills in defaults. After
//! it nothing reads flags, the environment or a file again.

use std::{path::PathBuf, time::Duration};

use crate::{
    codec::Format,
    convert::Interest,
    error::{Error, Kind, Result},
    native::{
        config::Written,
        connection::watch::Patience,
        machine,
        settings::{AccessLog, DEFAULT_FOLDER, Folders, Settings},
        values::{Bytes, CountOrAuto, Switch, Whole, Words},
    },
    service::{self, Allowed, Mount, MountPoint, Policy, Target, USUAL_WIDTHS},
};

/// The least that conversions may have, in bytes: with less not even a small photo is converted.
const LEAST_MEMORY: u64 = 4 << 20;

/// Decides all settings.
///
/// # Errors
/// `Parameter` with the key and what is allowed.
pub(crate) fn resolve(written: Written) -> Result<Settings> {
    let mut warnings = Vec::new();
    let memory = match written.memory {
        Some(Bytes(bytes)) if bytes < LEAST_MEMORY => {
            let allowed = format!("it is {} MiB at the least", LEAST_MEMORY >> 20);
            return Err(wrong("MEMORY", &format!("{bytes} bytes"), &allowed));
        }
        Some(Bytes(bytes)) => bytes,
        None => machine::default_budget(),
    };
    let mut roots = Roots::default();
    let img_path = written.img_path.clone().unwrap_or_else(|| DEFAULT_FOLDER.to_owned());
    let target = roots.target("IMG_PATH", &img_path, "")?;
    let mounts = mounts(&written, &mut roots)?;
    let policy = Policy { target, mounts, ..pictures(&written, memory, &mut warnings)? };
    Ok(Settings {
        policy,
        roots: roots.0,
        host: written.host.clone().unwrap_or_else(|| "127.0.0.1".to_owned()),
        port: whole(written.port, 3333).try_into().unwrap_or(3333),
        connections: whole(written.concurrency, 262_144).try_into().unwrap_or(usize::MAX),
        keepalive: !on(written.disable_keepalive, false),
        patience: Patience {
            head: Duration::from_secs(whole(written.head_timeout, 15)),
            idle: Duration::from_secs(whole(written.keepalive_timeout, 60)),
            send: Duration::from_secs(whole(written.send_timeout, 30)),
        },
        folders: folders(&written, memory),
        jobs: match whole(written.max_job_count, 0) {
            0 => machine::processors(),
            jobs => usize::try_from(jobs).unwrap_or(1),
        },
        follow_links: on(written.follow_links, false),
        verify_every: Duration::from_secs(whole(written.verify_every, 86_400)),
        demo: on(written.demo, false)
            .then(|| PathBuf::from(written.demo_path.as_deref().unwrap_or("www/dist"))),
        json_log: json_log("LOG", written.log.as_deref(), "text")?,
        access_log: access_log(&written)?,
        welcome: on(written.welcome, true),
        is_sample: false,
        warnings,
    })
}

fn on(switch: Option<Switch>, default: bool) -> bool {
    switch.map_or(default, |Switch(on)| on)
}

fn whole<const MIN: u64, const MAX: u64>(number: Option<Whole<MIN, MAX>>, default: u64) -> u64 {
    number.map_or(default, Whole::value)
}

fn wrong(key: &str, value: &str, allowed: &str) -> Error {
    Error::new(Kind::Parameter, format!("{key}: {value:?} is not allowed; {allowed}"))
}

/// How long a request waits for another one's conversion beyond its wait for room.
const CONVERSION: Duration = Duration::from_secs(25);

/// What concerns the pictures themselves and how they are answered.
fn pictures(written: &Written, memory: u64, warnings: &mut Vec<String>) -> Result<Policy> {
    let base = Policy::default();
    let quality = whole(written.quality, u64::from(base.quality));
    let extra_params = on(written.enable_extra_params, base.extra_params);
    let mut limits = base.limits.clone();
    limits.max_memory = limits.max_memory.min(memory);
    let wait = Duration::from_secs(whole(written.wait, 30));
    Ok(Policy {
        formats: formats(written, warnings)?,
        quality: quality.min(100) as u8,
        effort: whole(written.effort, u64::from(base.effort)) as u8,
        keep_metadata: !on(written.strip_metadata, true),
        extra_params,
        short_params: extra_params,
        size_steps: size_steps(written.widths.as_ref())?,
        sizes_kept: usize::try_from(whole(written.sizes_kept, base.sizes_kept as u64)).unwrap_or(usize::MAX),
        interest: interest(written.extra_params_crop_interesting.as_deref())?,
        allowed: allowed(written),
        limits,
        budget: memory,
        room_patience: wait,
        flight_patience: wait + CONVERSION,
        revalidate: Duration::from_secs(whole(written.cache_ttl, 259_200) * 60),
        max_age: Duration::from_secs(whole(written.max_age, base.max_age.as_secs())),
        more_headers: service::cross_origin(
            written.allow_origin.as_deref(),
            written.timing_allow_origin.as_deref(),
        )?,
        explain: on(written.explain, base.explain),
        overrule_origin: on(written.overrule_origin, base.overrule_origin),
        lazy: on(written.lazy_mode, base.lazy),
        ..base
    })
}

/// `CONVERT_TYPES` and the older switches, the most wanted first.
fn formats(written: &Written, warnings: &mut Vec<String>) -> Result<Vec<Format>> {
    let mut names: Vec<String> = match &written.convert_types {
        Some(words) => words.0.iter().map(|word| word.to_ascii_lowercase()).collect(),
        None => vec!["webp".to_owned()],
    };
    let switches =
        [(written.enable_webp, "webp"), (written.enable_avif, "avif"), (written.enable_jxl, "jxl")];
    names
        .extend(switches.iter().filter(|(switch, _)| on(*switch, false)).map(|(_, name)| (*name).to_owned()));
    let mut formats = Vec::new();
    for name in names {
        let format = match Format::from_name(&name) {
            Some(format @ (Format::WebP | Format::Avif | Format::Jxl)) => format,
            _ => return Err(wrong("CONVERT_TYPES", &name, "the formats are webp and avif")),
        };
        if !format.can_encode() {
            warnings.push(format!("CONVERT_TYPES: {name} can't be made by this build and is left out"));
        } else if !formats.contains(&format) {
            formats.push(format);
        }
    }
    Ok(formats)
}

/// The sizes that may be asked for, ascending.
fn size_steps(widths: Option<&Words>) -> Result<Vec<u32>> {
    let Some(Words(words)) = widths else { return Ok(USUAL_WIDTHS.to_vec()) };
    if *words == ["any"] {
        return Ok(Vec::new());
    }
    let allowed = "it is any, or a list of sizes from 1 to 65535";
    let step = |word: &String| match word.parse() {
        Ok(step @ 1..=65_535) => Ok(step),
        _ => Err(wrong("WIDTHS", word, allowed)),
    };
    let mut steps = words.iter().map(step).collect::<Result<Vec<u32>>>()?;
    steps.sort_unstable();
    Ok(steps)
}

fn interest(name: Option<&str>) -> Result<Interest> {
    let Some(name) = name else { return Ok(Interest::Entropy) };
    match name.strip_prefix("Interesting").unwrap_or(name).to_ascii_lowercase().as_str() {
        "none" | "centre" | "center" | "all" => Ok(Interest::Centre),
        "entropy" | "attention" => Ok(Interest::Entropy),
        "low" => Ok(Interest::Low),
        "high" => Ok(Interest::High),
        _ => Err(wrong(
            "EXTRA_PARAMS_CROP_INTERESTING",
            name,
            "it is Interesting and one of None, Entropy, Centre, Attention, Low, High, All",
        )),
    }
}

fn allowed(written: &Written) -> Allowed {
    match &written.allowed_types {
        None => Allowed::default(),
        Some(words) if words.0.iter().any(|word| word == "*") => Allowed::Everything,
        Some(words) => {
            let bare = |word: &String| word.trim_start_matches('.').to_ascii_lowercase();
            Allowed::Extensions(words.0.iter().map(bare).collect())
        }
    }
}

/// The folders of originals, each once.
#[derive(Default)]
struct Roots(Vec<PathBuf>);

impl Roots {
    /// A folder or an origin, as `IMG_PATH` and the values of `IMG_MAP` name them.
    fn target(&mut self, key: &str, place: &str, name: &str) -> Result<Target> {
        if place.starts_with("http://") || place.starts_with("https://") {
            let base = place.trim_end_matches('/').to_owned();
            let is_origin =
                base.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some() && uri.query().is_none());
            if !is_origin {
                return Err(wrong(key, place, "it is a folder, or http(s)://host[:port][/path]"));
            }
            return Ok(Target::Remote { base });
        }
        if place.is_empty() {
            return Err(wrong(key, place, "it is a folder, or http(s)://host[:port][/path]"));
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
    let Some(map) = &written.img_map else { return Ok(Vec::new()) };
    map.0
        .iter()
        .map(|(at, place)| {
            let key = format!("IMG_MAP {at}");
            let at = if at.starts_with('/') {
                MountPoint::Prefix(at.clone())
            } else if at.starts_with("http://") || at.starts_with("https://") {
                MountPoint::Host(at.trim_end_matches('/').to_owned())
            } else {
                return Err(wrong("IMG_MAP", at, "its keys begin with / or are scheme://host[:port]"));
            };
            Ok(Mount { at, target: roots.target(&key, place, place.trim_end_matches('/'))? })
        })
        .collect()
}

fn folders(written: &Written, memory: u64) -> Folders {
    let folder = |path: &Option<String>, default: &str| PathBuf::from(path.as_deref().unwrap_or(default));
    let exhaust = folder(&written.exhaust_path, "./exhaust");
    Folders {
        metadata: folder(&written.metadata_path, "./metadata"),
        remote_raw: folder(&written.remote_raw_path, "./remote-raw"),
        max_bytes: match written.max_cache_size {
            None | Some(CountOrAuto::Auto) => machine::default_cache(&exhaust),
            Some(CountOrAuto::Count(mib)) => mib.saturating_mul(1 << 20),
        },
        exhaust,
        stand_in_bytes: usize::try_from(memory / 8).unwrap_or(usize::MAX).min(MOST_STAND_IN),
    }
}

/// What stands in for the disk at the most, in bytes. It is at the most an eighth of the budget, which it takes its
/// results' bytes from.
const MOST_STAND_IN: usize = 32 << 20;

fn json_log(key: &str, form: Option<&str>, default: &str) -> Result<bool> {
    match form {
        None => Ok(false),
        Some(form) if form == default => Ok(false),
        Some("json") => Ok(true),
        Some(other) => Err(wrong(key, other, &format!("it is {default} or json"))),
    }
}

fn access_log(written: &Written) -> Result<Option<AccessLog>> {
    let json = json_log("ACCESS_LOG_FORM", written.access_log_form.as_deref(), "common")?;
    let place = match written.access_log.as_deref() {
        None | Some("") => return Ok(None),
        Some("-") => None,
        Some(path) => Some(PathBuf::from(path)),
    };
    Ok(Some(AccessLog { place, json }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::values::Pairs;

    fn words(list: &[&str]) -> Option<Words> {
        Some(Words(list.iter().map(|word| (*word).to_owned()).collect()))
    }

    #[test]
    fn formats_come_from_the_list_and_the_older_switches() -> Result<()> {
        let mut warnings = Vec::new();
        let enabled = Written { enable_avif: Some(Switch(true)), ..Written::default() };
        assert_eq!(formats(&enabled, &mut warnings)?, [Format::WebP, Format::Avif]);
        let listed = Written { convert_types: words(&["AVIF", "jxl"]), ..Written::default() };
        assert_eq!(formats(&listed, &mut warnings)?, [Format::Avif]);
        assert!(warnings.iter().any(|warning| warning.contains("jxl")));
        let wrong = Written { convert_types: words(&["bmp"]), ..Written::default() };
        assert_eq!(formats(&wrong, &mut warnings).map_err(|error| error.kind()), Err(Kind::Parameter));
        Ok(())
    }

    #[test]
    fn sizes_are_any_or_a_list() -> Result<()> {
        assert_eq!(size_steps(None)?, USUAL_WIDTHS);
        assert_eq!(size_steps(words(&["any"]).as_ref())?, [0; 0]);
        assert_eq!(size_steps(words(&["640", "320"]).as_ref())?, [320, 640]);
        let refused = size_steps(words(&["0"]).as_ref()).map_err(|error| error.kind());
        assert_eq!(refused, Err(Kind::Parameter));
        Ok(())
    }

    #[test]
    fn places_are_folders_or_origins() -> Result<()> {
        let map = [("/a", "./pics2"), ("/b", "http://o:1/p/"), ("http://h:2", "./pics2")];
        let written = Written {
            img_map: Some(Pairs(map.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())),
            ..Written::default()
        };
        let settings = resolve(written)?;
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
