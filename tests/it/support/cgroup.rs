//! A memory control group for a program under test, of version 1 or 2, where one can be made.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    thread,
    time::{Duration, Instant},
};

use super::program;

/// A group with a limit. It goes when dropped; its programs must have ended by then.
pub struct Group {
    folder: PathBuf,
    is_v1: bool,
}

impl Group {
    /// A group of that name with a limit in bytes.
    ///
    /// # Errors
    /// What the system says where none can be made: mostly who is not root may not.
    pub fn new(name: &str, limit: u64) -> io::Result<Self> {
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let is_v1 = v1.is_dir();
        let top = if is_v1 { v1 } else { Path::new("/sys/fs/cgroup") };
        let group = Self { folder: top.join(format!("slimpix-{name}-{}", process::id())), is_v1 };
        fs::create_dir(&group.folder)?;
        let limits = if is_v1 { "memory.limit_in_bytes" } else { "memory.max" };
        fs::write(group.folder.join(limits), limit.to_string())?;
        Ok(group)
    }

    /// The program, to be run inside it.
    pub fn command(&self, folder: &Path) -> Command {
        let own = program::command(folder);
        let mut command = Command::new("sh");
        command.current_dir(folder);
        command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]);
        command.arg(self.folder.join("cgroup.procs")).arg(own.get_program());
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// How often the kernel killed for want of memory.
    pub fn kills(&self) -> u64 {
        let file = if self.is_v1 { "memory.oom_control" } else { "memory.events" };
        let text = fs::read_to_string(self.folder.join(file)).unwrap();
        text.lines()
            .find_map(|line| line.strip_prefix("oom_kill "))
            .map_or(0, |count| count.trim().parse().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let began = Instant::now();
        // It is busy until the kernel has put its last program away.
        while fs::remove_dir(&self.folder).is_err() && began.elapsed() < Duration::from_secs(5) {
            thread::yield_now();
        }
    }
}
