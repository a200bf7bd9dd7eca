//! URLs of imgproxy and of Cloudflare Images lead to what the query form leads to; what of them isn't done here is refused
//! by its name.

use slimpix::{
    codec::{Format, probe},
    service::{Key, Mount, MountPoint, Policy, Source, Step, Target, signed, signed_path},
};

use crate::support::{
    http::WEBP,
    origin::{Origin, Page},
    pictures, program,
    scenario::{Scenario, header, noon, sent, text},
    server::{Place, Server},
};

const ACCEPT: &str = "Accept: image/avif,image/webp,*/*";
const NOON: u64 = 1_700_000_000;

fn forms(policy: &mut Policy) {
    (policy.imgproxy_urls, policy.cloudflare_urls) = (true, true);
    (policy.extra_params, policy.short_params) = (true, true);
    policy.formats = vec![Format::WebP, Format::Avif];
    policy.interest = slimpix::convert::Interest::Entropy;
}

/// What a URL leads to: the source and the id, or the status and the text.
fn leads(change: impl FnOnce(&mut Policy), uri: &str) -> Result<(Source, String), (u16, String)> {
    let mut scenario = Scenario::default();
    forms(&mut scenario.policy);
    change(&mut scenario.policy);
    match scenario.begin(http::Method::GET, uri, &[ACCEPT]) {
        Step::Lookup(lookup) => Ok((lookup.source, lookup.id.now)),
        Step::Respond(response) => Err((response.status.as_u16(), text(&response))),
        step => panic!("{step:?}"),
    }
}

#[test]
fn imgproxys_urls_mean_the_same_as_a_query() {
    for (form, query) in [
        ("plain/local:///b/a.jpg", ""),
        ("plain/b/a.jpg@", ""),
        ("plain/%62%2Fa.jpg", ""),
        ("rs:fit:300:200/plain/b/a.jpg", "w=300&h=200&fit=contain"),
        ("rs:fill:300:200:0:0/plain/b/a.jpg", "w=300&h=200&gravity=centre"),
        ("resize:fill-down:300:200/g:sm/plain/b/a.jpg", "w=300&h=200"),
        ("rs:force:300:200/plain/b/a.jpg", "w=300&h=200&fit=fill"),
        ("rs::300/plain/b/a.jpg", "w=300"),
        ("rt:fill/w:300/h:200/g:noea/plain/b/a.jpg", "w=300&h=200&gravity=top-right"),
        ("s:300:0/plain/b/a.jpg", "w=300"),
        ("size:0:200/plain/b/a.jpg", "h=200"),
        ("rs:fill:30:20/g:fp:0.2:0.9/plain/b/a.jpg", "w=30&h=20&gravity=0.2x0.9"),
        ("rs:fit:300:200/g:no/plain/b/a.jpg", "w=300&h=200&fit=contain"),
        ("w:100/dpr:2/q:70/plain/b/a.jpg", "w=100&dpr=2&q=70"),
        ("rs:fit:300:200:0:1/plain/b/a.jpg", "w=300&h=200&fit=pad"),
        ("ex:1:soea/g:no/w:300/h:200/plain/b/a.jpg", "w=300&h=200&fit=pad&gravity=bottom-right"),
        ("s:300:200/ex:1/bg:255:136:0/plain/b/a.jpg", "w=300&h=200&fit=pad&background=f80"),
        ("bg:FF8800/plain/b/a.jpg", "background=ff8800"),
        ("rot:270/fl:1:0/w:300/plain/b/a.jpg", "w=300&rotate=270&flip=h"),
        ("rotate:0/flip:t:1/plain/b/a.jpg", "flip=both"),
        ("mb:50000/plain/b/a.jpg", "max_bytes=50000"),
        ("mb:0/plain/b/a.jpg", ""),
        ("bl:2.5/sharpen:0.7/plain/b/a.jpg", "blur=2.5&sharpen=0.7"),
        ("t:10/plain/b/a.jpg", "trim=10"),
        ("trim:12.0:FFF:0:f/plain/b/a.jpg", "trim=12:ffffff"),
        ("trim:5:f80/t:/plain/b/a.jpg", ""),
        ("q:0/sm:1/ar:t/scp:true/el:0/cb:v7/plain/b/a.jpg", ""),
    ] {
        let query = leads(|_| (), &format!("/b/a.jpg?{query}"));
        assert!(query.is_ok());
        for signature in ["insecure", "unsafe", "_", &"aZ-_9".repeat(9)[..43]] {
            assert_eq!(leads(|_| (), &format!("/{signature}/{form}")), query, "{form}");
        }
    }
    // The source in base64url: b/a.jpg, padded or not, in pieces.
    let plain = leads(|_| (), "/b/a.jpg?q=70");
    for form in ["Yi9hLmpwZw", "Yi9hLmpwZw==", "Yi9h/Lmpw/Zw", "Yi9hLmpwZw."] {
        assert_eq!(leads(|_| (), &format!("/insecure/q:70/{form}")), plain, "{form}");
    }
}

