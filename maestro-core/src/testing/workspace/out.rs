//! The work gets out, into a branch of the project.

use super::{Bench, bad, good};
use crate::error::ErrorKind;
use crate::workspace::{Merged, Release, Released};

pub(super) async fn a_merge_gets_the_work_out_once(bench: Bench) {
    let project = bench.fixture.project().await;
    let (a, b) =
        (bench.worked(&project, "a", "a\n").await, bench.worked(&project, "b", "b\n").await);
    for workspace in [&a, &b] {
        let merged = good(bench.port.merge(workspace, "main", "Merge the work").await);
        assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
        let again = good(bench.port.merge(workspace, "main", "Merge the work").await);
        assert!(matches!(again, Merged::Done { already: true, .. }), "{again:?}");
        assert_eq!(bench.holds(workspace).await, Vec::<String>::new());
        let released = good(bench.port.release(workspace, Release::IfEmpty).await);
        assert_eq!(released, Released::Removed);
    }
    assert_eq!(bench.fixture.read(&project, "a").await.as_deref(), Some("a\n"));
    assert_eq!(bench.fixture.read(&project, "b").await.as_deref(), Some("b\n"));
}

pub(super) async fn a_merge_needs_a_branch_that_is_there(bench: Bench) {
    let project = bench.fixture.project().await;
    let workspace = bench.worked(&project, "a", "a\n").await;
    for into in ["nowhere", "main~0", "--help", "", "a b"] {
        let said = bad(bench.port.merge(&workspace, into, "x").await, ErrorKind::InvalidArgument);
        assert!(said.contains("`into`"), "{said}");
    }
}

pub(super) async fn a_merge_refuses_uncommitted_work(bench: Bench) {
    let project = bench.fixture.project().await;
    let workspace = bench.worked(&project, "a", "a\n").await;
    bench.write(&workspace, "untracked", "x\n").await;
    bad(bench.port.merge(&workspace, "main", "x").await, ErrorKind::Conflict);
    assert_eq!(bench.fixture.read(&project, "a").await, None);
}

pub(super) async fn a_conflict_changes_nothing(bench: Bench) {
    let project = bench.fixture.project().await;
    let first = bench.worked(&project, "same", "one\n").await;
    let second = bench.worked(&project, "same", "two\n").await;
    good(bench.port.merge(&first, "main", "First").await);
    let merged = good(bench.port.merge(&second, "main", "Second").await);
    assert_eq!(merged, Merged::Conflicted { files: vec!["same".to_owned()] });
    assert_eq!(bench.fixture.read(&project, "same").await.as_deref(), Some("one\n"));
    assert_eq!(bench.read(&second, "same").await.as_deref(), Some("two\n"));
    assert_eq!(bench.holds(&second).await, ["unmerged"]);
}

pub(super) async fn a_merge_spares_the_files_of_the_user(bench: Bench) {
    let project = bench.fixture.project().await;
    let workspace = bench.worked(&project, "same", "theirs\n").await;
    bench.fixture.write(&project, "same", "the user's\n").await;
    let said = bad(bench.port.merge(&workspace, "main", "x").await, ErrorKind::Conflict);
    assert!(said.contains("same"), "{said}");
    assert_eq!(bench.fixture.read(&project, "same").await.as_deref(), Some("the user's\n"));
    assert_eq!(bench.holds(&workspace).await, ["unmerged"]);
}
