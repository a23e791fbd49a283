//! Sessions whose agent asks, for the tests of what becomes of that.

use std::time::Duration;

use maestro_core::approval::ApprovalFilter;
use maestro_core::id::{ApprovalId, SessionId};
use maestro_core::model::{ApprovalInfo, Event, EventData, EventFilter, Position, SessionSpec};
use maestro_core::session::SessionHandle;
use maestro_core::{Error, Maestro, MaestroBuilder};

use crate::puppet::Puppet;
use crate::support::{World, project};

/// How long one waits before one looks again.
pub(crate) const A_WHILE: Duration = Duration::from_secs(1);

pub(crate) fn with(world: &World, puppet: &Puppet) -> MaestroBuilder {
    world.builder().agent("puppet", puppet.clone())
}

pub(crate) async fn opened(maestro: &Maestro) -> SessionHandle {
    let project = project(maestro).await;
    let spec = SessionSpec::in_project(project.id().to_string()).agent("puppet");
    maestro.sessions().open(spec).await.unwrap()
}

/// The one approval that waits.
pub(crate) async fn question(world: &World, maestro: &Maestro) -> ApprovalInfo {
    loop {
        let page = maestro.approvals().list(ApprovalFilter::pending()).await.unwrap();
        if let Some(approval) = page.approvals.into_iter().next() {
            return approval;
        }
        world.sleep(A_WHILE).await;
    }
}

/// Whether nothing waits for an answer.
pub(crate) async fn nothing_waits(maestro: &Maestro) -> bool {
    let page = maestro.approvals().list(ApprovalFilter::pending()).await.unwrap();
    page.approvals.is_empty()
}

pub(crate) async fn until_heard(world: &World, puppet: &Puppet, what: &str) {
    while !puppet.heard().iter().any(|heard| heard == what) {
        world.sleep(A_WHILE).await;
    }
}

/// Every event so far of some types.
pub(crate) async fn events(maestro: &Maestro, types: &[&str]) -> Vec<Event> {
    let filter = EventFilter::of_types(types.iter().copied());
    maestro.events().read(filter, Position::Beginning, 1000).await.unwrap().0
}

/// The approval that was asked last.
pub(crate) async fn newest(maestro: &Maestro) -> ApprovalInfo {
    let asked = events(maestro, &["approval.requested"]).await.pop().unwrap();
    let EventData::ApprovalRequested(data) = asked.data else { panic!("{asked:?}") };
    maestro.approvals().get(data.approval_id.unwrap()).await.unwrap()
}

/// How one approval was answered, by its event.
pub(crate) async fn resolved(
    maestro: &Maestro,
    id: ApprovalId,
) -> maestro_core::model::ApprovalResolved {
    let all = events(maestro, &["approval.resolved"]).await;
    let mut of_this = all.into_iter().filter_map(|event| match event.data {
        EventData::ApprovalResolved(data) if data.approval_id == Some(id) => Some(data),
        _ => None,
    });
    let found = of_this.next().expect("it was answered");
    assert_eq!(of_this.next(), None, "it was answered once");
    found
}

/// Loses every node as a crash does, and starts another.
pub(crate) async fn crash(
    world: &World,
    nodes: Vec<Maestro>,
    next: impl FnOnce() -> MaestroBuilder,
) -> Maestro {
    world.runtime.drop_tasks();
    drop(nodes);
    world.sleep(A_WHILE).await;
    next().build().await.unwrap()
}

/// Waits until the sweep has freed a session of a node that is gone.
pub(crate) async fn freed(world: &World, maestro: &Maestro, id: SessionId) -> SessionHandle {
    let session = maestro.sessions().get(id).await.unwrap();
    while session.info().await.unwrap().node_id.is_some() {
        world.sleep(A_WHILE).await;
    }
    session
}

/// What an error says about one thing.
pub(crate) fn context(error: &Error, wanted: &str) -> String {
    let found = error.context().find(|(key, _)| *key == wanted);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}
