//! Writers that are killed at any moment lose nothing that was acknowledged.

use std::collections::HashMap;

use maestro_core::model::Position;

use crate::child::{Writer, commit, open, read};

const ROUNDS: u64 = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_commits_survive_kills() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("maestro.db");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        // Two at once, so that one is killed while the other waits for its lock or reads its log.
        let mut writers =
            [0, 1].map(|index| Writer::start(&path, &format!("r{round}-{index}"), 8, u32::MAX));
        for writer in &mut writers {
            // In the first rounds also while it opens and migrates.
            for _ in 0..dice.usize(..40) {
                let said = writer.next().expect("it writes until it is killed");
                acknowledged.push((writer.name.clone(), said));
            }
            writer.kill();
        }
        for writer in &mut writers {
            while let Some(said) = writer.next() {
                acknowledged.push((writer.name.clone(), said));
            }
            assert!(!writer.succeeded());
        }
    }
    let check = rusqlite::Connection::open(&path).unwrap();
    let integrity: String =
        check.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok", "seed {seed}");
    drop(check);

    let store = open(&path).await;
    let mut after = Position::Beginning;
    let mut seqs: HashMap<String, u64> = HashMap::new();
    let mut found: HashMap<String, Vec<(String, u64)>> = HashMap::new();
    for event in read(&*store, &mut after).await {
        let last = seqs.entry(event.stream.name.clone()).or_default();
        assert_eq!(event.seq, *last + 1, "seed {seed}: a gap in {}", event.stream);
        *last = event.seq;
        let id: String = event.event.data.decode().unwrap();
        found.entry(id).or_default().push((event.stream.name, event.seq));
    }
    // Each commit is there whole: both of its events, or none.
    assert!(found.values().all(|events| events.len() == 2), "seed {seed}");
    println!("{} acknowledged, {} found", acknowledged.len(), found.len());
    for (name, (id, receipt)) in acknowledged {
        let events = found.get(&id.to_string());
        let events = events.unwrap_or_else(|| panic!("seed {seed}: {id} is lost"));
        assert_eq!(events[0].1, receipt.first_seqs[0], "seed {seed}");
        assert_eq!(events[1].1, receipt.first_seqs[1], "seed {seed}");
        // Asking again gives the first receipt and changes nothing.
        let again = store.commit(commit(id, &name)).await.unwrap();
        assert_eq!(again, receipt, "seed {seed}");
    }
    assert_eq!(read(&*store, &mut after).await, [], "seed {seed}");
}
