//! The doorbell: notices that another process has written.
//!
//! It rings when the `-wal` file next to the database changes (Linux), and now and then by itself.
//! The writer then compares `PRAGMA data_version`, which only other connections change. While the
//! writer itself writes, changes are taken together, so that its own commits cost next to nothing. The doorbell opens neither the
//! database nor its `-shm` file: closing such a descriptor would drop SQLite's locks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::queue::Queue;

/// How often it rings by itself where the log is watched.
#[cfg(target_os = "linux")]
const SLOW: Duration = Duration::from_secs(1);

/// How often it rings by itself where the log cannot be watched.
const FAST: Duration = Duration::from_millis(100);

/// Ends the doorbell's thread when it is dropped or told to.
#[derive(Debug)]
pub(super) struct Stop(imp::Stop);

impl Stop {
    pub(super) fn stop(&self) {
        self.0.stop();
    }
}

/// The thread's own half.
#[derive(Debug)]
pub(super) struct Doorbell {
    bell: imp::Bell,
    queue: Arc<Queue>,
}

/// A doorbell for the database at `path`, which must be the real path, and its off switch.
pub(super) fn new(path: PathBuf, queue: Arc<Queue>) -> std::io::Result<(Doorbell, Stop)> {
    let (bell, stop) = imp::new(path)?;
    Ok((Doorbell { bell, queue }, Stop(stop)))
}

