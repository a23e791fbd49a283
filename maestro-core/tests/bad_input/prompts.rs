//! Prompts that look like trouble reach the real Claude Code as they are.

use std::fs;
use std::path::Path;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{RetryPolicy, TaskSpec};
use maestro_core::transport::EnvPolicy;
use maestro_core::{Maestro, Running};
use scripted_model::{ModelConfig, ScriptedModel};
use serde_json::Value;

use crate::claude_program::{NEWEST, program};
use crate::den::{Den, git, project};

/// Whether a request to the model holds exactly this text, as one block that a person wrote.
fn holds(body: &Value, text: &str) -> bool {
    let messages = body["messages"].as_array().into_iter().flatten();
    let blocks = messages.flat_map(|message| match &message["content"] {
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    });
    blocks.into_iter().any(|found| found == text)
}

/// A node with the real agent, which asks a scripted model.
struct Scene {
    den: Den,
    model: ScriptedModel,
    maestro: Maestro,
}

async fn scene(program: &Path) -> Scene {
    let den = Den::new();
    let model = ScriptedModel::start(ModelConfig::new()).await.unwrap();
    let home = den.directory("home");
    let path = std::env::var_os("PATH").unwrap();
    let set = [
        ("PATH", path.to_str().unwrap()),
        ("HOME", home.to_str().unwrap()),
        ("ANTHROPIC_BASE_URL", model.base_url()),
        ("ANTHROPIC_API_KEY", "sk-fake"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ];
    let env = EnvPolicy::exactly(set);
    let claude = ClaudeCode::at(program).env(env).config_dir(home.join(".claude"));
    let maestro = den.builder().agent("claude", claude).concurrency(2).build().await.unwrap();
    Scene { den, model, maestro }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_prompt_reaches_the_model_unharmed() {
    let Some(program) = program(NEWEST) else { return };
    let Scene { den, model, maestro } = scene(program).await;
    let shop = project(&maestro, &den.repository("shop")).await;
    // What the scenario writes has to be committed, under a title made from the prompt.
    let end = "\nscenario: write-file path=\"made.txt\" content=\"made\"";
    let prompts = [
        ("an option", format!("--help me{end}")),
        ("two dashes", format!("--{end}")),
        ("a NUL", format!("before\0after{end}")),
        ("a NUL first", format!("\0{end}")),
        ("control characters", format!("bell \u{7} escape \u{1b}[31m red \u{2028} line{end}")),
        ("1 MiB", format!("{}{end}", "a b c d ".repeat(128 * 1024))),
    ];
    let mut tasks = Vec::new();
    for (name, prompt) in prompts {
        let spec = TaskSpec::prompt(&prompt).project(&shop).agent("claude").allow_tools(["Write"]);
        let spec = spec.retry(RetryPolicy::attempts(1));
        tasks.push((name, prompt, maestro.tasks().submit(spec).await.unwrap()));
    }
    for (name, prompt, task) in tasks {
        let outcome = task.wait().await.unwrap();
        assert!(outcome.is_success(), "{name}: {outcome:?}");
        assert_eq!(task.info().await.unwrap().spec.prompt, prompt, "{name}");
        assert!(model.requests().iter().any(|asked| holds(&asked.body, &prompt)), "{name}");
        let workspace = task.workspace().info().await.unwrap().workspace;
        let made = workspace.root.as_path().join("made.txt");
        assert_eq!(fs::read_to_string(made).unwrap().trim_end(), "made", "{name}");
        let log = git(workspace.root.as_path(), &["log", "--format=%s", "-1"]);
        assert!(!log.is_empty() && !log.contains("First"), "{name}: {log}");
    }
    maestro.close(Running::Wait).await.unwrap();
}

/// The library takes more than this release of the CLI does, which says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_is_too_long_for_the_agent_fails_the_task_in_its_words() {
    let Some(program) = program(NEWEST) else { return };
    let Scene { den, model: _model, maestro } = scene(program).await;
    let shop = project(&maestro, &den.repository("shop")).await;
    let prompt = "a b c d ".repeat(1024 * 1024);
    let spec = TaskSpec::prompt(&prompt).project(&shop).agent("claude");
    let task = maestro.tasks().submit(spec).await.unwrap();
    let outcome = task.wait().await.unwrap();
    assert!(!outcome.is_success(), "{outcome:?}");
    let said = outcome.summary();
    assert!(said.to_lowercase().contains("prompt is too long"), "{said}");
    assert_eq!(task.info().await.unwrap().spec.prompt, prompt);
    maestro.close(Running::Wait).await.unwrap();
}
