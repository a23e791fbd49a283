//! Everybody starts at once on a file that does not exist, and everybody gets done.

use std::collections::HashMap;

use maestro_core::model::Position;

use crate::child::{Writer, open, read};

const WRITERS: u32 = 6;
const CALLERS: u32 = 4;
const COMMITS: u32 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_many_processes_share_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("maestro.db");
    let writers: Vec<_> = (0..WRITERS)
        .map(|index| Writer::start(&path, &format!("w{index}"), CALLERS, COMMITS))
        .collect();
    let ends: Vec<_> = writers
        .into_iter()
        .map(|mut writer| {
            let follow = move || {
                let mut count = 0;
                while writer.next().is_some() {
                    count += 1;
                }
                // A writer stops at its first error, whatever it is.
                assert!(writer.succeeded(), "{} failed", writer.name);
                count
            };
            std::thread::Builder::new().spawn(follow).expect("a thread starts")
        })
        .collect();
    // A reader of another process that follows while they write.
    let store = open(&path).await;
    let watch = store.watch();
    let mut after = Position::Beginning;
    let mut seqs: HashMap<String, u64> = HashMap::new();
    let all = u64::from(WRITERS * CALLERS * COMMITS);
    while seqs.get("task/shared") != Some(&all) {
        for event in read(&*store, &mut after).await {
            let last = seqs.entry(event.stream.name.clone()).or_default();
            assert_eq!(event.seq, *last + 1, "a gap in {}", event.stream);
            *last = event.seq;
        }
        if seqs.get("task/shared") != Some(&all) {
            watch.next().await.expect("the store is open");
        }
    }
    for end in ends {
        assert_eq!(end.join().unwrap(), CALLERS * COMMITS);
    }
    for index in 0..WRITERS {
        let own = seqs[&format!("task/w{index}")];
        assert_eq!(own, u64::from(CALLERS * COMMITS));
    }
    assert_eq!(read(&*store, &mut after).await, []);
}
