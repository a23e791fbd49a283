//! A runtime on plain threads, for tests that only need time to pass.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::future::BoxFuture;
use maestro_core::model::Timestamp;
use maestro_core::runtime::{External, Runtime};

#[derive(Debug)]
pub(crate) struct Threads(std::time::Instant);

#[expect(clippy::disallowed_methods, reason = "this is a runtime")]
impl Threads {
    pub(crate) fn shared() -> Arc<dyn Runtime> {
        Arc::new(Self(std::time::Instant::now()))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is a runtime")]
impl Runtime for Threads {
    fn spawn(&self, _name: &'static str, future: BoxFuture<'static, ()>) {
        std::thread::spawn(|| block_on(future));
    }

    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.spawn(name, future);
    }

    fn spawn_blocking(&self, _name: &'static str, call: Box<dyn FnOnce() + Send>) {
        std::thread::spawn(call);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (sender, receiver) = oneshot::channel::<()>();
        // A limit that is never reached must not keep a thread for minutes.
        if duration > Duration::from_mins(1) {
            return async move {
                let _sender = sender;
                futures::future::pending::<()>().await;
            }
            .boxed();
        }
        std::thread::spawn(move || {
            std::thread::sleep(duration);
            let _ = sender.send(());
        });
        receiver.map(|_| ()).boxed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| fastrand::u8(..));
    }

    fn external(&self) -> External {
        External::none()
    }
}
