//! Bytes to lines, without I/O.

use crate::transport::{Frame, Garbled, GarbledReason};

/// Cuts a byte stream into frames.
///
/// A line that is too long is not buffered: its head is kept, the rest is counted and skipped.
#[derive(Debug)]
pub(super) struct Framer {
    line: Vec<u8>,
    /// How many bytes the line has had so far, kept or not.
    length: u64,
    max: usize,
}

impl Framer {
    /// How large a buffer stays allocated between lines.
    const KEEP_CAPACITY: usize = 1024 * 1024;

    pub(super) fn new(max: usize) -> Self {
        Self {
            line: Vec::new(),
            length: 0,
            max,
        }
    }

    /// Takes a piece of output; complete lines go to `out`.
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Frame>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.extend(&bytes[..end]);
            out.extend(self.take(None));
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes);
    }

    /// Takes the end of the output. What is left is a line that was cut off.
    pub(super) fn finish(&mut self) -> Option<Frame> {
        self.take(Some(GarbledReason::Cut))
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if self.length <= self.max as u64 {
            self.line.extend_from_slice(bytes);
        } else {
            let room = Garbled::HEAD_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&bytes[..room.min(bytes.len())]);
            self.line.truncate(Garbled::HEAD_BYTES);
        }
    }

    fn take(&mut self, cut: Option<GarbledReason>) -> Option<Frame> {
        let length = std::mem::take(&mut self.length);
        let mut line = std::mem::take(&mut self.line);
        let too_long = length > self.max as u64;
        if cut.is_none() && !too_long && line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.is_empty() && !too_long {
            self.line = line;
            return None;
        }
        let reason = if too_long {
            Some(GarbledReason::TooLong)
        } else {
            cut
        };
        let garbled = |reason, bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            Some(Frame::Garbled(Garbled {
                reason,
                text,
                bytes: length,
            }))
        };
        if let Some(reason) = reason {
            return garbled(reason, &line);
        }
        match std::str::from_utf8(&line) {
            Ok(text) => {
                let frame = Frame::Line(text.to_owned());
                if line.capacity() <= Self::KEEP_CAPACITY {
                    line.clear();
                    self.line = line;
                }
                Some(frame)
            }
            Err(_) => garbled(GarbledReason::NotUtf8, &line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(max: usize, pieces: &[&[u8]]) -> Vec<Frame> {
        let mut framer = Framer::new(max);
        let mut out = Vec::new();
        for piece in pieces {
            framer.push(piece, &mut out);
        }
        out.extend(framer.finish());
        out
    }

    fn garbled(reason: GarbledReason, text: &str, bytes: u64) -> Frame {
        Frame::Garbled(Garbled {
            reason,
            text: text.to_owned(),
            bytes,
        })
    }

    #[test]
    fn lines_end_at_line_breaks_and_empty_ones_are_left_out() {
        let expected = [Frame::Line("a".to_owned()), Frame::Line("b c".to_owned())];
        assert_eq!(frames(9, &[b"a\r\n\n", b"b ", b"c\n\r\n"]), expected);
    }

    #[test]
    fn what_is_no_whole_valid_line_survives_as_garbled() {
        assert_eq!(
            frames(9, &[b"\xff\n", b"{\"a\":"]),
            [
                garbled(GarbledReason::NotUtf8, "\u{fffd}", 1),
                garbled(GarbledReason::Cut, "{\"a\":", 5)
            ]
        );
    }

    #[test]
    fn a_line_as_long_as_the_cap_passes_and_a_longer_one_keeps_its_head() {
        let long = "x".repeat(Garbled::HEAD_BYTES + 7);
        let head = "x".repeat(Garbled::HEAD_BYTES);
        let line = format!("1234\n{long}\nnext\n");
        let expected = [
            Frame::Line("1234".to_owned()),
            garbled(GarbledReason::TooLong, &head, long.len() as u64),
            Frame::Line("next".to_owned()),
        ];
        assert_eq!(frames(4, &[line.as_bytes()]), expected);
    }

    #[test]
    fn how_the_bytes_arrive_makes_no_difference() {
        let seed = std::process::id().into();
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..200 {
            let bytes: Vec<u8> = (0..random.usize(0..300))
                .map(|_| random.choice(*b"ab\r\n\xc3\xa9\xff").unwrap_or(b'a'))
                .collect();
            let whole = frames(40, &[&bytes]);
            let mut rest = &bytes[..];
            let mut pieces = Vec::new();
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at(random.usize(1..=rest.len()));
                pieces.push(piece);
                rest = tail;
            }
            assert_eq!(frames(40, &pieces), whole, "seed {seed}, bytes {bytes:?}");
        }
    }
}
