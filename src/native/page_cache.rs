//! Files that are in the kernel's memory, read and sent without waiting for a disk, and so without leaving the
//! reactor. Linux can say whether they are; elsewhere none ever is, and a thread that may wait reads them.

pub(crate) use imp::{holds, is_near, let_go, read, send, send_head};

#[cfg(target_os = "linux")]
mod imp {
    use std::{
        fs::File,
        io::{self, IoSliceMut},
        os::unix::fs::FileExt,
        path::Path,
    };

    use rustix::{
        fs::{sendfile, statfs},
        io::{Errno, ReadWriteFlags, preadv2},
        net::SendFlags,
    };
    use tokio::net::TcpStream;

    /// Bytes that are copied at a time where they can't be sent from file to socket.
    const COPIED: usize = 64 << 10;

    /// File systems that may ask a network, or another program, about a file that was there a moment ago, by the
    /// numbers of the kernel's `linux/magic.h`: NFS, SMB (three), FUSE, 9P, Ceph, AFS; and Lustre.
    const FAR: [u32; 9] = [
        0x6969,
        0x517B,
        0xFF53_4D42,
        0xFE53_4D42,
        0x6573_5546,
        0x0102_1997,
        0x00C3_6400,
        0x5346_414F,
        0x0BD0_0BD0,
    ];

    /// True if a place, or the last folder on the way to it that is there, lies on this machine.
    pub(crate) fn is_near(place: &Path) -> bool {
        let found = place.ancestors().find_map(|folder| statfs(folder).ok());
        // The type's width is not the same everywhere, its numbers have 32 bits.
        found.is_some_and(|system| !FAR.contains(&(system.f_type as u32)))
    }

    /// Reads what is in memory of a file from an offset on.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is, or when this file can't tell.
    pub(crate) fn read(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match preadv2(file, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT) {
            Ok(len) => Ok(len),
            Err(Errno::IO) => Err(Errno::IO.into()),
            Err(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// True if a part of a file seems to be in memory: its first and its last byte are. What is missing between them
    /// costs a wait for the disk, and nothing else.
    pub(crate) fn holds(file: &File, offset: u64, len: usize) -> bool {
        let has = |offset| matches!(read(file, offset, &mut [0]), Ok(1));
        len > 0 && has(offset + len as u64 - 1) && has(offset)
    }

    /// Says that a file isn't needed in memory: it was read only to look at it.
    pub(crate) fn let_go(file: &File) {
        // It is advice; where it isn't taken, other files make way sooner.
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    }

    /// Sends a part of a file, or its beginning, without a copy; gives how much went out, 0 at the file's end.
    ///
    /// # Errors
    /// `WouldBlock` when the socket takes no more now.
    pub(crate) fn send(socket: &TcpStream, file: &File, offset: u64, len: usize) -> io::Result<usize> {
        let mut at = offset;
        loop {
            match sendfile(socket, file, Some(&mut at), len) {
                Ok(sent) => return Ok(sent),
                Err(Errno::INTR) => {}
                // Not every file system can, nor may every container.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                    let mut piece = vec![0; len.min(COPIED)];
                    let read = file.read_at(&mut piece, offset)?;
                    return Ok(rustix::net::send(socket, &piece[..read], SendFlags::NOSIGNAL)?);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends bytes that others follow at once, so that they may share a packet.
    ///
    /// # Errors
    /// `WouldBlock` when the socket takes no more now.
    pub(crate) fn send_head(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(socket, bytes, SendFlags::MORE | SendFlags::NOSIGNAL)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::{fs::File, io, path::Path};

    use tokio::net::TcpStream;

    pub(crate) fn is_near(_: &Path) -> bool {
        false
    }

    pub(crate) fn read(_: &File, _: u64, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    pub(crate) fn holds(_: &File, _: u64, _: usize) -> bool {
        false
    }

    pub(crate) fn let_go(_: &File) {}

    pub(crate) fn send(_: &TcpStream, _: &File, _: u64, _: usize) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn send_head(_: &TcpStream, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_not_there_yet_is_as_near_as_what_it_will_lie_in() {
        assert!(is_near(Path::new("/proc/self")) && is_near(Path::new("/proc/no/such/folder")));
        assert!(!is_near(Path::new("")));
    }
}
