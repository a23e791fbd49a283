//! The frames of one program that nobody has read yet, in bounded memory.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::runtime::Bell;
use crate::transport::framing::{Framer, whole_characters};
use crate::transport::{ExitStatus, Frame};

/// How much unread output is kept before reading pauses: 4 MiB. A longer line still passes, since
/// reading pauses after a line and never within one.
pub(super) const MAX_UNREAD_BYTES: usize = 4 * 1024 * 1024;

/// The size of a piece of standard error: 8 KiB.
const STDERR_PIECE: usize = 8 * 1024;

/// What a frame costs besides its text, so that many short lines are bounded too.
const FRAME_COST: usize = 64;

/// Takes bytes at one end and gives frames at the other.
pub(super) struct Frames {
    state: Mutex<State>,
    readable: Bell,
    writable: Bell,
}

struct State {
    framer: Framer,
    /// Frames of the standard output, with the number of their arrival.
    output: VecDeque<(u64, Frame)>,
    output_bytes: usize,
    errors: Errors,
    arrivals: u64,
    exited: Option<ExitStatus>,
    ended: bool,
    abandoned: bool,
}

/// Standard error that was not read yet.
#[derive(Default)]
struct Errors {
    pieces: VecDeque<(u64, String)>,
    bytes: usize,
    dropped: u64,
    /// A character of which the rest has not come.
    partial: Vec<u8>,
}

impl Frames {
    pub(super) fn new(max_line_bytes: usize) -> Self {
        Self {
            state: Mutex::new(State {
                framer: Framer::new(max_line_bytes),
                output: VecDeque::new(),
                output_bytes: 0,
                errors: Errors::default(),
                arrivals: 0,
                exited: None,
                ended: false,
                abandoned: false,
            }),
            readable: Bell::default(),
            writable: Bell::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock with the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether more output may be put in now.
    pub(super) fn has_room(&self) -> bool {
        let state = self.lock();
        state.output_bytes < MAX_UNREAD_BYTES || state.abandoned
    }

    /// Waits until more output may be put in.
    pub(super) async fn room(&self) {
        while !self.has_room() {
            self.writable.rung().await;
        }
        // Others may wait for the same.
        self.writable.ring();
    }

    /// Takes a piece of standard output.
    pub(super) fn put_output(&self, bytes: &[u8]) {
        let mut frames = Vec::new();
        let mut state = self.lock();
        if state.abandoned {
            return;
        }
        state.framer.push(bytes, &mut frames);
        state.extend(frames);
        drop(state);
        self.readable.ring();
    }

    /// Takes a piece of standard error. There is always room: older pieces make it.
    pub(super) fn put_errors(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.abandoned {
            return;
        }
        let arrival = state.arrivals;
        state.arrivals += 1;
        state.errors.push(arrival, bytes);
        drop(state);
        self.readable.ring();
    }

    /// Says how the program ended. What was put in before is read before it; only the first call
    /// counts.
    pub(super) fn finish(&self, status: ExitStatus) {
        let mut state = self.lock();
        if state.exited.is_none() && !state.ended {
            let last = state.framer.finish();
            state.extend(last);
            let arrival = state.arrivals;
            state.errors.finish(arrival);
            state.exited = Some(status);
        }
        drop(state);
        self.readable.ring();
    }

    /// The oldest piece of standard error that was not read yet.
    #[cfg(feature = "process")]
    pub(super) fn peek_errors(&self) -> Option<String> {
        let state = self.lock();
        state.errors.pieces.front().map(|(_, piece)| piece.clone())
    }

    /// Nobody will read: drops what there is, and everything that comes.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        state.output = VecDeque::new();
        state.errors = Errors::default();
        drop(state);
        self.writable.ring();
    }

    /// The next frame, if it is there.
    pub(super) fn ready(&self) -> Option<Frame> {
        let mut state = self.lock();
        let was_full = state.output_bytes >= MAX_UNREAD_BYTES;
        let frame = state.take()?;
        let has_room = was_full && state.output_bytes < MAX_UNREAD_BYTES;
        drop(state);
        if has_room {
            self.writable.ring();
        }
        Some(frame)
    }

    /// The next frame; none after the exit.
    ///
    /// Dropping the future loses nothing: a frame is taken out in the poll that returns it.
    pub(super) async fn next(&self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.ready() {
                if self.lock().has_more() {
                    // For another reader: this one may have taken the ring that was for both.
                    self.readable.ring();
                }
                return Some(frame);
            }
            if self.lock().ended {
                self.readable.ring();
                return None;
            }
            self.readable.rung().await;
        }
    }
}

