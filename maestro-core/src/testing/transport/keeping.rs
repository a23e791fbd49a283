//! Starting, finding and ending programs.

use super::{Act, Stage, frames, line};
use crate::error::ErrorKind;
use crate::model::{Place, ProcessRef};
use crate::runtime::RuntimeExt as _;
use crate::transport::{Ended, Frame, ProcessStatus, ProgramSpec, StopGrace};

impl Stage {
    /// Waits until a process is gone.
    pub(super) async fn dead(&self, process: &ProcessRef) {
        let moment = std::time::Duration::from_millis(5);
        while self.status(process).await != ProcessStatus::Dead {
            self.runtime.sleep(moment).await;
        }
    }

    async fn status(&self, process: &ProcessRef) -> ProcessStatus {
        let status = self.transport.inspect(process).await;
        status.expect("it can be looked at")
    }

    async fn refused(&self, spec: ProgramSpec) -> crate::Error {
        let started = self.transport.start(spec).await;
        started.expect_err("it must not start")
    }
}

pub(super) async fn not_found(stage: &Stage) {
    for program in ["maestro-has-no-such-program", "/maestro/has/no/such"] {
        let mut spec = stage.spec(Act::Echo);
        program.clone_into(&mut spec.program);
        let error = stage.refused(spec).await;
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("program"), "{error}");
        assert!(error.to_string().contains(program), "{error}");
    }
}

pub(super) async fn other_place(stage: &Stage) {
    let mut spec = stage.spec(Act::Echo);
    spec.cwd.place = Place::new("elsewhere");
    let error = stage.refused(spec).await;
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("`cwd`"), "{error}");
}

pub(super) async fn no_directory(stage: &Stage) {
    let mut spec = stage.spec(Act::Echo);
    spec.cwd.path.push("missing");
    let error = stage.refused(spec).await;
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("`cwd`"), "{error}");
}

pub(super) async fn inspect(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    let process = program.process().clone();
    assert_eq!(process.place, stage.transport.place());
    assert_eq!(stage.status(&process).await, ProcessStatus::Alive);
    let another = ProcessRef { start: process.start + 1, ..process.clone() };
    if stage.fixture.has_processes() {
        assert_eq!(stage.status(&another).await, ProcessStatus::Dead);
    }
    let stopped = program.stop(StopGrace::default()).await;
    stopped.expect("it stops");
    assert_eq!(stage.status(&process).await, ProcessStatus::Dead);
}

pub(super) async fn inspect_elsewhere(stage: &Stage) {
    let program = stage.start(Act::Wait).await;
    let mut process = program.process().clone();
    process.place = Place::new("elsewhere");
    assert_eq!(stage.status(&process).await, ProcessStatus::Unknown);
    let own = stage.transport.own_process();
    if let Some(own) = &own {
        assert_eq!(stage.status(own).await, ProcessStatus::Alive);
    }
    assert_eq!(own.is_some(), stage.fixture.has_processes());
}

pub(super) async fn living_owner(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    let refs = [program.process().clone()];
    let refused = stage.transport.end_all_of(stage.node, &refs).await;
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Conflict));
    program.send("still here".to_owned()).await.expect("it lives");
    assert_eq!(line(&*program).await, "still here");
}

pub(super) async fn dropped_owner(stage: &Stage) {
    let other = stage.fixture.spec(stage.runtime.id(), Act::Echo);
    let other = stage.start_spec(other).await;
    let mut refs = Vec::new();
    for act in [Act::Refuse, Act::Wait] {
        let program = stage.start(act).await;
        assert_eq!(line(&*program).await, "ready");
        refs.push(program.process().clone());
    }
    // A reference to a process of somebody else ends nothing.
    refs.push(other.process().clone());
    let ended = stage.transport.end_all_of(stage.node, &refs).await;
    ended.expect("everything ends");
    for process in &refs[..2] {
        assert_eq!(stage.status(process).await, ProcessStatus::Dead);
    }
    let nothing = stage.transport.end_all_of(stage.node, &refs).await;
    assert_eq!(nothing.ok(), Some(Ended { processes: 0 }));
    other.send("still here".to_owned()).await.expect("it lives");
    assert_eq!(line(&*other).await, "still here");
}

pub(super) async fn close(stage: &Stage) {
    let program = stage.start(Act::Refuse).await;
    assert_eq!(line(&*program).await, "ready");
    stage.close().await;
    assert_eq!(stage.status(program.process()).await, ProcessStatus::Dead);
    let read = frames(&*program).await;
    let ended = |frame: &Frame| matches!(frame, Frame::Exited(status) if !status.is_success());
    assert!(matches!(&read[..], [frame] if ended(frame)), "{read:?}");
    assert!(program.stop(StopGrace::NONE).await.is_ok());
    assert!(program.send("late".to_owned()).await.is_err());
    let error = stage.refused(stage.spec(Act::Echo)).await;
    assert_eq!(error.kind(), ErrorKind::Closed);
}

pub(super) async fn close_twice(stage: &Stage) {
    stage.close().await;
    stage.close().await;
}