#[test]
fn cloudflares_urls_mean_the_same_as_a_query() {
    for (form, query) in [
        ("width=300/b/a.jpg", "w=300"),
        ("w=300,h=200//b/a.jpg", "w=300&h=200&fit=contain"),
        ("width=300,height=200,fit=cover/b/a.jpg", "w=300&h=200&gravity=centre"),
        ("width=300,height=200,fit=crop,gravity=auto/b/a.jpg", "w=300&h=200"),
        ("fit=cover,width=300,height=200,g=0.5x0.2/b/a.jpg", "w=300&h=200&gravity=0.5x0.2"),
        ("fit=squeeze,width=300,height=200/b/a.jpg", "w=300&h=200&fit=fill"),
        ("fit=pad,width=300,height=200,gravity=left/b/a.jpg", "w=300&h=200&fit=pad&background=fff"),
        ("fit=pad,width=300,height=200,background=%23f80/b/a.jpg", "w=300&h=200&fit=pad&background=ff8800"),
        ("rotate=90,flip=h,w=300/b/a.jpg", "w=300&rotate=90&flip=v"),
        ("rotate=180,flip=v/b/a.jpg", "rotate=180&flip=v"),
        ("flip=hv/b/a.jpg", "rotate=180"),
        ("blur=250,sharpen=1/b/a.jpg", "blur=100&sharpen=1"),
        ("blur=1,sharpen=0/b/a.jpg", "blur=0.4"),
        ("trim=border/b/a.jpg", "trim"),
        ("trim=border,trim.border.color=%23ffffff,w=300/b/a.jpg", "w=300&trim=:fff"),
        ("background=0a0b0c/b/a.jpg", "background=0a0b0c"),
        ("fit=contain,width=300,height=200,gravity=left/b/a.jpg", "w=300&h=200&fit=contain"),
        ("w=100,dpr=1.5,q=61,f=auto,metadata=none,onerror=redirect/b/a.jpg", "w=100&dpr=1.5&q=61"),
        ("q=medium-low,anim=false/b/a.jpg", "q=70&still"),
        ("width=300/b/a.jpg?v=2", "w=300"),
    ] {
        let query = leads(|_| (), &format!("/b/a.jpg?{query}"));
        assert!(query.is_ok());
        assert_eq!(leads(|_| (), &format!("/cdn-cgi/image/{form}")), query, "{form}");
    }
}

#[test]
fn a_format_that_is_named_goes_out() {
    let mut scenario = Scenario::with(forms);
    for (uri, media_type) in [
        ("/insecure/plain/a.jpg@avif", "image/avif"),
        ("/insecure/f:webp/plain/a.jpg", "image/webp"),
        ("/insecure/YS5qcGc.jpg", "image/jpeg"),
        ("/cdn-cgi/image/format=avif/a.jpg", "image/avif"),
        ("/cdn-cgi/image/f=webp/a.jpg", "image/webp"),
        ("/cdn-cgi/image/width=32,f=baseline-jpeg/a.jpg", "image/jpeg"),
    ] {
        let answer = scenario.get(uri, &[ACCEPT]);
        assert_eq!((sent(&answer), header(&answer, "vary")), (media_type.to_owned(), ""), "{uri}");
    }
    // As many variants as a query has.
    let made = scenario.count("convert");
    for uri in ["/a.jpg?format=avif", "/a.jpg?fm=webp", "/a.jpg?w=32&fm=jpeg"] {
        scenario.get(uri, &[ACCEPT]);
    }
    assert_eq!(scenario.count("convert"), made, "{:?}", scenario.did);
}

