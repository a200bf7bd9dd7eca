//! `slimpix convert` and `slimpix probe` do what their help says, and no file is lost or half-written.

use std::{fs, path::Path};

use slimpix::{codec, limits::Limits, pixel::Picture};

use crate::support::{
    pictures,
    program::{run, run_with_input},
};

fn folder_with(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn is_webp(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes.starts_with(b"RIFF") && bytes[8..12] == *b"WEBP"
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_becomes_a_smaller_webp_beside_it() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(320, 200, 1))]);
    let ran = run(folder.path(), &["convert", "a.jpg"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(is_webp(&folder.path().join("a.webp")));
    assert_eq!(names(folder.path()), ["a.jpg", "a.webp"]);
    assert!(ran.text().contains("320x200"), "{}", ran.text());
}

#[test]
fn a_filter_and_light_can_be_chosen() {
    // Stripes of a pixel each, black and white.
    let folder = folder_with(&[("stripes.gif", pictures::gif(16, 16, 1))]);
    for (more, expected) in [
        (&["--filter", "area"][..], 127..=129),
        (&["--filter", "area", "--linear"], 187..=189),
        (&["--filter", "nearest"], 0..=0),
    ] {
        let mut arguments = vec!["convert", "stripes.gif", "-o", "out.png", "--width", "4"];
        arguments.extend(more);
        let ran = run(folder.path(), &arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let file = fs::read(folder.path().join("out.png")).unwrap();
        let picture = codec::decode(&file, &Limits::default()).unwrap().picture;
        let Picture::Raster(raster) = picture else { panic!("a PNG has no planes") };
        assert!(
            raster.data().iter().all(|sample| expected.contains(sample)),
            "{more:?}: {:?}",
            raster.data()
        );
    }
}

#[test]
fn a_result_is_as_short_as_asked_and_the_same_with_any_number_of_jobs() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(320, 200, 1))]);
    let length = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    for (name, more) in [("a.webp", ["--jobs", "1"]), ("b.webp", ["--jobs", "4"])] {
        assert_eq!(run(folder.path(), &["convert", "a.jpg", "-o", name, more[0], more[1]]).code, 0);
    }
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(read("a.webp") == read("b.webp"));
    let wanted = (length("a.webp") * 2 / 3).to_string();
    let ran = run(folder.path(), &["convert", "a.jpg", "-o", "c.webp", "--target-size", &wanted]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(length("c.webp") <= length("a.webp") * 2 / 3 && length("c.webp") > length("a.webp") / 3);
    let ran = run(folder.path(), &["convert", "a.jpg", "-o", "d.webp", "--target-size", "50"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("even at quality 0"), "{}", ran.stderr);
    assert!(!folder.path().join("d.webp").exists());
}

#[test]
fn a_folder_is_mirrored_and_each_file_told_as_json() {
    let folder = folder_with(&[
        ("in/a.jpg", pictures::jpeg(64, 48, 1)),
        ("in/b/c.png", pictures::png(50, 40, 2)),
        ("in/notes.txt", b"no picture".to_vec()),
    ]);
    let ran = run(folder.path(), &["convert", "in", "--out-dir", "out", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(is_webp(&folder.path().join("out/a.webp")));
    assert!(is_webp(&folder.path().join("out/b/c.webp")));
    let mut lines = ran.json_lines();
    lines.sort_by_key(|line| line["input"].to_string());
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["width"], 64);
    assert_eq!(lines[0]["height"], 48);
    assert_eq!(lines[0]["format"], "webp");
    assert_eq!(lines[0]["in_bytes"], pictures::jpeg(64, 48, 1).len());
    let written = fs::metadata(folder.path().join("out/a.webp")).unwrap().len();
    assert_eq!(lines[0]["out_bytes"], written);
    assert!(lines[0]["peak_bytes"].as_u64().unwrap() > 64 * 48);
    assert!(lines[0]["ms"].is_u64());
}

#[test]
fn one_bad_file_fails_by_name_and_the_others_are_done() {
    let good = pictures::jpeg(64, 48, 1);
    let folder = folder_with(&[
        ("in/a.jpg", good.clone()),
        ("in/cut.jpg", good[..100].to_vec()),
        ("in/lie.png", b"<html>".to_vec()),
        ("in/empty.gif", Vec::new()),
        ("in/z.jpg", good),
    ]);
    let ran = run(folder.path(), &["convert", "in", "--out-dir", "out"]);
    assert_eq!(ran.code, 1);
    assert_eq!(names(&folder.path().join("out")), ["a.webp", "z.webp"]);
    for name in ["cut.jpg", "lie.png", "empty.gif"] {
        let line = ran.stderr.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}"));
        assert!(line.starts_with("slimpix: in/") && line.len() > 30, "{line}");
    }
    assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
}

#[test]
fn no_input_is_ever_replaced() {
    let (jpeg, png) = (pictures::jpeg(64, 48, 1), pictures::png(50, 40, 2));
    let folder = folder_with(&[("a.jpg", jpeg.clone()), ("b.png", png.clone())]);
    for args in [
        &["convert", "b.png", "--format", "png"][..],
        &["convert", "a.jpg", "-o", "./a.jpg"],
        &["convert", "a.jpg", "b.png", "--format", "jpeg", "--width", "8"],
    ] {
        let ran = run(folder.path(), args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.stderr.contains("would replace an input"), "{}", ran.stderr);
        assert_eq!(names(folder.path()), ["a.jpg", "b.png"], "nothing is written before that is told");
    }
    assert_eq!(fs::read(folder.path().join("a.jpg")).unwrap(), jpeg);
    assert_eq!(fs::read(folder.path().join("b.png")).unwrap(), png);
}

#[test]
fn inputs_of_the_same_stem_do_not_meet() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(64, 48, 1)), ("a.png", pictures::png(50, 40, 2))]);
    let ran = run(folder.path(), &["convert", "a.jpg", "a.png", "--out-dir", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(names(&folder.path().join("out")), ["a.jpg.webp", "a.png.webp"]);
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let folder = folder_with(&[]);
    let ran = run_with_input(folder.path(), &["convert", "-", "--format", "png"], &pictures::jpeg(30, 20, 1));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with(b"\x89PNG"));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn sizes_and_the_name_of_the_output_are_obeyed() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(320, 200, 1))]);
    let ran = run(folder.path(), &["convert", "a.jpg", "-o", "b.png", "--width", "80", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line = &ran.json_lines()[0];
    assert_eq!((&line["width"], &line["height"], &line["format"]), (&80.into(), &50.into(), &"png".into()));
    let probed = run(folder.path(), &["probe", "b.png", "--json"]);
    assert_eq!(probed.json_lines()[0]["probe"]["size"]["width"], 80);
    assert_eq!(probed.code, 0);
}

#[test]
fn auto_takes_the_smaller_of_webp_and_avif() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(96, 64, 1))]);
    let bytes = |format: &str| {
        let out = format!("{format}.out");
        let args = ["convert", "a.jpg", "-o", &out, "--format", format, "--effort", "0", "--json"];
        let ran = run(folder.path(), &args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.json_lines()[0]["out_bytes"].as_u64().unwrap()
    };
    assert_eq!(bytes("auto"), bytes("webp").min(bytes("avif")));
}

