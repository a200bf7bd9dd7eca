//! A small cache in memory for the time in which the disk can't be written. The oldest go first.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
};

use bytes::Bytes;

/// Files by their paths.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    /// What it holds at the most, in bytes.
    capacity: usize,
    files: HashMap<PathBuf, Bytes>,
    order: VecDeque<PathBuf>,
    held: usize,
}

impl MemoryStore {
    /// An empty store that holds `capacity` bytes at the most.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, files: HashMap::new(), order: VecDeque::new(), held: 0 }
    }

    /// The file of that path.
    pub(crate) fn find(&self, path: &Path) -> Option<Bytes> {
        self.files.get(path).cloned()
    }

    /// True if it has the file of that path.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Keeps a file, if it is not larger than everything.
    pub(crate) fn insert(&mut self, path: PathBuf, bytes: Bytes) {
        self.remove(&path);
        if bytes.len() > self.capacity {
            return;
        }
        while self.held + bytes.len() > self.capacity {
            let Some(oldest) = self.order.pop_front() else { break };
            self.forget(&oldest);
        }
        self.held += bytes.len();
        self.order.push_back(path.clone());
        self.files.insert(path, bytes);
    }

    /// All files.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, &Bytes)> {
        self.files.iter().map(|(path, bytes)| (path.as_path(), bytes))
    }

    /// Forgets a file; false if there is none.
    pub(crate) fn remove(&mut self, path: &Path) -> bool {
        let is_there = self.files.contains_key(path);
        if is_there {
            self.order.retain(|other| other != path);
            self.forget(path);
        }
        is_there
    }

    fn forget(&mut self, path: &Path) {
        if let Some(bytes) = self.files.remove(path) {
            self.held -= bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_the_sum_is_right() {
        let mut memory = MemoryStore::new(300);
        let third = Bytes::from(vec![0; 100]);
        for name in ["a", "b", "c", "a", "d"] {
            memory.insert(PathBuf::from(name), third.clone());
        }
        let is_there = |name: &str| memory.find(Path::new(name)).is_some();
        assert!(!is_there("b") && is_there("c") && is_there("a") && is_there("d"));
        assert_eq!(memory.held, third.len() * 3);
        assert_eq!(memory.order.len(), 3);
        for name in ["a", "b", "c", "d"] {
            memory.remove(Path::new(name));
        }
        assert_eq!(memory.held, 0);
    }
}