#[test]
fn what_is_not_done_is_refused_by_its_name() {
    for (form, told) in [
        ("mb:9/plain/a.jpg", "mb: \"9\" is not allowed; it is 0, or 1024 to 104857600 bytes"),
        ("pix:3/plain/a.jpg", "\"pix\" of imgproxy's options isn't done here"),
        ("blur:101/plain/a.jpg", "blur: \"101\" is not allowed; it is 0, or pixels from 0.3 to 100"),
        ("sh:x/plain/a.jpg", "sh: \"x\" is not allowed; it is 0, or pixels from 0.3 to 10"),
        ("pr:sharp/plain/a.jpg", "\"pr\""),
        ("rs:auto:3:2/plain/a.jpg", "rs: \"auto\" is not allowed; it is fit, fill, fill-down or force"),
        ("rs:fit:3:2:1/plain/a.jpg", "rs: \"1\" is not allowed; it is 0"),
        ("rs:fill:3:2:0:1/plain/a.jpg", "extend: \"1\" is not allowed; it is for the resizing type fit"),
        ("t:256/plain/a.jpg", "t: \"256\" is not allowed; it is a threshold from 0 to 255"),
        ("t:10:white/plain/a.jpg", "t: \"10:white\""),
        ("t:10::1/plain/a.jpg", "t: \"1\" is not allowed; it is 0: each side loses what it has"),
        ("t:10::0:0:0/plain/a.jpg", "threshold, color, equal_hor and equal_ver"),
        ("rot:45/plain/a.jpg", "rot: \"45\" is not allowed; it is 0, 90, 180 or 270 degrees"),
        ("fl:2/plain/a.jpg", "fl: \"2\" is not allowed; it is 0 or 1"),
        ("ex:2/plain/a.jpg", "ex: \"2\" is not allowed; it is 0 or 1"),
        ("ex:1:sm:1/plain/a.jpg", "ex: \"sm:1\""),
        ("bg:1:2/plain/a.jpg", "\"bg\""),
        ("bg:1:2:256/plain/a.jpg", "bg: \"1:2:256\" is not allowed; it is three numbers from 0 to 255"),
        ("rs:fit:3:2:0:0:ce/plain/a.jpg", "width, height, enlarge and extend"),
        ("w:-1/plain/a.jpg", "w: \"-1\" is not allowed; it is 0 to 65535 pixels"),
        ("w:65536/plain/a.jpg", "0 to 65535"),
        ("w:3:4/plain/a.jpg", "w: \"3:4\" is not allowed; it is one argument"),
        ("h:+5/plain/a.jpg", "h: \"+5\""),
        ("q:101/plain/a.jpg", "q: \"101\" is not allowed; it is 1 to 100"),
        ("q:/plain/a.jpg", "q: \"\""),
        ("dpr:5/plain/a.jpg", "dpr: \"5\" is not allowed; it is a number from 1 to 4"),
        ("dpr:nan/plain/a.jpg", "dpr"),
        ("g:fp:2:0/plain/a.jpg", "g: \"2, 0\" is not allowed; it is two numbers from 0 to 1"),
        ("g:ce:3:0/plain/a.jpg", "g: \"ce:3:0\""),
        ("g:obj:face/plain/a.jpg", "g: \"obj:face\""),
        ("f:gif/plain/a.jpg", "f: \"gif\" is not allowed; it is a format that is made here"),
        ("plain/a.jpg@best", "extension: \"best\""),
        ("sm:0/plain/a.jpg", "sm: \"0\" is not allowed; it is 1"),
        ("el:1/plain/a.jpg", "el: \"1\""),
        ("enc/aaaa", "\"enc\""),
        ("plain/", "names no source"),
        ("q:70", "names no source"),
        ("plain/%FF.jpg", "no UTF-8"),
        ("!!!", "neither plain/… nor in base64url"),
        ("_w", "neither plain/… nor in base64url"),
        ("plain/a.jpg%3Fwidth=5", "\"width=5\" of its source's query"),
    ] {
        assert_refused(&format!("/insecure/{form}"), told);
    }
    for (form, told) in [
        ("width=300", "stands no source"),
        ("gamma=3/a.jpg", "\"gamma\" of Cloudflare's options isn't done here"),
        ("blur=0/a.jpg", "blur: \"0\" is not allowed; it is 1 to 250"),
        ("sharpen=11/a.jpg", "sharpen: \"11\" is not allowed; it is 0 to 10"),
        ("width/a.jpg", "\"width\""),
        ("width=auto/a.jpg", "width: \"auto\""),
        ("width=1e3/a.jpg", "width: \"1e3\" is not allowed; it is 0 to 65535 pixels"),
        (
            "fit=warp/a.jpg",
            "fit: \"warp\" is not allowed; it is scale-down, contain, cover, crop, pad or squeeze",
        ),
        ("trim=20;30;20;0/a.jpg", "trim: \"20;30;20;0\" is not allowed; it is border"),
        ("trim=border,trim.border.tolerance=5/a.jpg", "\"trim.border.tolerance\""),
        ("background=red/a.jpg", "background: \"red\" is not allowed; it is a colour of three or six"),
        ("gravity=face/a.jpg", "gravity: \"face\""),
        ("gravity=0.5x7/a.jpg", "gravity: \"0.5, 7\""),
        ("quality=0/a.jpg", "quality: \"0\" is not allowed; it is 1 to 100"),
        ("format=json/a.jpg", "format: \"json\""),
        ("metadata=keep/a.jpg", "metadata: \"keep\" is not allowed; it is none"),
        ("anim=maybe/a.jpg", "anim"),
        ("rotate=91/a.jpg", "rotate: \"91\" is not allowed; it is 0, 90, 180 or 270 degrees"),
        ("flip=x/a.jpg", "flip: \"x\" is not allowed; it is h, v or hv"),
        ("width=3/", "names no source"),
        ("width=3/a.jpg?h=4", "\"h=4\" of its source's query"),
    ] {
        assert_refused(&format!("/cdn-cgi/image/{form}"), told);
    }
}

