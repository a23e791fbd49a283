//! Every storage backend keeps every promise of the storage port.

mod threads;

use maestro_core::storage::memory::Memory;
#[cfg(feature = "sqlite")]
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage_conformance;
use maestro_core::testing::adversarial::Adversarial;
use maestro_core::testing::loopback::JsonLoopback;
use maestro_core::testing::patient::Patient;
use maestro_core::testing::storage::{Bench, Fresh, check};
use threads::Threads;

const SEED: u64 = 7;

fn memory() -> Bench {
    Bench::new(Threads::new(SEED), || async { Fresh::new(Memory::new()) })
}

#[cfg(feature = "sqlite")]
fn sqlite() -> Bench {
    Bench::new(Threads::new(SEED), || async {
        let directory = tempfile::tempdir().expect("the machine has room for a directory");
        Fresh::guarded(Sqlite::at(directory.path().join("maestro.db")), directory)
    })
}

/// What a client that repeats commits sees of an adversary.
fn beneath_an_adversary(seed: u64) -> Bench {
    memory().wrapped(move |inner| Adversarial { inner, seed }).wrapped(Patient).losing_hints()
}

storage_conformance! { in_memory => memory() }
#[cfg(feature = "sqlite")]
storage_conformance! { in_sqlite => sqlite() }
storage_conformance! { through_json => memory().wrapped(JsonLoopback) }
storage_conformance! { adversarial => beneath_an_adversary(SEED) }

/// More adversaries than one, since each plays other tricks.
#[test]
fn adversaries_of_many_seeds() {
    for seed in 0..20 {
        let report = futures::executor::block_on(check(&beneath_an_adversary(seed)));
        assert!(report.passed(), "seed {seed}:\n{report}");
        assert!(report.skipped.iter().all(|name| name.starts_with("hints_")), "{report}");
    }
}

/// A table that lets everything pass proves nothing: a store that lies is found out.
#[test]
fn an_impatient_client_of_an_adversary_is_found_out() {
    let bench = memory().wrapped(|inner| Adversarial { inner, seed: SEED }).losing_hints();
    let report = futures::executor::block_on(check(&bench));
    assert!(!report.passed(), "{report}");
}
