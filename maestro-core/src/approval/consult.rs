//! Asks the permission handler.

use std::sync::Arc;

use crate::approval::{PermissionHandler, decide, machine, record};
use crate::error::{Error, Result};
use crate::model::{Actor, ApprovalInfo};
use crate::node::Core;
use crate::runtime::{caught, spawn};

/// Lets the permission handler answer, if there is one. What it fails with is noted on the approval,
/// which goes on waiting for a person.
pub(crate) fn consult(core: &Arc<Core>, approval: ApprovalInfo) {
    let Some(handler) = core.parts.permission.clone() else {
        return;
    };
    let asked = Arc::clone(core);
    let consultation = async move {
        let Err(error) = answer(&asked, &*handler, &approval).await else { return };
        // Its host was being closed: the question goes the way of its session.
        if asked.is_closing() {
            return;
        }
        tracing::error!(
            %error, approval = %approval.id,
            "the permission handler failed; the question waits for a person"
        );
        if let Err(lost) = note(&asked, &approval, &error).await {
            tracing::error!(%lost, approval = %approval.id, "that the handler failed is not recorded");
        }
    };
    // On its own: the session goes on meanwhile.
    spawn(core.runtime(), "permission", consultation).detach();
}

async fn answer(
    core: &Arc<Core>,
    handler: &dyn PermissionHandler,
    approval: &ApprovalInfo,
) -> Result<()> {
    let decided = caught("the permission handler", handler.decide(approval)).await??;
    let Some(decision) = decided else { return Ok(()) };
    let by = Actor::permission_handler();
    decide(core, &approval.tenant_id, &by, approval.id, &decision).await.map(drop)
}

/// Notes the failure, unless the question waits no more: a person was faster, or the agent took it back.
async fn note(core: &Core, approval: &ApprovalInfo, error: &Error) -> Result<()> {
    let by = Actor::permission_handler();
    let noted =
        core.store.change::<ApprovalInfo, ()>(&approval.tenant_id, approval.id, |read, draft| {
            let Some(step) = machine::handler_failed(&read.value, error.info()) else {
                return Ok(None);
            };
            record::write(core, draft, read.version, &by, &step).map(Some)
        });
    noted.await.map(drop)
}
