//! One session: open, prompt, wait.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use maestro_core::agent::agent_fn;
use maestro_core::model::{ProjectSpec, SessionSpec};
use maestro_core::{Maestro, Result, Running};

#[tokio::main]
async fn main() -> Result<()> {
    let agent = agent_fn(|turn| async move { Ok(format!("Noted: {}", turn.prompt)) });
    let maestro = Maestro::builder().agent("scripted", agent).build().await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", ".")).await?;
    let session = maestro.sessions().open(SessionSpec::in_project(&shop)).await?;
    for prompt in ["My favourite colour is blue.", "What is it?"] {
        let turn = session.prompt(prompt).await?.wait().await?;
        println!("{}", turn.result.unwrap_or_default());
    }
    session.close().await?;
    maestro.close(Running::Wait).await
}
