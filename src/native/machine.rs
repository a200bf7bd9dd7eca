//! What this machine has: processors, and memory by the control group's limit or the kernel's count.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    thread,
};

/// Processors that this process may use.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Pages of the program's file that are in use while it answers and converts, which the kernel counts as the group's.
const CODE: u64 = 5 << 20;

/// The least that conversions have, however small a control group's limit.
const LEAST: u64 = 8 << 20;

/// The memory of all conversions together when nothing is configured. Of a control group's limit it is all but what
/// the program holds now, what its clients may take ([`crate::native::connection::Capacity`]), and an eighth, which is for the
/// allocator's slack and for files that are being written; without such a limit a quarter of the machine's memory,
/// which others use too. 512 MiB where neither is known.
pub(crate) fn default_budget() -> u64 {
    budget(group_limit(), machine_memory(), CODE + anonymous().unwrap_or(CODE))
}

fn budget(limit: Option<u64>, memory: Option<u64>, program: u64) -> u64 {
    let of_limit = |limit: u64| {
        let clients = (limit / 8).clamp(4 << 20, 8 << 20);
        (limit - limit / 8).saturating_sub(clients + program)
    };
    let bytes = match (limit, memory) {
        (Some(limit), Some(memory)) if limit < memory => of_limit(limit),
        (_, Some(memory)) => memory / 4,
        (Some(limit), None) => of_limit(limit),
        (None, None) => 512 << 20,
    };
    bytes.max(LEAST)
}

/// What all that is kept may take on disk when nothing is configured: a tenth of the disk that its folder is on, or
/// will be, from 64 MiB, for which room is found on a smaller disk while it lasts, to 10 GiB; 1 GiB where the disk's
/// size is not known.
pub(crate) fn default_cache(folder: &Path) -> u64 {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let disk = folder.ancestors().find_map(|folder| rustix::fs::statvfs(folder).ok());
    disk.map_or(1 << 30, |disk| {
        (disk.f_blocks.saturating_mul(disk.f_frsize) / 10).clamp(LEAST_CACHE, MOST_CACHE)
    })
}

const LEAST_CACHE: u64 = 64 << 20;
const MOST_CACHE: u64 = 10 << 30;

/// How much lower the priority of a thread that converts is than that of one that answers: with 5 it has about a
/// quarter of the processor where both want it, and is put aside when the other wakes.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Makes way for other threads of this process, for as long as this one lives.
#[cfg(target_os = "linux")]
pub(crate) fn make_way() {
    // Lowering is always allowed; where it is not, the thread competes with the others.
    let _ = rustix::process::nice(NICENESS);
}

/// Makes way once more, for those that convert: what is lowered once has about a third of what they have.
#[cfg(target_os = "linux")]
pub(crate) fn make_more_way() {
    let _ = rustix::process::nice(NICENESS);
}

/// Nothing: only Linux has priorities of single threads.
#[cfg(not(target_os = "linux"))]
pub(crate) fn make_way() {}

/// Nothing, either.
#[cfg(not(target_os = "linux"))]
pub(crate) fn make_more_way() {}

/// Bytes of address space that this process has taken, where the system tells.
pub(crate) fn address_space() -> Option<u64> {
    pages(0)
}

/// Bytes of this process that are in memory, where the system tells.
pub(crate) fn resident() -> Option<u64> {
    pages(1)
}

/// A number of `/proc/self/statm`, which counts pages, in bytes.
fn pages(field: usize) -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(field)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Bytes of this process that no file has, so that the kernel can't drop them.
fn anonymous() -> Option<u64> {
    kib("/proc/self/status", "RssAnon:")
}

/// The smallest memory limit of this process's control group and those above it, version 2 or 1.
fn group_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = group_files(&groups).iter().filter_map(|file| limit_in(file)).min();
    // In a container the group's own path is often not what is mounted; its files then stand at the top.
    let top = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    own.into_iter().chain(top.iter().filter_map(|file| limit_in(Path::new(file)))).min()
}

/// The files that may hold a limit, for the text of `/proc/self/cgroup`.
fn group_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (mount, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            list if list.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let path = Path::new(path);
        for group in path.ancestors().filter(|group| *group != Path::new("/")) {
            let below = group.strip_prefix("/").unwrap_or(group);
            files.push(Path::new(mount).join(below).join(file));
        }
    }
    files
}

/// The limit that a file states; `max` and version 1's huge number are none.
fn limit_in(file: &Path) -> Option<u64> {
    let limit = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (limit < 1 << 60).then_some(limit)
}

fn machine_memory() -> Option<u64> {
    kib("/proc/meminfo", "MemTotal:")
}

/// The bytes that one of the kernel's tables in KiB has under a name.
fn kib(table: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(table).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_are_read() {
        let files = group_files("0::/a/b\n");
        assert_eq!(
            files,
            [Path::new("/sys/fs/cgroup/a/b/memory.max"), Path::new("/sys/fs/cgroup/a/memory.max")]
        );
        let files = group_files("12:cpu,memory:/docker/x\n3:pids:/y\n");
        assert_eq!(files[0], Path::new("/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes"));
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn the_budget_leaves_room_for_the_program() {
        let mib = |count: u64| Some(count << 20);
        let of = |limit, memory| budget(limit, memory, 7 << 20);
        assert_eq!(of(mib(32), mib(8192)), 17 << 20);
        assert_eq!(of(mib(64), mib(8192)), 41 << 20);
        assert_eq!(of(mib(200), mib(8192)), 160 << 20);
        assert_eq!(of(mib(8192), mib(1024)), 256 << 20);
        assert_eq!(of(None, mib(8192)), 2048 << 20);
        assert_eq!(of(mib(10), None), LEAST);
        assert_eq!(of(None, None), 512 << 20);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_program_holds_is_measured() {
        let anonymous = anonymous().expect("Linux tells");
        assert!((64 << 10..resident().expect("Linux tells")).contains(&anonymous), "{anonymous}");
    }

    #[test]
    fn there_is_always_a_budget() {
        assert!(default_budget() >= LEAST);
        assert!(processors() >= 1);
    }

    #[test]
    fn the_disk_of_a_folder_that_is_not_there_yet_is_known() {
        let there = default_cache(Path::new("."));
        assert!((LEAST_CACHE..=MOST_CACHE).contains(&there));
        assert_eq!(default_cache(Path::new("not/yet/there")), there);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_thread_makes_way_and_no_other() {
        let niceness = || rustix::process::getpriority_process(None).expect("niceness");
        let before = niceness();
        let lowered = thread::spawn(move || {
            make_way();
            niceness()
        });
        assert_eq!(lowered.join().expect("no panic"), (before + NICENESS).min(19));
        assert_eq!(niceness(), before);
    }
}
