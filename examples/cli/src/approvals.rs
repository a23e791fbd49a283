//! `approve`, `deny` and `approvals ls`.

use maestro_core::approval::ApprovalFilter;
use maestro_core::id::ApprovalId;
use maestro_core::model::{ApprovalInfo, ApprovalState, Remember};
use maestro_core::{Maestro, Result};

use crate::args::{Approvals, Approve, Common, Deny, Lasting};
use crate::exit::Exit;
use crate::text::plain;
use crate::{list, out};

pub(crate) async fn approve(maestro: &Maestro, common: &Common, command: Approve) -> Result<Exit> {
    let Some(approval) = command.approval else {
        for asked in maestro.approvals().all(ApprovalFilter::pending()).await? {
            out::say(common, &asked, list::question(common, &asked).trim_start())?;
        }
        return Ok(Exit::Ok);
    };
    let id = find(maestro, &approval).await?;
    let remember = match command.remember {
        None => Remember::Once,
        Some(Lasting::Session) => Remember::Session,
        Some(Lasting::Project) => Remember::Project,
    };
    let answered = maestro.approvals().allow_with(id, None, remember).await?;
    out::say(common, &answered, format_args!("allowed: {}", plain(&answered.title)))?;
    Ok(Exit::Ok)
}

pub(crate) async fn deny(maestro: &Maestro, common: &Common, command: Deny) -> Result<Exit> {
    let id = find(maestro, &command.approval).await?;
    let answered = maestro.approvals().deny(id, &command.message).await?;
    out::say(common, &answered, format_args!("denied: {}", plain(&answered.title)))?;
    Ok(Exit::Ok)
}

pub(crate) async fn list(maestro: &Maestro, common: &Common, command: Approvals) -> Result<Exit> {
    let Approvals::Ls { all, assignee } = command;
    let mut filter = if all { ApprovalFilter::default() } else { ApprovalFilter::pending() };
    filter.assignee = assignee;
    for approval in maestro.approvals().all(filter).await? {
        out::say(common, &approval, line(&approval))?;
    }
    Ok(Exit::Ok)
}

fn line(approval: &ApprovalInfo) -> String {
    let who = match (&approval.assignee, &approval.decided_by) {
        (_, Some(by)) => format!("  (by {})", plain(&by.to_string())),
        (Some(name), None) if approval.state == ApprovalState::Pending => {
            format!("  (for {})", plain(name))
        }
        _ => String::new(),
    };
    format!(
        "{}  {:<11} {:<10} {}{who}",
        approval.id,
        approval.kind.as_str(),
        approval.state.as_str(),
        plain(&approval.title)
    )
}

/// An approval by its id or the end of it.
async fn find(maestro: &Maestro, reference: &str) -> Result<ApprovalId> {
    if let Ok(id) = reference.parse() {
        return Ok(id);
    }
    let all = maestro.approvals().all(ApprovalFilter::default()).await?;
    list::only(all, "approval", reference, |asked| asked.id.to_string()).map(|asked| asked.id)
}