#[test]
fn arguments_that_can_not_be_are_refused_with_code_2() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(64, 48, 1)), ("b.jpg", pictures::jpeg(64, 48, 1))]);
    for args in [
        &["convert", "a.jpg", "b.jpg", "-o", "c.webp"][..],
        &["convert", "a.jpg", "-o", "c.jxl"],
        &["convert", "a.jpg", "-o", "c.gif"],
        &["convert", "a.jpg", "-o", "c.png", "--format", "webp"],
        &["convert", "a.jpg", "--quality", "101"],
        &["convert", "a.jpg", "--alpha-quality", "101"],
        &["convert", "a.jpg", "--lossless", "--format", "avif"],
        &["convert", "a.jpg", "--memory", "much"],
        &["convert", "a.jpg", "--width", "0"],
        &["convert", "a.jpg", "-o", "c.webp", "-w", "10,20"],
        &["convert", "-", "-f", "webp,avif"],
        &["convert", "a.jpg", "-f", "auto,webp"],
        &["convert", "a.jpg", "--in-place", "-f", "webp"],
        &["convert", "-", "--in-place"],
        &["convert", "a.jpg", "--in-place", "-w", "10,20"],
        &["convert", "a.jpg", "--lossless", "--target-size", "1K"],
        &["convert"],
        &["probe"],
        &["nonsense"],
    ] {
        assert_eq!(run(folder.path(), args).code, 2, "{args:?}");
    }
    assert_eq!(names(folder.path()), ["a.jpg", "b.jpg"]);
    let none = run(folder.path(), &["convert", "none.jpg"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("none.jpg"), "{}", none.stderr);
}

