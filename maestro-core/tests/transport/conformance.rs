//! Every transport keeps the contract, on every runtime.

use std::sync::Arc;

use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::testing::transport::{ChannelFixture, check};

#[test]
fn channels_conform_on_the_virtual_clock() {
    for seed in 0..4 {
        let runtime = ManualRuntime::new(seed);
        check(
            || Arc::new(ChannelFixture::new(Arc::new(runtime.clone()))),
            |case| runtime.block_on(case),
        );
    }
}

#[cfg(feature = "tokio")]
#[test]
fn channels_conform_on_tokio() {
    use maestro_core::runtime::tokio::TokioRuntime;

    let executor = tokio::runtime::Runtime::new().expect("an executor");
    let runtime = TokioRuntime::new(executor.handle().clone());
    check(
        || Arc::new(ChannelFixture::new(Arc::new(runtime.clone()))),
        |case| executor.block_on(case),
    );
}

#[cfg(all(target_os = "linux", feature = "process"))]
mod processes {
    use maestro_core::runtime::Runtime;
    use maestro_core::testing::transport::{Fixture, ProcessFixture};
    use maestro_core::transport::process::ProcessConfig;

    use super::*;

    fn fixture(runtime: Arc<dyn Runtime>) -> Arc<dyn Fixture> {
        let fixture = ProcessFixture::new(runtime, ProcessConfig::default());
        Arc::new(fixture.expect("`/proc` can be read"))
    }

    #[test]
    fn conform_on_the_virtual_clock() {
        let runtime = ManualRuntime::new(7);
        check(|| fixture(Arc::new(runtime.clone())), |case| runtime.block_on(case));
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn conform_on_tokio() {
        use maestro_core::runtime::tokio::TokioRuntime;

        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("an executor");
        let runtime = TokioRuntime::new(executor.handle().clone());
        check(|| fixture(Arc::new(runtime.clone())), |case| executor.block_on(case));
    }

    #[cfg(feature = "smol")]
    #[test]
    fn conform_on_smol() {
        use maestro_core::runtime::smol::SmolRuntime;

        check(|| fixture(Arc::new(SmolRuntime::new())), smol::block_on);
    }
}
