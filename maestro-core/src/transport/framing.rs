//! Bytes to lines, without I/O: what every transport that carries bytes cuts its output with.

use std::mem;

use crate::transport::{Frame, Garbled, GarbledReason};

/// Cuts a stream of bytes into [`Frame::Line`] and [`Frame::Garbled`].
///
/// # Contract
/// - The frames depend on the bytes alone, not on the pieces in which they arrive.
/// - A line ends with `\n` or `\r\n`; empty lines are left out.
/// - Every other byte is in a frame, or counted by one: the rest of a line that is too long is
///   skipped without keeping it.
/// - The last line without a line break is [`GarbledReason::Cut`], also when its text looks whole:
///   whether it is can be judged only by who knows the language. [`GarbledReason::TooLong`] comes
///   before `Cut`, and `Cut` before [`GarbledReason::NotUtf8`].
/// - Between lines no more than [`KEEP_BYTES`](Self::KEEP_BYTES) stay allocated.
///
/// # Examples
///
/// ```
/// use maestro_core::transport::Frame;
/// use maestro_core::transport::framing::Framer;
///
/// let mut framer = Framer::new(1024);
/// let mut frames = Vec::new();
/// framer.push(b"{\"a\":", &mut frames);
/// assert!(frames.is_empty());
/// framer.push(b"1}\r\n\n", &mut frames);
/// assert_eq!(frames, [Frame::Line("{\"a\":1}".to_owned())]);
/// assert_eq!(framer.finish(), None);
/// ```
#[derive(Debug)]
pub struct Framer {
    /// The beginning of the line that has not ended yet: all of it, or the head if it is too long.
    line: Vec<u8>,
    /// How many bytes that line has had so far, kept or not.
    length: u64,
    /// The last of them.
    last: u8,
    max: usize,
}

impl Framer {
    /// How much memory stays allocated between lines: 4 KiB.
    pub const KEEP_BYTES: usize = 4 * 1024;

    /// A framer whose lines have at most `max_line_bytes` without their line break.
    pub fn new(max_line_bytes: usize) -> Self {
        Self { line: Vec::new(), length: 0, last: 0, max: max_line_bytes }
    }

    /// Takes a piece of output and appends the frames that it completes.
    pub fn push(&mut self, mut bytes: &[u8], frames: &mut Vec<Frame>) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.length == 0 && line.len() <= self.max {
                frames.extend(whole_line(line.strip_suffix(b"\r").unwrap_or(line)));
                continue;
            }
            self.extend(line);
            frames.extend(self.end_line());
        }
        self.extend(bytes);
    }

    /// Takes the end of the output: what is left is a line that was cut off.
    pub fn finish(&mut self) -> Option<Frame> {
        let length = mem::take(&mut self.length);
        let line = mem::take(&mut self.line);
        if length == 0 {
            return None;
        }
        let reason =
            if length > self.max as u64 { GarbledReason::TooLong } else { GarbledReason::Cut };
        Some(garbled(reason, line, length))
    }

    fn extend(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else {
            return;
        };
        self.last = *last;
        self.length += bytes.len() as u64;
        // One more than the limit may still turn out to be the first half of a `\r\n`.
        let fits = self.max as u64 + u64::from(self.last == b'\r');
        if self.length <= fits {
            self.line.extend_from_slice(bytes);
            return;
        }
        let room = Garbled::HEAD_BYTES.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..room.min(bytes.len())]);
        if self.line.len() > Garbled::HEAD_BYTES {
            self.line.truncate(Garbled::HEAD_BYTES);
            self.line.shrink_to_fit();
        }
    }

    fn end_line(&mut self) -> Option<Frame> {
        let mut length = mem::take(&mut self.length);
        let mut line = mem::take(&mut self.line);
        if length > 0 && self.last == b'\r' {
            length -= 1;
            // Of a line that is too long the `\r` may lie beyond the head.
            line.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        if length > self.max as u64 {
            return Some(garbled(GarbledReason::TooLong, line, length));
        }
        if line.is_empty() {
            self.line = line;
            return None;
        }
        if line.capacity() > Self::KEEP_BYTES {
            // The buffer leaves with the line: large lines are rare, and copying them is not free.
            line.shrink_to_fit();
            return Some(match String::from_utf8(line) {
                Ok(text) => Frame::Line(text),
                Err(error) => garbled(GarbledReason::NotUtf8, error.into_bytes(), length),
            });
        }
        let frame = whole_line(&line);
        line.clear();
        self.line = line;
        frame
    }
}

/// A line that is not too long, without its line break.
fn whole_line(line: &[u8]) -> Option<Frame> {
    match std::str::from_utf8(line) {
        Ok("") => None,
        Ok(text) => Some(Frame::Line(text.to_owned())),
        Err(_) => Some(garbled(GarbledReason::NotUtf8, line.to_vec(), line.len() as u64)),
    }
}

fn garbled(reason: GarbledReason, mut bytes: Vec<u8>, length: u64) -> Frame {
    if reason == GarbledReason::TooLong {
        bytes.truncate(Garbled::HEAD_BYTES);
        bytes.truncate(whole_characters(&bytes));
    }
    Frame::Garbled(Garbled {
        reason,
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes: length,
    })
}

/// How many bytes there are without a character at the end of which the rest has not come.
pub(super) fn whole_characters(bytes: &[u8]) -> usize {
    // A character has at most four bytes, so only the last three can begin an unfinished one.
    let tail = bytes.len().saturating_sub(3);
    for start in (tail..bytes.len()).rev() {
        if bytes[start] & 0b1100_0000 != 0b1000_0000 {
            let unfinished = matches!(
                std::str::from_utf8(&bytes[start..]),
                Err(error) if error.error_len().is_none()
            );
            return if unfinished { start } else { bytes.len() };
        }
    }
    bytes.len()
}
