//! An agent asks, the program answers: writing is fine, running commands is not.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::model::{EventData, EventFilter, Position, ProjectSpec, SessionSpec};
use maestro_core::{Maestro, Result, Running};

#[tokio::main]
async fn main() -> Result<()> {
    let ask = |tool| ToolStep::new(tool).ask();
    let script = Script::new().tool(ask("Write")).tool(ask("Bash")).say("Done.");
    let agent = ScriptedAgent::new().default_script(script);
    let maestro = Maestro::builder().agent("scripted", agent).build().await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", ".")).await?;
    let types = vec!["approval.requested".to_owned()];
    let filter = EventFilter { types, ..EventFilter::default() };
    let mut questions = maestro.events().subscribe(filter, Position::Now).await?;
    let session = maestro.sessions().open(SessionSpec::in_project(&shop)).await?;
    let turn = session.prompt("Write PLAN.md, then run it.").await?;
    for _ in 0..2 {
        let Some(event) = questions.next().await else { break };
        let EventData::ApprovalRequested(asked) = event?.data else { continue };
        let (Some(id), Some(tool)) = (asked.approval_id, asked.tool) else { continue };
        if tool == "Write" {
            maestro.approvals().allow(id).await?;
            println!("allowed {tool}");
        } else {
            maestro.approvals().deny(id, "Commands are for people.").await?;
            println!("denied {tool}");
        }
    }
    println!("{}", turn.wait().await?.result.unwrap_or_default());
    maestro.close(Running::Wait).await
}
