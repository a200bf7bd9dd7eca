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

/// The memory of all conversions together when nothing is configured: three fifths of the control group's limit,
/// the rest being for the program, its connections and the allocator's slack; without such a limit a quarter
/// of the machine's memory, which others use too. 512 MiB where neither is known.
pub(crate) fn default_budget() -> u64 {
    let least = 32 << 20;
    match (group_limit(), machine_memory()) {
        (Some(limit), Some(memory)) if limit < memory => (limit / 5 * 3).max(least),
        (_, Some(memory)) => (memory / 4).max(least),
        (Some(limit), None) => (limit / 5 * 3).max(least),
        (None, None) => 512 << 20,
    }
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
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
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
    fn there_is_always_a_budget() {
        assert!(default_budget() >= 32 << 20);
        assert!(processors() >= 1);
    }
}
