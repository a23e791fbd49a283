//! `approve` and `deny`.

use maestro_core::Result;
use maestro_core::model::Remember;

use crate::args::{Approve, Common, Deny};
use crate::exit::Exit;
use crate::node;

pub(crate) async fn approve(common: &Common, command: Approve) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let id = command.approval.parse()?;
    let remember = if command.remember { Remember::Session } else { Remember::Once };
    maestro.approvals().allow_with(id, None, remember).await?;
    println!("allowed");
    Ok(Exit::Ok)
}

pub(crate) async fn deny(common: &Common, command: Deny) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let id = command.approval.parse()?;
    maestro.approvals().deny(id, &command.message).await?;
    println!("denied");
    Ok(Exit::Ok)
}
