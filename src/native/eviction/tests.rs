use std::{
    io,
    time::{Duration, SystemTime},
};

use super::*;
use crate::codec::Format;

fn folders(root: &Path, max_bytes: u64) -> Folders {
    Folders {
        exhaust: root.join("exhaust"),
        metadata: root.join("metadata"),
        remote_raw: root.join("remote-raw"),
        max_bytes,
        stand_in_bytes: 0,
    }
}

fn put(path: &Path, len: usize, age: u64) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, vec![0; len])?;
    let time = SystemTime::now() - Duration::from_secs(age);
    fs::File::options().write(true).open(path)?.set_modified(time)
}

/// A record with its variant: two blocks.
fn put_picture(folders: &Folders, id: &str, age: u64) -> io::Result<()> {
    put(&folders.metadata.join(format!("local/{id}.json")), 10, age)?;
    put(&folders.exhaust.join(format!("local/{id}.webp")), 10, age)
}

fn id(number: u64) -> String {
    format!("{number:032x}")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[test]
fn the_least_recently_used_go_as_whole_pictures() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let folders = folders(root.path(), 64 * BLOCK);
    for number in 0..28 {
        put_picture(&folders, &id(number), 1_000 - number)?;
    }
    let evictor = Arc::new(Evictor::new(folders.clone()));
    evictor.uses().note(&folders.metadata.join(format!("local/{}.json", id(0))));
    let room = evictor.reserve(8 * BLOCK).expect("room");
    let kept = names(&folders.metadata.join("local"));
    assert_eq!(kept.len(), names(&folders.exhaust.join("local")).len());
    assert!(kept.contains(&format!("{}.json", id(0))), "used just now");
    assert!(!kept.contains(&format!("{}.json", id(1))), "the oldest");
    assert!(kept.contains(&format!("{}.json", id(27))), "the newest");
    assert!(kept.len() >= 20);
    drop(room);
    assert_eq!(lock(&evictor.ledger).pending, 0);
    Ok(())
}

#[test]
fn what_is_larger_than_all_gets_no_room_and_nothing_goes_for_it() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let folders = folders(root.path(), 64 * BLOCK);
    put_picture(&folders, &id(1), 10)?;
    let evictor = Arc::new(Evictor::new(folders.clone()));
    assert!(evictor.reserve(65 * BLOCK).is_none());
    assert!(evictor.reserve(u64::MAX).is_none());
    assert_eq!(names(&folders.exhaust.join("local")).len(), 1);
    Ok(())
}

#[test]
fn what_is_being_written_stays_and_what_was_left_over_goes() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let folders = folders(root.path(), 16 * BLOCK);
    for number in 0..3 {
        put_picture(&folders, &id(number), 100)?;
    }
    put(&folders.exhaust.join(format!("local/{}.webp", id(8))), 10, 100)?;
    put(&folders.exhaust.join(format!("local/{}.webp", id(9))), 10, 0)?;
    put(&folders.exhaust.join("local/281a623ba38d56d1.webp"), 10, 100)?;
    put(&folders.exhaust.join("local/mine.txt"), 10, 100)?;
    let evictor = Arc::new(Evictor::new(folders.clone()));
    let busy = evictor.busy(folders.metadata.join(format!("local/{}.json", id(1))));
    assert_eq!(evictor.pass(0, 1_000_000), 5 * BLOCK + BLOCK);
    let kept = names(&folders.exhaust.join("local"));
    assert_eq!(kept, [format!("{}.webp", id(1)), "mine.txt".to_owned()]);
    drop(busy);
    assert_eq!(evictor.pass(0, 1_000_000), 2 * BLOCK);
    Ok(())
}

#[test]
fn without_a_limit_nothing_goes_unless_the_disk_is_full() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let folders = folders(root.path(), 0);
    put_picture(&folders, &id(1), 100)?;
    put_picture(&folders, &id(2), 10)?;
    let evictor = Arc::new(Evictor::new(folders.clone()));
    evictor.pass(0, 0);
    assert!(evictor.reserve(1 << 40).is_some());
    assert_eq!(names(&folders.metadata.join("local")).len(), 2);
    assert!(evictor.make_room_on_disk(10));
    assert_eq!(names(&folders.metadata.join("local")), [format!("{}.json", id(2))]);
    Ok(())
}

#[test]
fn variants_of_every_format_are_counted_and_go_with_their_record() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let folders = folders(root.path(), 64 * BLOCK);
    put(&folders.metadata.join(format!("local/{}.json", id(1))), 10, 100)?;
    for format in Format::ALL {
        put(&folders.exhaust.join(format!("local/{}.{}", id(1), format.extension())), 10, 100)?;
    }
    let evictor = Arc::new(Evictor::new(folders.clone()));
    let files = Format::ALL.len() as u64 + 1;
    evictor.pass(0, 0);
    // With two folders for each of the two kinds, and one for copies, which isn't there.
    assert_eq!(evictor.figures().0, (files + 4) * BLOCK);
    assert_eq!(evictor.pass(0, 1), files * BLOCK);
    assert!(names(&folders.exhaust.join("local")).is_empty());
    Ok(())
}
