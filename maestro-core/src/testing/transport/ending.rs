//! How a program ends.

use std::time::Duration;

use futures::future::join;

use super::{Act, Stage, frames, line};
use crate::transport::{Connection, ExitStatus, Frame, ProcessStatus, StopGrace};

/// Longer than any check may take: who is still there did not end by its grace.
const NEVER: Duration = Duration::from_hours(1);

fn code(code: i32) -> ExitStatus {
    ExitStatus { code: Some(code), signal: None }
}

fn by_signal(signal: i32) -> ExitStatus {
    ExitStatus { code: None, signal: Some(signal) }
}

/// A program that waits, and has said so.
async fn waiting(stage: &Stage, act: Act) -> Box<dyn Connection> {
    let program = stage.start(act).await;
    assert_eq!(line(&*program).await, "ready");
    program
}

async fn stopped(program: &dyn Connection, grace: StopGrace) -> ExitStatus {
    let stopped = program.stop(grace).await;
    stopped.expect("a program can be stopped")
}

pub(super) async fn exit_code(stage: &Stage) {
    for wanted in [0, 3, 64, 70, 127, 143] {
        let program = stage.start(Act::Exit(wanted)).await;
        assert_eq!(frames(&*program).await, [Frame::Exited(code(wanted))]);
    }
}

pub(super) async fn signal(stage: &Stage) {
    for signal in [9, 15] {
        let program = stage.start(Act::Die(signal)).await;
        assert_eq!(frames(&*program).await, [Frame::Exited(by_signal(signal))]);
    }
}

pub(super) async fn interrupt(stage: &Stage) {
    let program = waiting(stage, Act::Wait).await;
    program.interrupt().await.expect("it is asked");
    assert_eq!(frames(&*program).await, [Frame::Exited(by_signal(2))]);
}

pub(super) async fn stop_by_eof(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    let grace = StopGrace { after_eof: NEVER, after_term: NEVER };
    assert_eq!(stopped(&*program, grace).await, ExitStatus::SUCCESS);
}

pub(super) async fn stop_by_term(stage: &Stage) {
    for after_eof in [Duration::ZERO, Duration::from_millis(20)] {
        for after_term in [Duration::from_secs(4), NEVER] {
            let program = waiting(stage, Act::Wait).await;
            let grace = StopGrace { after_eof, after_term };
            let status = stopped(&*program, grace).await;
            assert_eq!(status, by_signal(15), "{grace:?}");
        }
    }
}

pub(super) async fn stop_by_force(stage: &Stage) {
    let program = waiting(stage, Act::Refuse).await;
    let grace =
        StopGrace { after_eof: Duration::from_millis(10), after_term: Duration::from_millis(10) };
    assert_eq!(stopped(&*program, grace).await, by_signal(9));
    let status = stage.transport.inspect(program.process()).await;
    assert_eq!(status.ok(), Some(ProcessStatus::Dead));
}

pub(super) async fn stop_at_once(stage: &Stage) {
    let program = waiting(stage, Act::Refuse).await;
    let status = stopped(&*program, StopGrace::NONE).await;
    assert_eq!(status, by_signal(9));
}

pub(super) async fn stop_overtakes(stage: &Stage) {
    let program = waiting(stage, Act::Refuse).await;
    let never = StopGrace { after_eof: NEVER, after_term: NEVER };
    let patient = stopped(&*program, never);
    // The patient one is polled first. No sleep: a virtual clock stands still while it waits.
    let impatient = stopped(&*program, StopGrace::NONE);
    let (patient, impatient) = join(patient, impatient).await;
    assert_eq!((patient, impatient), (by_signal(9), by_signal(9)));
}

pub(super) async fn read_after_stop(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    for number in 0..10 {
        let sent = program.send(number.to_string()).await;
        sent.expect("the program reads");
    }
    let status = stopped(&*program, StopGrace::default()).await;
    assert_eq!(status, ExitStatus::SUCCESS);
    let mut expected: Vec<_> = (0..10).map(|number| Frame::Line(number.to_string())).collect();
    expected.push(Frame::Exited(ExitStatus::SUCCESS));
    assert_eq!(frames(&*program).await, expected);
}

pub(super) async fn stop_ended(stage: &Stage) {
    let program = stage.start(Act::Exit(7)).await;
    assert_eq!(frames(&*program).await, [Frame::Exited(code(7))]);
    for _ in 0..2 {
        assert_eq!(stopped(&*program, StopGrace::NONE).await, code(7));
    }
    assert_eq!(program.next().await, None);
}

pub(super) async fn drop_ends(stage: &Stage) {
    let program = waiting(stage, Act::Wait).await;
    let process = program.process().clone();
    drop(program);
    stage.dead(&process).await;
}

pub(super) async fn left_process(stage: &Stage) {
    let program = stage.start(Act::Leave).await;
    assert_eq!(line(&*program).await, "left");
    // It has the same output, and ends all the same.
    let expected = [Frame::Exited(ExitStatus::SUCCESS)];
    assert_eq!(frames(&*program).await, expected);
    stage.dead(program.process()).await;
}