impl State {
    fn extend(&mut self, frames: impl IntoIterator<Item = Frame>) {
        for frame in frames {
            self.output_bytes += cost(&frame);
            self.output.push_back((self.arrivals, frame));
            self.arrivals += 1;
        }
    }

    fn has_more(&self) -> bool {
        let empty = self.output.is_empty() && self.errors.pieces.is_empty();
        !empty || self.ended || self.exited.is_some()
    }

    fn take(&mut self) -> Option<Frame> {
        let error = self.errors.pieces.front().map(|(arrival, _)| *arrival);
        let output = self.output.front().map(|(arrival, _)| *arrival);
        let errors_first = match (error, output) {
            (Some(error), Some(output)) => error < output,
            (error, _) => error.is_some(),
        };
        if errors_first {
            return self.errors.take().map(Frame::Stderr);
        }
        if let Some((_, frame)) = self.output.pop_front() {
            self.output_bytes = self.output_bytes.saturating_sub(cost(&frame));
            if self.output.is_empty() {
                // An idle program does not keep the room of its largest burst.
                self.output = VecDeque::new();
            }
            return Some(frame);
        }
        let status = self.exited.take()?;
        self.ended = true;
        Some(Frame::Exited(status))
    }
}

impl Errors {
    fn push(&mut self, arrival: u64, bytes: &[u8]) {
        let mut joined = mem::take(&mut self.partial);
        joined.extend_from_slice(bytes);
        self.partial = joined.split_off(whole_characters(&joined));
        self.add(arrival, &String::from_utf8_lossy(&joined));
    }

    fn finish(&mut self, arrival: u64) {
        let partial = mem::take(&mut self.partial);
        self.add(arrival, &String::from_utf8_lossy(&partial));
    }

    fn add(&mut self, arrival: u64, mut text: &str) {
        while !text.is_empty() {
            // Short writes are joined, so that the number of pieces is bounded too.
            let room = match self.pieces.back() {
                Some((_, last)) => text.floor_char_boundary(STDERR_PIECE - last.len()),
                None => 0,
            };
            let (piece, rest) = if room > 0 {
                text.split_at(room)
            } else {
                self.pieces.push_back((arrival, String::new()));
                text.split_at(text.floor_char_boundary(STDERR_PIECE))
            };
            if let Some((_, last)) = self.pieces.back_mut() {
                last.push_str(piece);
            }
            self.bytes += piece.len();
            text = rest;
        }
        while self.bytes > Frame::MAX_STDERR_BYTES
            && let Some((_, piece)) = self.pieces.pop_front()
        {
            self.bytes -= piece.len();
            self.dropped += piece.len() as u64;
        }
    }

    fn take(&mut self) -> Option<String> {
        if self.dropped > 0 {
            return Some(format!("… {} bytes dropped\n", mem::take(&mut self.dropped)));
        }
        let (_, piece) = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }
}

fn cost(frame: &Frame) -> usize {
    let text = match frame {
        Frame::Line(text) | Frame::Stderr(text) => text.len(),
        Frame::Garbled(garbled) => garbled.text.len(),
        Frame::Exited(_) => 0,
    };
    text + FRAME_COST
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Frames")
            .field("unread", &state.output.len())
            .field("unread_bytes", &state.output_bytes)
            .field("exited", &(state.ended || state.exited.is_some()))
            .finish_non_exhaustive()
    }
}