fn assert_refused(uri: &str, told: &str) {
    let (status, text) = leads(|_| (), uri).expect_err(uri);
    assert_eq!(status, 400, "{uri}: {text}");
    assert!(text.starts_with("Bad URL! ") && text.contains(told), "{uri}: {text}");
}

#[test]
fn nothing_outside_of_what_is_served_is_reached() {
    for source in ["../a.jpg", "local:///../a.jpg", "..%252fa.jpg", "b/..%5ca.jpg", "a%00.jpg"] {
        for uri in [format!("/insecure/plain/{source}"), format!("/cdn-cgi/image/width=3/{source}")] {
            assert_eq!(leads(|_| (), &uri).map_err(|(status, _)| status), Err(404), "{uri}");
        }
    }
    // ../a.jpg and http://evil.test/a.jpg in base64url.
    assert_eq!(leads(|_| (), "/insecure/Li4vYS5qcGc").map_err(|(status, _)| status), Err(404));
    for uri in [
        "/insecure/aHR0cDovL2V2aWwudGVzdC9hLmpwZw",
        "/insecure/plain/http://evil.test/a.jpg",
        "/insecure/plain/file:///etc/a.jpg",
        "/insecure/plain/s3://bucket/a.jpg",
        "/cdn-cgi/image/width=3/http://evil.test/a.jpg",
        "/cdn-cgi/image/width=3/https://img.test.evil.test/a.jpg",
        "/cdn-cgi/image/width=3/https://img.test@evil.test/a.jpg",
        "/cdn-cgi/image/width=3/https://img.test/other/a.jpg",
    ] {
        let before =
            |policy: &mut Policy| policy.target = Target::Remote { base: "https://img.test/p".to_owned() };
        let (status, text) = leads(before, uri).expect_err(uri);
        assert!(status == 403 && text.starts_with("Source not allowed!"), "{uri}: {status} {text}");
    }
    assert_eq!(leads(|_| (), "/insecure/plain/a.txt").map_err(|(status, _)| status), Err(400));
}

