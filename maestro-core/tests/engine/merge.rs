//! A node dies in the middle of a merge.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::id::NodeId;
use maestro_core::model::{
    Changes, Place, PlacePath, ProcessRef, TaskSpec, WorkElsewhere, WorkspaceRef, WorkspaceState,
};
use maestro_core::runtime::RuntimeExt as _;
use maestro_core::transport::{Connection, Ended, ProcessStatus, ProgramSpec, Transport};
use maestro_core::workspace::{
    Committed, Fits, Merged, PrepareSpec, Prepared, Release, Released, Workspace,
};
use maestro_core::{Error, ErrorKind, Result, Running};

use crate::support::{project, under_seeds};

/// A host on which each node is the process of its number, and process 1 may be dead.
#[derive(Debug)]
struct Host {
    number: u32,
    first_is_dead: Arc<AtomicBool>,
}

#[async_trait]
impl Transport for Host {
    fn place(&self) -> Place {
        Place::new("nowhere")
    }

    fn own_process(&self) -> Option<ProcessRef> {
        Some(ProcessRef::new(self.place(), self.number, 0))
    }

    async fn start(&self, _spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        Err(Error::new(ErrorKind::Unsupported, "there are no programs here"))
    }

    async fn inspect(&self, process: &ProcessRef) -> Result<ProcessStatus> {
        let dead = process.pid == 1 && self.first_is_dead.load(Ordering::SeqCst);
        Ok(if dead { ProcessStatus::Dead } else { ProcessStatus::Alive })
    }

    async fn end_all_of(&self, _owner: NodeId, _processes: &[ProcessRef]) -> Result<Ended> {
        Ok(Ended::default())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// Workspaces whose first merge never ends.
#[derive(Debug, Default)]
struct Sticky {
    merges: AtomicU32,
}

#[async_trait]
impl Workspace for Sticky {
    fn kind(&self) -> &'static str {
        "sticky"
    }

    async fn locate(&self, project: &PlacePath) -> Result<PlacePath> {
        Ok(project.clone())
    }

    async fn fits(&self, _project: &PlacePath, _base: Option<&str>) -> Result<Fits> {
        Ok(Fits::Yes)
    }

    async fn prepare(&self, spec: &PrepareSpec) -> Result<Prepared> {
        let workspace = WorkspaceRef::new(self.kind(), spec.project.clone(), spec.project.clone());
        Ok(Prepared::Ready { workspace, merged: Vec::new(), recreated: false })
    }

    async fn changes(&self, _workspace: &WorkspaceRef) -> Result<Changes> {
        Ok(Changes::default())
    }

    async fn diff(&self, _workspace: &WorkspaceRef) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    async fn commit(&self, _workspace: &WorkspaceRef, _message: &str) -> Result<Committed> {
        Ok(Committed::default())
    }

    async fn merge(
        &self,
        _workspace: &WorkspaceRef,
        _into: &str,
        _message: &str,
    ) -> Result<Merged> {
        if self.merges.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        Ok(Merged::Done { commit: "c".to_owned(), already: false })
    }

    async fn elsewhere(&self, _workspace: &WorkspaceRef) -> Result<Vec<WorkElsewhere>> {
        Ok(Vec::new())
    }

    async fn still_elsewhere(
        &self,
        _workspace: &WorkspaceRef,
        _work: &[WorkElsewhere],
        _branch: &str,
    ) -> Result<Vec<WorkElsewhere>> {
        Ok(Vec::new())
    }

    async fn real_path(&self, path: &PlacePath) -> Result<PlacePath> {
        Ok(path.clone())
    }

    async fn release(&self, _workspace: &WorkspaceRef, _how: Release) -> Result<Released> {
        Ok(Released::Removed)
    }
}

#[test]
fn the_next_node_merges_at_once_what_a_dead_one_was_merging() {
    under_seeds(|world| async move {
        let first_is_dead = Arc::new(AtomicBool::new(false));
        let sticky: Arc<Sticky> = Arc::default();
        let node = |number| {
            let host = Host { number, first_is_dead: Arc::clone(&first_is_dead) };
            world.builder().transport(Arc::new(host)).workspace(Arc::clone(&sticky) as _).build()
        };
        let first = node(1).await.unwrap();
        let shop = project(&first).await;
        let task = first.tasks().submit(TaskSpec::prompt("a").project(&shop)).await.unwrap();
        task.wait().await.unwrap();
        let merge = task.workspace();
        let merging = Box::pin(merge.merge("main"));
        let stuck = world.runtime.timeout(Duration::from_secs(5), merging).await;
        assert!(stuck.is_none(), "the first merge ended");

        first_is_dead.store(true, Ordering::SeqCst);
        world.runtime.drop_tasks();
        drop(first);
        let second = node(2).await.unwrap();
        let workspace = second.tasks().handle(task.id()).workspace();
        assert_eq!(workspace.merge("main").await.unwrap(), "c");
        assert_eq!(workspace.info().await.unwrap().state, WorkspaceState::Merged);
        second.close(Running::Park).await.unwrap();
    });
}
