//! Opening sessions and asking in them.

use maestro_core::Running;
use maestro_core::model::{ContentBlock, SessionSpec};

use crate::book::Section;
use crate::den::{Den, project};

pub(crate) const SECTION: &str = "Sessions";

#[tokio::test]
async fn what_is_wrong_with_a_session_is_named() {
    let den = Den::new();
    let maestro = den.node().await;
    let sessions = maestro.sessions();
    project(&maestro, &den.directory("shop")).await;
    let open = |change: fn(&mut SessionSpec)| {
        let mut spec = SessionSpec::in_project("shop").agent("echo");
        change(&mut spec);
        sessions.open(spec)
    };
    let mut section = Section::new(SECTION);
    section.refused(&maestro, "no project", open(|spec| spec.project = None)).await;
    let unknown = open(|spec| spec.project = Some("shpo".to_owned()));
    section.refused(&maestro, "a project that is not there", unknown).await;
    let unknown = open(|spec| spec.agent = "ehco".to_owned());
    section.refused(&maestro, "an agent that is not there", unknown).await;
    let empty = open(|spec| spec.mode = Some(String::new()));
    section.refused(&maestro, "no mode", empty).await;
    let never = open(|spec| spec.approval_timeout_ms = Some(0));
    section.refused(&maestro, "no time to answer", never).await;
    let nobody = "00000000-0000-7000-8000-000000000000".parse().unwrap();
    section.refused(&maestro, "an id that no session has", sessions.get(nobody)).await;

    let session = open(|_| {}).await.unwrap();
    section.refused(&maestro, "an empty prompt", session.prompt("  ")).await;
    let blocks: Vec<ContentBlock> = Vec::new();
    section.refused(&maestro, "a prompt of nothing", session.prompt(blocks)).await;
    let huge = "x".repeat(SessionSpec::MAX_PROMPT_BYTES + 1);
    section.refused(&maestro, "a prompt of more than 16 MiB", session.prompt(huge)).await;
    let answer = session.prompt("still there?").await.unwrap().wait().await.unwrap();
    assert_eq!(answer.result.as_deref(), Some("did: still there?"));
    session.close().await.unwrap();
    section.refused(&maestro, "a prompt after the end", session.prompt("again")).await;
    section.refused(&maestro, "going on after the end", sessions.resume(session.id())).await;
    section.check();
    maestro.close(Running::Wait).await.unwrap();
}
