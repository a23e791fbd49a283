//! An agent of one's own: it counts the words of each prompt, and asks before it shouts:
//!
//! `own_agent PROJECT PROMPT`, where PROJECT is any directory.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;

use maestro_core::agent::agent_fn;
use maestro_core::model::{ContentBlock, Decision, EventData, ProjectSpec, SessionSpec};
use maestro_core::{Maestro, Running};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [path, prompt] = embed::arguments(["PROJECT", "PROMPT"]);
    // snippet: own_agent
    let counter = agent_fn(|turn| async move {
        let words = turn.prompt.split_whitespace().count();
        if turn.prompt.ends_with('!') {
            let answer = turn.ask("Shout", "Shout?", json!({ "words": words })).await?;
            if matches!(answer, Decision::Allow { .. }) {
                return Ok(format!("{words} WORDS"));
            }
        }
        Ok(format!("{words} words"))
    });
    let maestro = Maestro::builder().agent("counter", counter).build().await?;
    // end
    let project = maestro.projects().ensure(ProjectSpec::new("words", &path)).await?;
    let session = maestro.sessions().open(SessionSpec::in_project(&project)).await?;
    session.prompt(prompt).await?;
    let mut events = session.events();
    while let Some(event) = events.next().await {
        match event?.data {
            EventData::ApprovalRequested(asked) if embed::yes(&asked.title)? => {
                maestro.approvals().allow(&asked).await?;
            }
            EventData::ApprovalRequested(asked) => {
                maestro.approvals().deny(&asked, "Quiet, please.").await?;
            }
            EventData::Message(said) if said.role == "assistant" => {
                println!("{}", ContentBlock::join_text(&said.blocks));
            }
            EventData::TurnEnded(_) => break,
            _ => {}
        }
    }
    maestro.close(Running::Park).await?;
    Ok(())
}
