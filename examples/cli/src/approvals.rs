//! `approve` and `deny`.

use maestro_core::approval::ApprovalFilter;
use maestro_core::id::ApprovalId;
use maestro_core::model::Remember;
use maestro_core::{Maestro, Result};

use crate::args::{Approve, Common, Deny};
use crate::exit::Exit;
use crate::{list, out};

pub(crate) async fn approve(maestro: &Maestro, common: &Common, command: Approve) -> Result<Exit> {
    let Some(approval) = command.approval else {
        for asked in maestro.approvals().all(ApprovalFilter::pending()).await? {
            out::say(common, &asked, list::question(common, &asked).trim_start())?;
        }
        return Ok(Exit::Ok);
    };
    let id = find(maestro, &approval).await?;
    let remember = if command.remember { Remember::Session } else { Remember::Once };
    let answered = maestro.approvals().allow_with(id, None, remember).await?;
    out::say(common, &answered, format_args!("allowed: {}", crate::text::plain(&answered.title)))?;
    Ok(Exit::Ok)
}

pub(crate) async fn deny(maestro: &Maestro, common: &Common, command: Deny) -> Result<Exit> {
    let id = find(maestro, &command.approval).await?;
    let answered = maestro.approvals().deny(id, &command.message).await?;
    out::say(common, &answered, format_args!("denied: {}", crate::text::plain(&answered.title)))?;
    Ok(Exit::Ok)
}

/// An approval by its id or the end of it.
async fn find(maestro: &Maestro, reference: &str) -> Result<ApprovalId> {
    if let Ok(id) = reference.parse() {
        return Ok(id);
    }
    let all = maestro.approvals().all(ApprovalFilter::default()).await?;
    list::only(all, "approval", reference, |asked| asked.id.to_string()).map(|asked| asked.id)
}