#[test]
fn a_url_of_an_origin_leads_to_that_origin() {
    let remote = |base: &str| Target::Remote { base: base.to_owned() };
    let before = |policy: &mut Policy| {
        policy.target = remote("https://img.test/p");
        policy.mounts = vec![
            Mount { at: MountPoint::Prefix("/m".to_owned()), target: remote("https://img.test/p/deep/") },
            Mount { at: MountPoint::Prefix("/n".to_owned()), target: remote("http://other.test") },
        ];
    };
    for (source, url) in [
        ("https://img.test/p/a.jpg", "https://img.test/p/a.jpg"),
        ("https://img.test/p/deep/a.jpg", "https://img.test/p/deep/a.jpg"),
        ("http://other.test/caf%C3%A9.jpg", "http://other.test/caf%C3%A9.jpg"),
        ("/n/a.jpg", "http://other.test/a.jpg"),
    ] {
        let plain = source.replace('%', "%25");
        for uri in [format!("/insecure/w:3/plain/{plain}"), format!("/cdn-cgi/image/width=3/{source}")] {
            match leads(before, &uri) {
                Ok((Source::Remote { url: found, .. }, _)) => assert_eq!(found, url, "{uri}"),
                other => panic!("{uri}: {other:?}"),
            }
        }
    }
    // The path of one may be that of another; then it isn't what was named.
    let hidden = |policy: &mut Policy| {
        before(policy);
        policy.target = remote("https://img.test/p");
    };
    let found = leads(hidden, "/insecure/plain/https://img.test/p/n/a.jpg").map_err(|(status, _)| status);
    assert_eq!(found, Err(403));
    // What is behind the question mark is the origin's.
    match leads(before, "/cdn-cgi/image/width=3/https://img.test/p/a.jpg?v=1&x=%20") {
        Ok((Source::Remote { url, .. }, _)) => assert_eq!(url, "https://img.test/p/a.jpg?v=1&x=%20"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_site_has_its_own_pictures() {
    let sites = |policy: &mut Policy| {
        let target = Target::Local { root: 1, name: "./other".to_owned() };
        policy.mounts = vec![Mount { at: MountPoint::Host("http://other.test".to_owned()), target }];
    };
    for (form, name) in
        [("/insecure/w:3/plain/a.jpg", "./other/a.jpg"), ("/cdn-cgi/image/w=3/a.jpg", "./other/a.jpg")]
    {
        // As HTTP/2 and proxies have it.
        assert_eq!(leads(sites, &format!("http://other.test{form}")).expect("a picture").0.name(), name);
        assert_eq!(leads(sites, &format!("http://x.test{form}")).expect("a picture").0.name(), "/a.jpg");
    }
}

#[test]
fn without_the_setting_they_are_paths_like_others() {
    let off = |policy: &mut Policy| (policy.imgproxy_urls, policy.cloudflare_urls) = (false, false);
    for uri in ["/insecure/rs:fit:3:2/plain/a.jpg", "/cdn-cgi/image/width=3/a.jpg"] {
        let (source, _) = leads(off, uri).expect("a path");
        assert_eq!(source.name(), uri);
    }
    // What isn't of the form stays a path, too.
    for uri in ["/photos/w:3/a.jpg", "/insecure.jpg", "/cdn-cgi/a.jpg", "/signature/plain/a.jpg"] {
        assert_eq!(leads(|_| (), uri).expect("a path").0.name(), uri);
    }
}

#[test]
fn they_are_signed_in_their_own_ways() {
    let key = Key { key: vec![7; 32], salt: vec![1, 2] };
    let keys = std::slice::from_ref(&key);
    let signing = |policy: &mut Policy| policy.sign_keys = vec![key.clone()];
    let status = |uri: &str| leads(signing, uri).map(drop).map_err(|(status, _)| status);
    let path = "/rs:fit:300:200/plain/a.jpg@webp";
    let right = signed_path(keys, path).unwrap();
    assert_eq!(status(&right), Ok(()));
    assert_eq!(leads(signing, &right), leads(|_| (), &format!("/insecure{path}")));
    for wrong in [format!("/insecure{path}"), right.replace("300", "301"), right.replace("@webp", "")] {
        assert_eq!(status(&wrong), Err(403), "{wrong}");
    }
    for (expires, expected) in [(NOON + 9, Ok(())), (NOON, Err(403)), (0, Err(403))] {
        let path = format!("/exp:{expires}{path}");
        assert_eq!(status(&signed_path(keys, &path).unwrap()), expected, "{expires}");
        // imgproxy heeds it without keys, too.
        assert_eq!(
            leads(|_| (), &format!("/insecure{path}")).map(drop).map_err(|(status, _)| status),
            expected
        );
    }
    let cloudflare = "/cdn-cgi/image/width=300/a.jpg";
    assert_eq!(status(cloudflare), Err(403));
    assert_eq!(status(&signed(keys, cloudflare, None).unwrap()), Ok(()));
    assert_eq!(status(&signed(keys, cloudflare, Some(NOON - 1)).unwrap()), Err(403));
    assert_eq!(noon().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs(), NOON);
}

#[test]
fn a_server_answers_them() {
    let origin = Origin::new(&[("/x.jpg?v=1", Page::File(pictures::jpeg(300, 200, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let mut command = program::command(place.path());
    command.env("WEBP_IMGPROXY_URLS", "true").env("WEBP_CLOUDFLARE_URLS", "true");
    command.env("WEBP_QUALITY_WEBP", "10");
    let server = Server::serve(command, &origin.url(), &[]);
    let size = |uri: &str| {
        let reply = server.get(uri, WEBP);
        assert!(reply.is_webp(), "{uri}: {} {}", reply.status, reply.text());
        let size = probe(&reply.body).unwrap().size;
        (size.width, size.height, reply.body.len())
    };
    let source = format!("{}/x.jpg%3Fv=1", origin.url());
    let covered = size(&format!("/insecure/rs:fill:60:60/g:we/plain/{source}"));
    assert_eq!((covered.0, covered.1), (60, 60));
    let same =
        size(&format!("/cdn-cgi/image/width=60,height=60,fit=cover,gravity=left/{}/x.jpg?v=1", origin.url()));
    assert_eq!(same, covered);
    assert_eq!(size("/x.jpg?v=1&w=60&h=60&gravity=left"), covered);
    assert_eq!(server.conversions(), 1);
    assert_eq!(origin.asked(), ["/x.jpg?v=1"]);
    let whole = size(&format!("/insecure/plain/{source}"));
    let named = size(&format!("/insecure/q:90/plain/{source}"));
    assert!(whole.2 * 2 < named.2, "{whole:?} {named:?}");
    let refused = server.get("/insecure/blur:900/plain/x.jpg", WEBP);
    assert_eq!((refused.status, refused.header("cache-control")), (400, "no-store"));

    // Signed by the program.
    let mut command = program::command(place.path());
    let key = "0a".repeat(16);
    command.env("WEBP_IMGPROXY_URLS", "true").env("WEBP_SIGN_KEYS", &key);
    command.args(["sign", "/insecure/w:60/plain/a.jpg", "--expires-in", "60"]);
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (_, path) = said.trim_end()[1..].split_once('/').unwrap();
    let keys = [Key { key: vec![10; 16], salt: Vec::new() }];
    assert!(path.starts_with("exp:") && path.ends_with("/w:60/plain/a.jpg"), "{said}");
    assert_eq!(signed_path(&keys, &format!("/{path}")).unwrap(), said.trim_end());
}

#[test]
fn a_format_has_its_own_quality() {
    let params = |change: fn(&mut Policy), uri: &str| {
        let mut scenario = Scenario::with(forms);
        change(&mut scenario.policy);
        let mut step = scenario.begin(http::Method::GET, uri, &[ACCEPT]);
        let mut made = Vec::new();
        loop {
            step = match step {
                Step::Respond(_) => return made,
                Step::Convert(convert) => {
                    if let slimpix::service::Task::Picture(params) = &convert.job.task {
                        made.push((params.format, params.quality));
                    }
                    scenario.perform(Step::Convert(convert))
                }
                step => scenario.perform(step),
            };
        }
    };
    let own = |policy: &mut Policy| policy.qualities = vec![(Format::Avif, 55)];
    assert_eq!(params(own, "/a.jpg"), [(Format::WebP, 80), (Format::Avif, 55)]);
    // A quality that is asked for counts, the usual one as well.
    for quality in [80, 30] {
        let asked = params(own, &format!("/a.jpg?q={quality}"));
        assert_eq!(asked, [(Format::WebP, quality), (Format::Avif, quality)]);
    }
    assert_eq!(params(|_| (), "/a.jpg"), [(Format::WebP, 80), (Format::Avif, 80)]);
}
