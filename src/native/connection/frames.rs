//! What an HTTP/2 client has begun and not completed, from the bytes that it sends: half a frame, or a head without its
//! end (RFC 9113 §4.1, §6.2, §6.10). No input or output; what the frames mean is h2's business.

use super::first::PREFACE;

const HEADER: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows the frames of a connection.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// Bytes of the preface that were seen.
    preface: usize,
    header: [u8; HEADER],
    /// Bytes of the present frame's header that were seen.
    seen: usize,
    /// Bytes of the present frame's payload that are still to come.
    left: u32,
    /// Bytes of the head that has begun.
    head: usize,
}

impl Frames {
    /// Takes the next bytes.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) {
        let preface = bytes.len().min(PREFACE.len() - self.preface);
        self.preface += preface;
        bytes = &bytes[preface..];
        while !bytes.is_empty() {
            let taken = if self.left > 0 { self.payload(bytes) } else { self.frame_header(bytes) };
            bytes = &bytes[taken..];
        }
    }

    /// True between the first and the last byte of the preface, a frame or a head of several frames.
    pub(crate) fn is_within(&self) -> bool {
        self.preface < PREFACE.len() || self.seen > 0 || self.left > 0 || self.head > 0
    }

    /// Bytes of the head that has begun and has not ended, 0 for none.
    pub(crate) fn head_bytes(&self) -> usize {
        self.head
    }

    fn frame_header(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(HEADER - self.seen);
        self.header[self.seen..self.seen + taken].copy_from_slice(&bytes[..taken]);
        self.seen += taken;
        if self.seen == HEADER {
            let [a, b, c, ..] = self.header;
            self.left = u32::from_be_bytes([0, a, b, c]);
            if self.is_head() {
                self.head += HEADER;
            }
            self.end_frame_if_whole();
        }
        taken
    }

    fn payload(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= taken as u32;
        if self.is_head() {
            self.head += taken;
        }
        self.end_frame_if_whole();
        taken
    }

    fn end_frame_if_whole(&mut self) {
        if self.left == 0 {
            self.seen = 0;
            if self.is_head() && self.header[4] & END_HEADERS != 0 {
                self.head = 0;
            }
        }
    }

    fn is_head(&self) -> bool {
        matches!(self.header[3], HEADERS | CONTINUATION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, len: usize) -> Vec<u8> {
        let [.., a, b, c] = (len as u32).to_be_bytes();
        let mut bytes = vec![a, b, c, kind, flags, 0, 0, 0, 1];
        bytes.resize(HEADER + len, 0);
        bytes
    }

    /// The state after each byte.
    fn states(bytes: &[u8]) -> Vec<(bool, usize)> {
        let mut frames = Frames::default();
        let states = bytes
            .iter()
            .map(|byte| {
                frames.take(&[*byte]);
                (frames.is_within(), frames.head_bytes())
            })
            .collect();
        // All at once it is the same.
        let mut whole = Frames::default();
        whole.take(bytes);
        assert_eq!((whole.is_within(), whole.head_bytes()), (frames.is_within(), frames.head_bytes()));
        states
    }

    #[test]
    fn whole_frames_leave_nothing_begun() {
        let settings = [PREFACE.to_vec(), frame(4, 0, 0), frame(4, 0, 18)].concat();
        let states = states(&settings);
        let between: Vec<usize> = (0..states.len()).filter(|at| !states[*at].0).collect();
        assert_eq!(between, [23, 23 + 9, 23 + 9 + 27]);
        assert!(states.iter().all(|state| state.1 == 0));
    }

    #[test]
    fn a_head_is_counted_until_its_last_frame_ends() {
        let parts = [
            PREFACE.to_vec(),
            frame(HEADERS, 0, 100),
            frame(CONTINUATION, 0, 50),
            frame(CONTINUATION, END_HEADERS, 7),
        ];
        let states = states(&parts.concat());
        assert_eq!(states[24 + 108], (true, 109));
        assert_eq!(states[24 + 109 + 58], (true, 168));
        assert_eq!(states[24 + 109 + 59 + 14], (true, 183));
        assert_eq!(states.last(), Some(&(false, 0)));
    }

    #[test]
    fn data_is_no_head() {
        let states = states(&[PREFACE.to_vec(), frame(0, 0, 20)].concat());
        assert!(states[24 + 20].0 && states.iter().all(|state| state.1 == 0));
    }
}
