//! What every [`Workspace`] has to do.

mod held;
mod made;
mod needs;
mod out;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::error::{ErrorKind, Result};
use crate::id::{NodeId, TaskId};
use crate::model::{PlacePath, WorkspaceRef};
use crate::workspace::{PrepareSpec, Prepared, Workspace};

/// An implementation under test, and a way to its files.
#[async_trait]
pub trait Fixture: fmt::Debug + Send + Sync + 'static {
    /// The implementation.
    fn workspace(&self) -> Arc<dyn Workspace>;

    /// Whether every task gets files and commits of its own. Cases about them are skipped otherwise.
    fn isolates(&self) -> bool;

    /// A new project with the file `README` that holds `hello\n`; where there are branches,
    /// committed on `main`, which is checked out.
    async fn project(&self) -> PlacePath;

    /// Writes a file below a directory, with the directories that it needs.
    async fn write(&self, root: &PlacePath, path: &str, content: &str);

    /// Reads a file below a directory. None when it is not there.
    async fn read(&self, root: &PlacePath, path: &str) -> Option<String>;

    /// Deletes a directory behind the implementation's back.
    async fn vanish(&self, root: &PlacePath);
}

/// Which implementations a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum For {
    /// All.
    All,
    /// Those where every task gets files and commits of its own.
    Isolating,
    /// Those where it does not.
    Shared,
}

/// One thing that has to hold.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// What holds.
    pub name: &'static str,
    /// For which implementations.
    pub applies: For,
    /// Panics when it does not hold.
    pub run: fn(Arc<dyn Fixture>) -> BoxFuture<'static, ()>,
}

/// Runs every case that is for the implementation.
///
/// # Panics
/// When one does not hold, with its name.
pub async fn check(fixture: &Arc<dyn Fixture>) {
    for case in CASES {
        let applies = match case.applies {
            For::All => true,
            For::Isolating => fixture.isolates(),
            For::Shared => !fixture.isolates(),
        };
        if applies {
            let ran = AssertUnwindSafe((case.run)(Arc::clone(fixture))).catch_unwind().await;
            assert!(ran.is_ok(), "the case `{}` does not hold", case.name);
        }
    }
}

macro_rules! cases {
    ($($room:ident::$name:ident: $applies:ident;)*) => {
        /// Every case.
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            applies: For::$applies,
            run: |fixture| $room::$name(Bench::new(fixture)).boxed(),
        }),*];
    };
}

cases! {
    made::preparing_again_finds_the_same: All;
    made::a_project_that_is_not_there_is_not_found: All;
    made::a_project_has_one_name: All;
    made::another_kind_is_refused: All;
    held::releasing_twice_is_released: All;
    held::a_shared_directory_is_left_alone: Shared;
    made::a_shared_directory_has_no_difference_and_no_merge: Shared;
    made::work_stays_out_of_the_project: Isolating;
    made::changes_name_every_file: Isolating;
    made::the_difference_shows_untracked_files: Isolating;
    made::a_commit_takes_everything_once: Isolating;
    out::a_merge_gets_the_work_out_once: Isolating;
    out::a_merge_needs_a_branch_that_is_there: Isolating;
    out::a_merge_refuses_uncommitted_work: Isolating;
    out::a_conflict_changes_nothing: Isolating;
    out::a_merge_spares_the_files_of_the_user: Isolating;
    held::work_is_never_released: Isolating;
    held::discarding_removes_everything: Isolating;
    held::a_vanished_directory_comes_back_with_its_commits: Isolating;
    held::work_survives_preparing_again: Isolating;
    needs::needs_are_there_and_are_not_own_work: Isolating;
    needs::needs_in_conflict_name_the_files: Isolating;
    needs::a_base_has_to_be_there: Isolating;
}

struct Bench {
    fixture: Arc<dyn Fixture>,
    port: Arc<dyn Workspace>,
}

impl Bench {
    fn new(fixture: Arc<dyn Fixture>) -> Self {
        Self { port: fixture.workspace(), fixture }
    }

    fn spec(project: &PlacePath, title: &str) -> PrepareSpec {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)));
        PrepareSpec {
            project: project.clone(),
            task_id: TaskId::from_uuid(id),
            title: title.to_owned(),
            base: None,
            needs: Vec::new(),
            owner: NodeId::from_uuid(id),
            existing: None,
            continues: false,
        }
    }

    async fn ready(&self, spec: &PrepareSpec) -> WorkspaceRef {
        match self.port.prepare(spec).await {
            Ok(Prepared::Ready { workspace, .. }) => workspace,
            other => panic!("not ready: {other:?}"),
        }
    }

    async fn fresh(&self) -> (PlacePath, PrepareSpec, WorkspaceRef) {
        let project = self.fixture.project().await;
        let spec = Self::spec(&project, "Add a thing");
        let workspace = self.ready(&spec).await;
        (project, spec, workspace)
    }

    /// A workspace with one committed file.
    async fn worked(&self, project: &PlacePath, file: &str, content: &str) -> WorkspaceRef {
        let workspace = self.ready(&Self::spec(project, file)).await;
        self.write(&workspace, file, content).await;
        good(self.port.commit(&workspace, "Work").await);
        workspace
    }

    async fn write(&self, workspace: &WorkspaceRef, path: &str, content: &str) {
        self.fixture.write(&workspace.root, path, content).await;
    }

    async fn read(&self, workspace: &WorkspaceRef, path: &str) -> Option<String> {
        self.fixture.read(&workspace.root, path).await
    }

    async fn diff(&self, workspace: &WorkspaceRef) -> String {
        String::from_utf8_lossy(&good(self.port.diff(workspace).await)).into_owned()
    }

    async fn holds(&self, workspace: &WorkspaceRef) -> Vec<String> {
        good(self.port.changes(workspace).await).holds()
    }
}

fn good<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error:?}"),
    }
}

fn bad<T: fmt::Debug>(result: Result<T>, kind: ErrorKind) -> String {
    match result {
        Ok(value) => panic!("expected {kind}, got {value:?}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            error.to_string()
        }
    }
}
