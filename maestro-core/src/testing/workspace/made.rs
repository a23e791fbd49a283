//! Workspaces are made, found again, and say what is in them.

use super::{Bench, bad, good};
use crate::error::ErrorKind;
use crate::model::{FileStatus, PlacePath};
use crate::workspace::{Fits, Prepared, Release};

pub(super) async fn preparing_again_finds_the_same(bench: Bench) {
    let (_, mut spec, workspace) = bench.fresh().await;
    assert_eq!(workspace.kind, bench.port.kind());
    assert_eq!(bench.read(&workspace, "README").await.as_deref(), Some("hello\n"));
    assert_eq!(bench.ready(&spec).await, workspace);
    spec.existing = Some(workspace.clone());
    "Another title".clone_into(&mut spec.title);
    match good(bench.port.prepare(&spec).await) {
        Prepared::Ready { workspace: again, recreated, .. } => {
            assert_eq!(again, workspace);
            assert!(!recreated, "it was there");
        }
        Prepared::Conflicted { .. } => panic!("there are no needs"),
    }
    spec.existing = None;
    assert_eq!(bench.ready(&spec).await, workspace, "a new title does not move it");
}

pub(super) async fn a_project_that_is_not_there_is_not_found(bench: Bench) {
    let project = bench.fixture.project().await;
    bench.fixture.vanish(&project).await;
    let fits = good(bench.port.fits(&project, None).await);
    assert!(matches!(&fits, Fits::No { why } if !why.is_empty()), "{fits:?}");
    bad(bench.port.prepare(&Bench::spec(&project, "x")).await, ErrorKind::NotFound);
}

pub(super) async fn a_project_has_one_name(bench: Bench) {
    let project = bench.fixture.project().await;
    let name = project.as_path().file_name().expect("a directory with a name");
    let around = project.as_path().join("..").join(name).join(".");
    let around = PlacePath::new(project.place.clone(), around);
    let located = good(bench.port.locate(&around).await);
    assert_eq!(located, good(bench.port.locate(&project).await));
    assert_eq!(located, good(bench.port.locate(&located).await));
    bench.fixture.vanish(&project).await;
    let said = bad(bench.port.locate(&project).await, ErrorKind::NotFound);
    assert!(said.contains("`path`"), "{said}");
}

pub(super) async fn another_kind_is_refused(bench: Bench) {
    let (_, _, mut workspace) = bench.fresh().await;
    "x.other".clone_into(&mut workspace.kind);
    bad(bench.port.changes(&workspace).await, ErrorKind::InvalidArgument);
    bad(bench.port.release(&workspace, Release::Discard).await, ErrorKind::InvalidArgument);
}

pub(super) async fn a_shared_directory_has_no_difference_and_no_merge(bench: Bench) {
    let (_, mut spec, workspace) = bench.fresh().await;
    bad(bench.port.diff(&workspace).await, ErrorKind::Unsupported);
    bad(bench.port.merge(&workspace, "main", "x").await, ErrorKind::Unsupported);
    spec.base = Some("main".to_owned());
    bad(bench.port.prepare(&spec).await, ErrorKind::InvalidArgument);
}

pub(super) async fn work_stays_out_of_the_project(bench: Bench) {
    let (project, _, workspace) = bench.fresh().await;
    let other = bench.ready(&Bench::spec(&project, "Add a thing")).await;
    bench.write(&workspace, "new/file", "work\n").await;
    good(bench.port.commit(&workspace, "Work").await);
    assert_eq!(bench.fixture.read(&project, "new/file").await, None);
    assert_eq!(bench.read(&other, "new/file").await, None);
}

pub(super) async fn changes_name_every_file(bench: Bench) {
    let (_, _, workspace) = bench.fresh().await;
    assert!(good(bench.port.changes(&workspace).await).files.is_empty());
    bench.write(&workspace, "committed", "1\n2\n").await;
    good(bench.port.commit(&workspace, "Work").await);
    bench.write(&workspace, "README", "changed\n").await;
    bench.write(&workspace, "näw file", "1\n").await;
    let changes = good(bench.port.changes(&workspace).await);
    let files: Vec<_> = changes
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.status, file.added, file.removed))
        .collect();
    let expected = [
        ("README", FileStatus::Modified, Some(1), Some(1)),
        ("committed", FileStatus::Added, Some(2), Some(0)),
        ("näw file", FileStatus::Added, Some(1), Some(0)),
    ];
    assert_eq!(files, expected);
    assert!(changes.uncommitted && changes.untracked);
    assert_eq!(changes.unmerged, 1);
    assert!(changes.head.is_some());
}

pub(super) async fn the_difference_shows_untracked_files(bench: Bench) {
    let (_, _, workspace) = bench.fresh().await;
    assert_eq!(bench.diff(&workspace).await, "");
    bench.write(&workspace, "README", "hello\nmore\n").await;
    bench.write(&workspace, "new", "brand new\n").await;
    let diff = bench.diff(&workspace).await;
    assert!(diff.contains("+more\n") && diff.contains("+brand new\n"), "{diff}");
    let changes = good(bench.port.changes(&workspace).await);
    assert!(changes.untracked, "looking changes nothing");
}

pub(super) async fn a_commit_takes_everything_once(bench: Bench) {
    let (_, _, workspace) = bench.fresh().await;
    assert_eq!(good(bench.port.commit(&workspace, "Nothing").await).commit, None);
    bad(bench.port.commit(&workspace, "").await, ErrorKind::InvalidArgument);
    bench.write(&workspace, "README", "changed\n").await;
    bench.write(&workspace, "new", "new\n").await;
    let commit = good(bench.port.commit(&workspace, "--amend\n\n# all of it").await).commit;
    let changes = good(bench.port.changes(&workspace).await);
    assert_eq!(changes.head, commit);
    assert_eq!(changes.holds(), ["unmerged"]);
    assert_eq!(good(bench.port.commit(&workspace, "Nothing").await).commit, None);
}