impl Doorbell {
    /// Rings until it is stopped.
    pub(super) fn run(mut self) {
        while let Some(ring) = self.bell.wait(&self.queue) {
            self.queue.ring(ring);
        }
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
    use rustix::fs::inotify;

    use super::{FAST, SLOW};
    use crate::storage::sqlite::queue::{Queue, Ring};

    /// After a change the writer is asked again and again, at growing intervals: the log changes
    /// before its commit counts, by the time that the disk takes.
    const FIRST: Duration = Duration::from_millis(1);
    /// The first interval when the change may be our own writer's: another process that writes at the
    /// same time is noticed so much later, or twice as much when our own writer stops, and our own commits
    /// wake nobody up.
    const OURS: Duration = Duration::from_millis(50);

    /// Others write, or take the files away.
    const WATCHED: inotify::WatchFlags = inotify::WatchFlags::MODIFY
        .union(inotify::WatchFlags::DELETE)
        .union(inotify::WatchFlags::MOVED_FROM)
        .union(inotify::WatchFlags::MOVED_TO);

    #[derive(Debug)]
    pub(super) struct Stop(Arc<OwnedFd>);

    impl Stop {
        pub(super) fn stop(&self) {
            // It fails only when the counter is full, and then the thread is told already.
            let _told = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
        }
    }

    impl Drop for Stop {
        fn drop(&mut self) {
            self.stop();
        }
    }

    #[derive(Debug)]
    pub(super) struct Bell {
        /// The database and its log.
        names: [Vec<u8>; 2],
        changes: Option<Changes>,
        stop: Arc<OwnedFd>,
        interval: Duration,
        /// The transactions of our own writer at the last change.
        ours: u64,
    }

    enum Heard {
        Stop,
        Changes,
        Nothing,
    }

    pub(super) fn new(path: PathBuf) -> std::io::Result<(Bell, Stop)> {
        let database = path.file_name().unwrap_or_default().to_owned();
        let mut log = database.clone();
        log.push("-wal");
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        // A user may have only so many watches; the fast poll does without.
        let changes = watch(path).ok();
        let bell = Bell {
            names: [database, log].map(std::ffi::OsString::into_encoded_bytes),
            changes,
            stop: Arc::clone(&stop),
            interval: FIRST,
            ours: 0,
        };
        Ok((bell, Stop(stop)))
    }

    /// The directory, watched for changes.
    #[derive(Debug)]
    struct Changes {
        fd: OwnedFd,
        directory: PathBuf,
        watch: i32,
    }

    fn watch(mut directory: PathBuf) -> rustix::io::Result<Changes> {
        directory.pop();
        let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let watch = inotify::add_watch(&fd, &directory, WATCHED)?;
        Ok(Changes { fd, directory, watch })
    }

    impl Bell {
        /// Waits for a ring; none when stopped.
        pub(super) fn wait(&mut self, queue: &Queue) -> Option<Ring> {
            let slowest = if self.changes.is_some() { SLOW } else { FAST };
            loop {
                match self.poll(self.changes.as_ref(), self.interval) {
                    Heard::Stop => return None,
                    Heard::Nothing => {
                        self.interval = (self.interval * 2).min(slowest);
                        return Some(Ring::Now);
                    }
                    Heard::Changes if self.drain() => {
                        let (first, ring) = if queue.begun() == self.ours {
                            (FIRST, Ring::Now)
                        } else {
                            (OURS, Ring::Soon)
                        };
                        // Changes that follow each other closely ring once, and cost the writer nothing.
                        self.look_away();
                        if matches!(self.poll(None, first), Heard::Stop) {
                            return None;
                        }
                        self.look();
                        self.drain();
                        self.ours = queue.begun();
                        self.interval = first;
                        return Some(ring);
                    }
                    Heard::Changes => {}
                }
            }
        }

        /// While nobody looks, a change costs whoever makes it next to nothing.
        fn look_away(&self) {
            if let Some(changes) = &self.changes {
                // It fails only when it is not watched.
                let _ = inotify::remove_watch(&changes.fd, changes.watch);
            }
        }

        /// Whoever looks again asks the writer, since what was changed meanwhile is not told.
        fn look(&mut self) {
            if let Some(changes) = &mut self.changes {
                let again = inotify::add_watch(&changes.fd, &changes.directory, WATCHED);
                match again {
                    Ok(watch) => changes.watch = watch,
                    // The fast poll does without.
                    Err(_) => self.changes = None,
                }
            }
        }

        fn poll(&self, changes: Option<&Changes>, timeout: Duration) -> Heard {
            let timeout = Timespec {
                tv_sec: timeout.as_secs().try_into().unwrap_or(1),
                tv_nsec: timeout.subsec_nanos().into(),
            };
            let mut fds = vec![PollFd::new(&self.stop, PollFlags::IN)];
            fds.extend(changes.map(|changes| PollFd::new(&changes.fd, PollFlags::IN)));
            match poll(&mut fds, Some(&timeout)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => Heard::Nothing,
                Ok(_) if fds[0].revents().is_empty() => Heard::Changes,
                Ok(_) => Heard::Stop,
                Err(error) => {
                    tracing::warn!(%error, "changes by other processes are not noticed any more");
                    Heard::Stop
                }
            }
        }

        /// Reads what has changed; whether the database or its log was among it.
        fn drain(&self) -> bool {
            let Some(changes) = &self.changes else {
                return false;
            };
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = inotify::Reader::new(&changes.fd, &mut buffer);
            let mut rung = false;
            while let Ok(event) = reader.next() {
                rung |= event.events().contains(inotify::ReadFlags::QUEUE_OVERFLOW)
                    || event.file_name().is_some_and(|name| {
                        self.names.iter().any(|known| name.to_bytes() == known)
                    });
            }
            rung
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::path::PathBuf;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

    use super::FAST;
    use crate::storage::sqlite::queue::{Queue, Ring};

    #[derive(Debug)]
    pub(super) struct Stop(SyncSender<()>);

    impl Stop {
        pub(super) fn stop(&self) {
            // It fails only when the thread was told already.
            drop(self.0.try_send(()));
        }
    }

    #[derive(Debug)]
    pub(super) struct Bell(Receiver<()>);

    pub(super) fn new(_path: PathBuf) -> std::io::Result<(Bell, Stop)> {
        let (sender, receiver) = sync_channel(1);
        Ok((Bell(receiver), Stop(sender)))
    }

    impl Bell {
        /// Waits for a ring; none when stopped.
        pub(super) fn wait(&mut self, _queue: &Queue) -> Option<Ring> {
            let ended = self.0.recv_timeout(FAST) != Err(RecvTimeoutError::Timeout);
            (!ended).then_some(Ring::Now)
        }
    }
}
