//! Where a workspace starts.

use super::{Bench, bad, good};
use crate::error::ErrorKind;
use crate::workspace::{Prepared, Release, Released};

pub(super) async fn needs_are_there_and_are_not_own_work(bench: Bench) {
    let project = bench.fixture.project().await;
    let needs = vec![
        bench.worked(&project, "a", "a\n").await,
        bench.worked(&project, "b", "b\n").await,
        bench.ready(&Bench::spec(&project, "Did nothing")).await,
    ];
    let mut spec = Bench::spec(&project, "Build on both");
    spec.needs.clone_from(&needs);
    let prepared = good(bench.port.prepare(&spec).await);
    assert_eq!(good(bench.port.prepare(&spec).await), prepared);
    let Prepared::Ready { workspace, merged, recreated: false } = prepared else {
        panic!("not ready: {prepared:?}");
    };
    let branches: Vec<_> = needs[..2].iter().filter_map(|need| need.branch.clone()).collect();
    assert_eq!(merged, branches);
    assert_eq!(bench.read(&workspace, "a").await.as_deref(), Some("a\n"));
    assert_eq!(bench.read(&workspace, "b").await.as_deref(), Some("b\n"));
    let changes = good(bench.port.changes(&workspace).await);
    assert!(changes.files.is_empty() && changes.holds().is_empty(), "{changes:?}");
    let released = good(bench.port.release(&workspace, Release::IfEmpty).await);
    assert_eq!(released, Released::Removed);
    assert_eq!(bench.holds(&needs[0]).await, ["unmerged"]);
}

pub(super) async fn needs_in_conflict_name_the_files(bench: Bench) {
    let project = bench.fixture.project().await;
    let first = bench.worked(&project, "same", "one\n").await;
    let second = bench.worked(&project, "same", "two\n").await;
    let mut spec = Bench::spec(&project, "Build on both");
    spec.needs = vec![first, second.clone()];
    for round in 0..2 {
        let prepared = good(bench.port.prepare(&spec).await);
        let Prepared::Conflicted { workspace, with, files } = prepared else {
            panic!("round {round}: not conflicted: {prepared:?}");
        };
        assert_eq!(Some(with), second.branch);
        assert_eq!(files, ["same"]);
        assert_eq!(bench.read(&workspace, "same").await.as_deref(), Some("one\n"));
        assert_eq!(bench.holds(&workspace).await, Vec::<String>::new(), "the merge is undone");
        spec.existing = Some(workspace);
    }
    // The other side gives way; then the needs go in, and a person need not help.
    bench.write(&second, "same", "one\n").await;
    good(bench.port.commit(&second, "Give way").await);
    let workspace = bench.ready(&spec).await;
    assert_eq!(spec.existing.as_ref().map(|old| &old.root), Some(&workspace.root));
    assert_eq!(bench.holds(&workspace).await, Vec::<String>::new());
}

pub(super) async fn a_base_has_to_be_there(bench: Bench) {
    let project = bench.fixture.project().await;
    for base in ["nowhere", "--all", ""] {
        let mut spec = Bench::spec(&project, "x");
        spec.base = Some(base.to_owned());
        let said = bad(bench.port.prepare(&spec).await, ErrorKind::InvalidArgument);
        assert!(said.contains("`base`"), "{said}");
    }
    let before = bench.worked(&project, "a", "a\n").await;
    good(bench.port.merge(&before, "main", "Merge").await);
    let mut spec = Bench::spec(&project, "Start earlier");
    spec.base = before.base;
    let workspace = bench.ready(&spec).await;
    assert_eq!(bench.read(&workspace, "a").await, None);
}
