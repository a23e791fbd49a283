//! Nothing is lost that a workspace holds.

use super::{Bench, good};
use crate::workspace::{Fits, Prepared, Release, Released};

pub(super) async fn releasing_twice_is_released(bench: Bench) {
    let (project, _, workspace) = bench.fresh().await;
    assert_eq!(good(bench.port.fits(&project, None).await), Fits::Yes);
    for _ in 0..2 {
        let released = good(bench.port.release(&workspace, Release::IfEmpty).await);
        assert_eq!(released, Released::Removed);
    }
    assert_eq!(bench.fixture.read(&project, "README").await.as_deref(), Some("hello\n"));
}

pub(super) async fn a_shared_directory_is_left_alone(bench: Bench) {
    let (project, _, workspace) = bench.fresh().await;
    assert_eq!(workspace.root, project);
    bench.write(&workspace, "work", "work\n").await;
    assert_eq!(bench.holds(&workspace).await, Vec::<String>::new());
    assert_eq!(good(bench.port.commit(&workspace, "x").await).commit, None);
    for how in [Release::IfEmpty, Release::Discard] {
        assert_eq!(good(bench.port.release(&workspace, how).await), Released::Removed);
    }
    assert_eq!(bench.read(&workspace, "work").await.as_deref(), Some("work\n"));
}

pub(super) async fn work_is_never_released(bench: Bench) {
    let (_, _, workspace) = bench.fresh().await;
    let kept = async |holds: &[&str]| {
        let released = good(bench.port.release(&workspace, Release::IfEmpty).await);
        let holds = holds.iter().map(|&what| what.to_owned()).collect();
        assert_eq!(released, Released::Kept { holds });
    };
    bench.write(&workspace, "new", "new\n").await;
    kept(&["untracked"]).await;
    good(bench.port.commit(&workspace, "Work").await);
    kept(&["unmerged"]).await;
    bench.write(&workspace, "new", "newer\n").await;
    kept(&["uncommitted", "unmerged"]).await;
    assert_eq!(bench.read(&workspace, "new").await.as_deref(), Some("newer\n"));
}

pub(super) async fn discarding_removes_everything(bench: Bench) {
    let (project, spec, workspace) = bench.fresh().await;
    bench.write(&workspace, "committed", "x\n").await;
    good(bench.port.commit(&workspace, "Work").await);
    bench.write(&workspace, "untracked", "x\n").await;
    for _ in 0..2 {
        let released = good(bench.port.release(&workspace, Release::Discard).await);
        assert_eq!(released, Released::Removed);
    }
    assert_eq!(bench.read(&workspace, "README").await, None);
    let again = bench.ready(&spec).await;
    assert_eq!(again, workspace);
    assert_eq!(bench.read(&again, "committed").await, None);
    assert_eq!(bench.fixture.read(&project, "README").await.as_deref(), Some("hello\n"));
}

pub(super) async fn a_vanished_directory_comes_back_with_its_commits(bench: Bench) {
    let (_, mut spec, workspace) = bench.fresh().await;
    bench.write(&workspace, "work", "work\n").await;
    good(bench.port.commit(&workspace, "Work").await);
    bench.fixture.vanish(&workspace.root).await;
    assert_eq!(bench.holds(&workspace).await, ["unmerged"]);
    assert!(bench.diff(&workspace).await.contains("+work\n"));
    let released = good(bench.port.release(&workspace, Release::IfEmpty).await);
    assert_eq!(released, Released::Kept { holds: vec!["unmerged".to_owned()] });
    spec.existing = Some(workspace.clone());
    match good(bench.port.prepare(&spec).await) {
        Prepared::Ready { workspace: again, recreated, .. } => {
            assert_eq!(again, workspace);
            assert!(recreated);
        }
        Prepared::Conflicted { .. } => panic!("there are no needs"),
    }
    assert_eq!(bench.read(&workspace, "work").await.as_deref(), Some("work\n"));
}

pub(super) async fn work_survives_preparing_again(bench: Bench) {
    let (_, mut spec, workspace) = bench.fresh().await;
    bench.write(&workspace, "committed", "1\n").await;
    good(bench.port.commit(&workspace, "Work").await);
    bench.write(&workspace, "README", "2\n").await;
    bench.write(&workspace, "untracked", "3\n").await;
    let before = good(bench.port.changes(&workspace).await);
    spec.existing = Some(workspace.clone());
    assert_eq!(bench.ready(&spec).await, workspace);
    assert_eq!(good(bench.port.changes(&workspace).await), before);
}