#[test]
fn a_picture_past_the_budget_is_refused_before_it_is_read() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(1200, 1000, 1))]);
    let ran = run(folder.path(), &["convert", "a.jpg", "--memory", "3M"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("a.jpg") && ran.stderr.contains("memory"), "{}", ran.stderr);
    assert_eq!(names(folder.path()), ["a.jpg"]);
}
#[test]
fn an_animation_becomes_a_webp_that_moves_or_goes_through_as_it_is() {
    let animation = pictures::gif(20, 10, 3);
    let folder = folder_with(&[("a.gif", animation.clone()), ("still.gif", pictures::gif(20, 10, 1))]);
    let ran = run(folder.path(), &["convert", "a.gif", "still.gif", "--out-dir", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let moves = |name: &str| slimpix::probe(&fs::read(folder.path().join(name)).unwrap()).unwrap().animated;
    assert_eq!((moves("out/a.webp"), moves("out/still.webp")), (Some(true), Some(false)));
    assert!(is_webp(&folder.path().join("out/still.webp")));
    let ran = run(folder.path(), &["convert", "a.gif", "-o", "x.jpg"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(fs::read(folder.path().join("x.gif")).unwrap(), animation);
    assert!(!folder.path().join("x.jpg").exists());
    let ran = run(folder.path(), &["convert", "a.gif", "--format", "auto", "-o", "y.webp"]);
    assert_eq!((ran.code, moves("y.webp")), (0, Some(true)), "{}", ran.stderr);
}

#[test]
fn a_folder_is_converted_once_however_often_it_is_asked_for() {
    let folder = folder_with(&[
        ("pics/a.jpg", pictures::jpeg(64, 48, 1)),
        ("pics/b.jpg", pictures::jpeg(64, 48, 2)),
        ("pics/b.png", pictures::png(64, 48, 3)),
    ]);
    let pics = folder.path().join("pics");
    let all = ["a.jpg", "a.webp", "b.jpg", "b.jpg.webp", "b.png", "b.png.webp"];
    let time = |name: &str| fs::metadata(pics.join(name)).unwrap().modified().unwrap();
    let ran = run(folder.path(), &["convert", "pics"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(names(&pics), all);
    let made = all.map(time);
    for _ in 0..2 {
        let ran = run(folder.path(), &["convert", "pics"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.text().contains("3 results are newer"), "{}", ran.text());
        assert_eq!((names(&pics), all.map(time)), (all.map(str::to_owned).to_vec(), made));
    }
    // What has changed since is made again, and with --force everything.
    let changed = made[1] + std::time::Duration::from_secs(5);
    let file = fs::File::options().append(true).open(pics.join("a.jpg")).unwrap();
    file.set_modified(changed).unwrap();
    let ran = run(folder.path(), &["convert", "pics", "--json"]);
    assert_eq!(ran.json_lines().len(), 2, "{}", ran.text());
    assert_eq!(ran.json_lines()[1]["up_to_date"], 2);
    assert!(time("a.webp") > made[1] && time("b.png.webp") == made[5]);
    let ran = run(folder.path(), &["convert", "pics", "--force"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(time("b.png.webp") > made[5]);
    assert_eq!(names(&pics), all);
}

#[test]
fn several_widths_and_formats_are_made_at_once() {
    let folder =
        folder_with(&[("a.jpg", pictures::jpeg(320, 200, 1)), ("b.jpg", pictures::jpeg(100, 50, 2))]);
    let ran = run(
        folder.path(),
        &["convert", "a.jpg", "b.jpg", "-d", "out", "-w", "160,80,640,1280", "-f", "webp,jpeg", "--json"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let out = folder.path().join("out");
    // Past the first that is as wide as the picture they would all be the same.
    let expected = [
        "a-160.jpg",
        "a-160.webp",
        "a-640.jpg",
        "a-640.webp",
        "a-80.jpg",
        "a-80.webp",
        "b-160.jpg",
        "b-160.webp",
        "b-80.jpg",
        "b-80.webp",
    ];
    assert_eq!(names(&out), expected);
    let line = |name: &str| {
        let lines = ran.json_lines();
        let line = lines.iter().find(|line| line["output"].as_str().unwrap().ends_with(name)).unwrap();
        (line["width"].as_u64().unwrap(), line["format"].as_str().unwrap().to_owned())
    };
    assert_eq!(line("a-80.webp"), (80, "webp".to_owned()));
    assert_eq!(line("a-640.jpg"), (320, "jpeg".to_owned()));
    // Of a folder, all of them are there the next time.
    let again = |args: &[&str]| run(folder.path(), &[&["convert", ".", "-w", "80,160"], args].concat());
    assert_eq!(again(&[]).code, 0);
    let ran = again(&["--json"]);
    assert_eq!(ran.json_lines().len(), 1, "{}", ran.text());
    assert!(ran.json_lines()[0]["up_to_date"].as_u64().unwrap() >= 4, "{}", ran.text());
}

/// Results that are made of one decoding are those that are made one by one, with much memory and with little, whatever is asked for.
#[test]
fn several_results_of_one_decoding_are_those_of_each_alone() {
    let noisy = pictures::png(900, 700, 2);
    let folder = folder_with(&[("a.jpg", pictures::jpeg(900, 700, 1)), ("b.png", noisy)]);
    let common = ["convert", "a.jpg", "b.png", "--effort", "0", "--json"];
    let made = |out: &str, more: &[&str]| {
        let ran = run(folder.path(), &[&common, &["-d", out][..], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let peaks: Vec<u64> =
            ran.json_lines().iter().filter_map(|line| line["peak_bytes"].as_u64()).collect();
        peaks.into_iter().max().unwrap()
    };
    let read = |out: &str, name: &str| fs::read(folder.path().join(out).join(name)).unwrap();
    let several = ["-w", "90,300,500", "-f", "webp,avif"];
    let much = made("much", &several);
    let little = made("little", &[&several[..], &["--memory", "8M", "--jobs", "4"]].concat());
    assert!(little < much, "{little} bytes, {much} for all at once");
    for (width, format) in ["90", "300", "500"].iter().flat_map(|w| ["webp", "avif"].map(|f| (w, f))) {
        let out = format!("{width}{format}");
        assert!(made(&out, &["-w", width, "-f", format]) < much);
        for stem in ["a", "b"] {
            let alone = read(&out, &format!("{stem}.{format}"));
            let name = format!("{stem}-{width}.{format}");
            assert!(read("much", &name) == alone && read("little", &name) == alone, "{name}");
        }
    }
}

#[test]
fn results_of_other_runs_are_no_inputs_either() {
    let folder = folder_with(&[
        ("a.jpg", pictures::jpeg(64, 48, 1)),
        ("b-7.jpg", pictures::jpeg(64, 48, 2)),
        ("c.webp", include_bytes!("../data/pictures/lossy-alpha.webp").to_vec()),
    ]);
    for args in
        [&["-f", "webp,avif", "-e", "0"][..], &["-w", "20,40"], &["-f", "png", "-w", "20,40"], &["-f", "png"]]
    {
        assert_eq!(run(folder.path(), &[&["convert", "."], args].concat()).code, 0, "{args:?}");
    }
    let made = names(folder.path());
    for result in ["a.webp", "a.avif", "a-20.webp", "a.png", "a-40.png", "b-7-40.webp", "c.png"] {
        assert!(made.contains(&result.to_owned()), "{result} in {made:?}");
    }
    let ran = run(folder.path(), &["convert", ".", "-d", "out", "-n", "--json"]);
    let mut inputs: Vec<String> =
        ran.json_lines().iter().filter_map(|line| Some(line["input"].as_str()?.to_owned())).collect();
    inputs.sort();
    inputs.dedup();
    // A PNG may be an original: even that of c.webp, by its name.
    inputs.retain(|name| !name.ends_with(".png"));
    assert_eq!(inputs, ["./a.jpg", "./b-7.jpg"], "{}", ran.text());
    assert!(!made.iter().any(|name| name.contains("0-20.") || name.contains("0-40.")), "{made:?}");
}

#[test]
fn results_that_would_meet_are_told_before_anything_is_written() {
    let jpeg = pictures::jpeg(64, 48, 1);
    let folder = folder_with(&[("x/a.jpg", jpeg.clone()), ("y/a.jpg", jpeg.clone())]);
    let ran = run(folder.path(), &["convert", "x/a.jpg", "y/a.jpg", "-d", "out"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("x/a.jpg and y/a.jpg would both become out/a.jpg.webp"), "{}", ran.stderr);
    assert!(!folder.path().join("out").exists());
    // The same picture twice is one picture.
    let ran = run(folder.path(), &["convert", "x/a.jpg", "x", "x/../x/a.jpg", "-d", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(names(&folder.path().join("out")), ["a.webp"]);
}

#[test]
fn pictures_are_made_smaller_in_their_places() {
    let large = pictures::jpeg(320, 200, 1);
    let folder = folder_with(&[
        ("in/a.jpg", large.clone()),
        ("in/b.png", pictures::png(50, 40, 2)),
        ("in/c.gif", pictures::gif(20, 10, 1)),
    ]);
    let path = folder.path().join("in/a.jpg");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    fs::set_permissions(&path, mode).unwrap();
    let ran = run(folder.path(), &["convert", "in", "--in-place", "-q", "40"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(names(&folder.path().join("in")), ["a.jpg", "b.png", "c.gif"]);
    let smaller = fs::read(&path).unwrap();
    assert!(smaller.starts_with(b"\xff\xd8") && smaller.len() < large.len() * 49 / 50, "{}", smaller.len());
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o640
    );
    assert!(ran.stderr.contains("c.gif: passed by: gif can't be made here"), "{}", ran.stderr);
    // Once more there is next to nothing to save, and nothing is lost again and again.
    let ran = run(folder.path(), &["convert", "in", "--in-place", "-q", "40"]);
    assert!(ran.text().contains("a.jpg: ") && ran.text().contains("stays as it is"), "{}", ran.text());
    assert_eq!(fs::read(&path).unwrap(), smaller);
}

#[test]
fn what_would_grow_is_not_made() {
    let folder = folder_with(&[("a.jpg", pictures::jpeg(320, 200, 1))]);
    let path = |name: &str| folder.path().join(name);
    assert_eq!(run(folder.path(), &["convert", "a.jpg", "-q", "10"]).code, 0);
    let poor = fs::read(path("a.webp")).unwrap();
    // In its own format it stays as it was.
    let ran = run(folder.path(), &["convert", "a.webp", "-q", "95", "-o", "b.webp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.text().contains("as it is: made anew it is no smaller"), "{}", ran.text());
    assert_eq!(fs::read(path("b.webp")).unwrap(), poor);
    // What shows something else is made, however long it gets.
    for (index, effect) in
        [["--rotate", "90"], ["--blur", "0.3"], ["--sharpen", "5"], ["--trim", "0"], ["--background", "fff"]]
            .into_iter()
            .enumerate()
    {
        let out = format!("effect-{index}.webp");
        let ran = run(folder.path(), &[&["convert", "a.webp", "-q", "95", "-o", &out], &effect[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(fs::read(path(&out)).unwrap().len() > poor.len(), "{effect:?}: {}", ran.text());
        fs::remove_file(path(&out)).unwrap();
    }
    let ran = run(folder.path(), &["convert", "a.webp", "--only-if-smaller", "-f", "png"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.text().contains("not written: it is no smaller"), "{}", ran.text());
    assert_eq!(names(folder.path()), ["a.jpg", "a.webp", "b.webp"]);
}

#[test]
fn a_dry_run_writes_nothing_and_a_quiet_one_says_nothing() {
    let folder =
        folder_with(&[("in/a.jpg", pictures::jpeg(64, 48, 1)), ("in/b.gif", pictures::gif(20, 10, 2))]);
    let ran = run(folder.path(), &["convert", "in", "-n"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.text().contains("would become in/a.webp") && ran.text().contains("in/b.gif"),
        "{}",
        ran.text()
    );
    assert_eq!(names(&folder.path().join("in")), ["a.jpg", "b.gif"]);
    let ran = run(folder.path(), &["convert", "in", "--quiet"]);
    assert_eq!((ran.code, ran.text().as_str(), ran.stderr.as_str()), (0, "", ""));
    assert!(folder.path().join("in/a.webp").exists());
}

#[test]
fn what_is_passed_by_and_what_fails_is_named_and_counted() {
    let folder = folder_with(&[
        ("in/a.jpg", pictures::jpeg(64, 48, 1)),
        ("in/bad.png", b"no PNG".to_vec()),
        ("in/d.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec()),
    ]);
    std::os::unix::fs::symlink("a.jpg", folder.path().join("in/link.jpg")).unwrap();
    let ran = run(folder.path(), &["convert", "in"]);
    assert_eq!(ran.code, 1);
    for part in ["in/link.jpg: passed by: it is a link", "in/d.svg: passed by", "in/bad.png: failed"] {
        assert!(ran.stderr.contains(part), "{part:?} in {}", ran.stderr);
    }
    assert!(
        ran.text().contains("1 files: ") && ran.text().contains("1 failed, 2 passed by"),
        "{}",
        ran.text()
    );
}

#[test]
fn quality_100_is_lossless_webp_unless_a_length_is_wanted() {
    let folder = folder_with(&[("a.png", pictures::png(50, 40, 2))]);
    let ran = run(folder.path(), &["convert", "a.png", "-q", "100"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let webp = fs::read(folder.path().join("a.webp")).unwrap();
    assert_eq!(&webp[12..16], b"VP8L");
    let pixels = |bytes: &[u8]| match codec::decode(bytes, &Limits::default()).unwrap().picture {
        Picture::Raster(raster) => raster.data().to_vec(),
        _ => panic!("no planes"),
    };
    assert_eq!(pixels(&webp), pixels(&fs::read(folder.path().join("a.png")).unwrap()));
}

#[test]
fn no_picture_goes_to_a_terminal() {
    let folder = folder_with(&[]);
    let line = format!("{} convert - < /dev/null; echo code $?", env!("CARGO_BIN_EXE_slimpix"));
    let ran = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("standard output is a terminal") && said.contains("code 2"), "{said}");
}

#[test]
fn shells_and_man_know_the_commands() {
    let folder = folder_with(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(folder.path(), &["completions", shell]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.text().contains("only-if-smaller"), "{shell}");
    }
    let page = run(folder.path(), &["man"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
    for part in [".TH slimpix", "SLIMPIX CONVERT", "target\\-size", "SLIMPIX SERVE", "WEBP_MAX_AGE"] {
        assert!(page.text().contains(part), "{part}");
    }
}
