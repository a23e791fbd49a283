//! The runtime adapters keep the contract.

use std::sync::Arc;

use maestro_core::runtime::Runtime;
use maestro_core::testing::runtime::check;

#[cfg(feature = "tokio")]
mod tokio_adapter {
    use maestro_core::ErrorKind;
    use maestro_core::runtime::RuntimeExt as _;
    use maestro_core::runtime::tokio::TokioRuntime;
    use tokio::runtime::Builder;

    use super::*;

    fn conforms(mut builder: Builder) {
        let executor = builder.enable_all().build().expect("an executor");
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(executor.handle().clone()));
        check(&runtime, true, |case| executor.block_on(case));
    }

    #[test]
    fn conforms_on_many_threads() {
        conforms(Builder::new_multi_thread());
    }

    #[test]
    fn conforms_on_one_worker() {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1);
        conforms(builder);
    }

    #[test]
    fn conforms_on_the_current_thread() {
        conforms(Builder::new_current_thread());
    }

    #[test]
    fn finds_the_runtime_around_it() {
        let error = TokioRuntime::try_current().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains("TokioRuntime::new"), "{error}");
        assert!(TokioRuntime::current().is_none());

        let executor = Builder::new_current_thread().enable_time().build().unwrap();
        executor.block_on(async {
            let runtime = TokioRuntime::try_current().unwrap();
            let never = std::future::pending::<()>();
            let short = std::time::Duration::from_millis(1);
            assert!(runtime.timeout(short, never).await.is_none());
        });
    }

    #[test]
    fn work_for_a_runtime_that_is_gone_is_dropped() {
        let executor = Builder::new_current_thread().enable_time().build().unwrap();
        let runtime = TokioRuntime::new(executor.handle().clone());
        drop(executor);
        let held = Arc::new(());
        let moved = Arc::clone(&held);
        runtime.spawn("late", Box::pin(async move { drop(moved) }));
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

#[cfg(feature = "smol")]
#[test]
fn smol_conforms() {
    let runtime: Arc<dyn Runtime> = Arc::new(maestro_core::runtime::smol::SmolRuntime::new());
    check(&runtime, true, smol::block_on);
}

#[test]
fn manual_conforms_under_many_seeds() {
    use maestro_core::runtime::manual::ManualRuntime;

    for seed in 0..200 {
        let manual = ManualRuntime::new(seed);
        let runtime: Arc<dyn Runtime> = Arc::new(manual.clone());
        check(&runtime, false, |case| manual.block_on(case));
        assert_eq!(manual.panicked().len(), 3, "seed {seed}: the panics on purpose");
    }
}
