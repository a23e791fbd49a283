//! The outputs of a program, read in bursts while it streams.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::time::Duration;

use futures::future::select;
use rustix::io::{Errno, ioctl_fionbio};
use tokio::net::unix::pipe::Receiver;

use super::io_thread::{since_start, sleep_until};
use crate::runtime::Bell;

/// How much output is read at once: what a pipe holds.
const READ_BYTES: usize = 64 * 1024;
/// How long small pieces of output are left in the pipe while more come: 50 ms. A text that grows
/// twenty times a second is read as it comes.
const TICK: Duration = Duration::from_millis(50);
/// From this many bytes on a piece is not small, and the next one is read at once.
const MUCH: usize = 4 * 1024;
/// A program that wrote this much within a [`TICK`] is in a hurry: left alone it would fill the pipe, and
/// wait. Nothing that a model writes comes near it.
const HURRY: usize = 32 * 1024;

thread_local! {
    /// What every pipe of the I/O thread is read into: a read is over before the next one begins,
    /// so an idle program holds no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// The reading end of an output.
///
/// An agent that streams writes a line for each word, and waking up for each costs more than all that
/// is done with it. So the first piece after a silence is read at once, and while pieces keep coming
/// and are small, the pipe is read once in a [`TICK`]: the same ticks for all programs, so that one
/// wake-up serves them all. The pipe holds what comes meanwhile; what fills it is not small.
#[derive(Debug)]
pub(super) struct Outlet {
    end: Option<End>,
    lately: Lately,
}

/// How much came in this tick and in the one before.
#[derive(Debug, Default)]
struct Lately {
    tick: u128,
    bytes: usize,
    before: usize,
}

impl Lately {
    fn add(&mut self, now: Duration, bytes: usize) {
        let tick = now.as_nanos() / TICK.as_nanos();
        if tick != self.tick {
            self.before = if tick == self.tick + 1 { self.bytes } else { 0 };
            (self.tick, self.bytes) = (tick, 0);
        }
        self.bytes += bytes;
    }

    fn is_hurried(&self) -> bool {
        self.bytes.max(self.before) >= HURRY
    }
}

/// Watched only while it is waited for: otherwise each line would wake the thread up also where it is
/// left in the pipe on purpose.
#[derive(Debug)]
enum End {
    Left(OwnedFd),
    Watched(Receiver),
}

impl Outlet {
    pub(super) fn new(fd: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&fd, true)?;
        Ok(Self { end: Some(End::Left(fd)), lately: Lately::default() })
    }

    /// Waits for output and hands it on. Gives how many bytes it was; none at the end, and after an
    /// error.
    ///
    /// Dropping the future loses nothing: bytes are taken only in the poll in which it ends.
    pub(super) async fn read(&mut self, mut put: impl FnMut(&[u8])) -> io::Result<usize> {
        loop {
            self.end = match self.end.take() {
                None => return Ok(0),
                Some(End::Left(fd)) => match read(&fd, &mut put) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        Some(End::Watched(Receiver::from_owned_fd(fd)?))
                    }
                    read => {
                        self.end = Some(End::Left(fd));
                        return read;
                    }
                },
                watched => watched,
            };
            if let Some(End::Watched(receiver)) = &self.end {
                receiver.readable().await?;
            }
            self.end = match self.end.take() {
                Some(End::Watched(receiver)) => Some(End::Left(receiver.into_nonblocking_fd()?)),
                left => left,
            };
        }
    }

    /// Waits until the next piece is to be read, after one of `bytes` bytes. Not when the program was
    /// `told` something: it may answer, and its answer is waited for.
    pub(super) async fn pause(&mut self, bytes: usize, told: &Bell) {
        let now = since_start();
        self.lately.add(now, bytes);
        if bytes < MUCH && !self.lately.is_hurried() {
            select(pin!(sleep_until(next_tick(now))), pin!(told.rung())).await;
        }
    }
}

fn read(fd: &OwnedFd, put: &mut impl FnMut(&[u8])) -> io::Result<usize> {
    SCRATCH.with_borrow_mut(|scratch| {
        loop {
            match rustix::io::read(fd, &mut *scratch) {
                Ok(bytes) => {
                    put(&scratch[..bytes]);
                    return Ok(bytes);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    })
}

fn next_tick(now: Duration) -> Duration {
    let ticks = now.as_nanos() / TICK.as_nanos();
    TICK * (u32::try_from(ticks).unwrap_or(u32::MAX - 1) + 1)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn small_pieces_wait_for_the_tick_unless_the_program_was_told_something() {
        let (end, _other) = rustix::pipe::pipe().expect("a pipe");
        let mut outlet = Outlet::new(end).expect("it can be read");
        let told = Bell::default();
        assert_eq!(outlet.pause(1, &told).now_or_never(), None);
        assert_eq!(outlet.pause(MUCH, &told).now_or_never(), Some(()));
        told.ring();
        assert_eq!(outlet.pause(1, &told).now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn it_is_watched_only_while_it_is_waited_for() {
        let (end, other) = rustix::pipe::pipe().expect("a pipe");
        let mut outlet = Outlet::new(end).expect("it can be read");
        let mut read = Vec::new();
        let early = outlet.read(|bytes| read.extend_from_slice(bytes)).now_or_never();
        assert!(early.is_none() && matches!(outlet.end, Some(End::Watched(_))));
        rustix::io::write(&other, b"ab").expect("it takes two bytes");
        let bytes = outlet.read(|bytes| read.extend_from_slice(bytes)).await;
        assert!(matches!(bytes, Ok(2)) && matches!(outlet.end, Some(End::Left(_))));
        drop(other);
        assert!(matches!(outlet.read(|_| {}).await, Ok(0)));
        assert_eq!(read, b"ab");
    }

    #[test]
    fn a_program_in_a_hurry_is_not_left_alone() {
        let mut lately = Lately::default();
        lately.add(TICK, HURRY - 1);
        assert!(!lately.is_hurried());
        lately.add(TICK, 1);
        assert!(lately.is_hurried(), "it wrote much in this tick");
        lately.add(2 * TICK, 1);
        assert!(lately.is_hurried(), "it did in the one before");
        lately.add(3 * TICK, 1);
        assert!(!lately.is_hurried(), "it did long ago");
        lately.add(4 * TICK, HURRY);
        lately.add(6 * TICK, 1);
        assert!(!lately.is_hurried(), "a whole tick was silent");
    }

    #[test]
    fn ticks_are_the_same_for_all() {
        let ms = Duration::from_millis;
        for (now, next) in [(0, 50), (1, 50), (49, 50), (50, 100), (5_000_000, 5_000_050)] {
            assert_eq!(next_tick(ms(now)), ms(next), "{now}");
        }
    }
}
