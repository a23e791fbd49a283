//! What the guide shows beside the programs. The regions between `snippet` and `end` are in `docs/guide`, word for word.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the tests of the programs use more of it")]
mod house;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use house::House;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::approval::ApprovalFilter;
use maestro_core::event::EventStream;
use maestro_core::model::{
    AccountSpec, ApprovalKind, Effect, EventData, Outcome, ProjectSpec, RetryPolicy, RuleSpec,
    SecretRef, SessionSpec, SessionState, StopReason, TaskSpec, ToolUse,
};
use maestro_core::transport::EnvPolicy;
use maestro_core::{ErrorKind, Maestro, Running};
use scripted_model::{ModelConfig, ScriptedModel};
use serde_json::json;

type Tested = Result<(), Box<dyn Error>>;

/// A node with a scripted agent, and the project `shop` in a git repository.
async fn shop(script: Script) -> (House, Maestro) {
    let house = House::new();
    let agent = ScriptedAgent::new().default_script(script);
    let worktrees = house.directory.path().join("worktrees");
    let maestro =
        Maestro::builder().agent("claude", agent).worktrees(worktrees).build().await.unwrap();
    maestro.projects().ensure(ProjectSpec::new("shop", house.shop())).await.unwrap();
    (house, maestro)
}

async fn until(mut events: EventStream, wanted: &str) -> EventData {
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        if event.event_type() == wanted {
            return event.data;
        }
    }
    panic!("the feed ended without {wanted}")
}

#[tokio::test]
async fn a_session() -> Tested {
    let (_house, maestro) = shop(Script::new().say("Two shelves.")).await;
    // snippet: session
    let session = maestro.sessions().open(SessionSpec::in_project("shop")).await?;
    let turn = session.prompt("What is in the shop?").await?; // durable from here on
    let ended = turn.wait().await?;
    println!("{}", ended.result.as_deref().unwrap_or_default());
    session.close().await?;
    // end
    assert_eq!(ended.result.as_deref(), Some("Two shelves."));
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn a_session_is_watched() -> Tested {
    let script = Script::new().say_slowly("One two three.", Duration::from_millis(20));
    let (_house, maestro) = shop(script).await;
    let session = maestro.sessions().open(SessionSpec::in_project("shop")).await?;
    let mut shown = String::new();
    // snippet: watch_view
    let mut live = session.watch_view().await?;
    session.prompt("Count").await?;
    while live.changed().await.transpose()?.is_some() {
        let view = live.view(); // all of the session as a person sees it, what is being written too
        shown = view.partials.iter().map(|partial| partial.text.as_str()).collect();
        print!("\r{shown}");
        if view.state == SessionState::Idle && view.turns == 1 {
            break;
        }
    }
    // end
    assert_eq!(shown, "", "what is written is a message");
    assert_eq!(live.view().items.len(), 3);
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn prompts_while_a_turn_runs() -> Tested {
    let (_house, maestro) = shop(Script::new().hang()).await;
    let session = maestro.sessions().open(SessionSpec::in_project("shop")).await.unwrap();
    // snippet: prompts
    let first = session.prompt("Count the stock").await?;
    let next = session.prompt("Tidy up").await?; // waits until the first is over
    // end
    until(session.events(), "turn.started").await;
    // snippet: interrupt
    session.interrupt().await?; // the turn under way ends, and the next one begins
    assert_eq!(first.wait().await?.stop_reason, Some(StopReason::Cancelled));
    next.cancel().await?; // out of the queue, or interrupted too
    // end
    maestro.close(Running::Park).await?;
    Ok(())
}

#[tokio::test]
async fn warm_sessions() -> Tested {
    let agent = ScriptedAgent::new();
    // snippet: warm
    let maestro = Maestro::builder()
        .agent("claude", agent)
        .warm_sessions(20) // default 8; 0 keeps none, None keeps all
        .starts_at_once(4) // default: as many as there are cores
        .build()
        .await?;
    // end
    maestro.close(Running::Park).await?;
    Ok(())
}

#[tokio::test]
async fn tasks_that_need_others() -> Tested {
    let (_house, maestro) = shop(Script::new().say("Done.")).await;
    // snippet: needs
    let ask = |prompt| TaskSpec::prompt(prompt).project("shop");
    let plan = maestro.tasks().submit(ask("Write PLAN.md for dark mode")).await?;
    let build = ask("Implement PLAN.md")
        .needs([&plan]) // starts from a workspace with its branch merged
        .priority(5)
        .deadline(Duration::from_hours(1))
        .retry(RetryPolicy::attempts(3));
    let build = maestro.tasks().submit(build).await?;
    for reason in maestro.tasks().explain(build.id()).await? {
        println!("waits: {}", reason.code);
    }
    // end
    // snippet: outcome
    match build.wait().await? {
        Outcome::Succeeded { summary, .. } => println!("{summary}"),
        Outcome::Failed { error, retryable } => println!("{error} (again: {retryable})"),
        Outcome::Cancelled { reason } => println!("called off: {reason}"),
        Outcome::InputRequired { reason, .. } => println!("a person is needed: {reason}"),
        other => println!("{}", other.summary()),
    }
    // end
    assert!(build.wait().await.unwrap().is_success());
    // snippet: reply
    build.reply("Now make it blue").await?; // the same session and workspace
    let outcome = build.wait().await?;
    // end
    assert!(outcome.is_success());
    assert_eq!(build.info().await.unwrap().attempts.len(), 2);
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn a_task_is_called_off() -> Tested {
    let (_house, maestro) = shop(Script::new().hang()).await;
    let task = maestro.tasks().submit(TaskSpec::prompt("Wait").project("shop")).await.unwrap();
    // snippet: cancel
    task.cancel("not needed any more").await?;
    let outcome = task.wait().await?;
    // end
    assert!(matches!(outcome, Outcome::Cancelled { .. }), "{outcome:?}");
    maestro.close(Running::Park).await?;
    Ok(())
}

#[tokio::test]
async fn work_gets_out() -> Tested {
    let (house, maestro) =
        shop(Script::new().write("PLAN.md", "1. dark mode\n").say("Planned.")).await;
    let task = maestro.tasks().submit(TaskSpec::prompt("Plan").project("shop")).await.unwrap();
    task.wait().await.unwrap();
    // snippet: workspace
    let workspace = task.workspace();
    for file in workspace.changes().await?.files {
        println!("{}", file.path);
    }
    print!("{}", workspace.diff().await?);
    let commit = workspace.merge("main").await?; // again, it changes nothing
    workspace.remove().await?; // refused while it holds work that is nowhere else
    // end
    assert_eq!(house.git(&["rev-parse", "main"]).trim(), commit);
    assert_eq!(house.git(&["show", "main:PLAN.md"]), "1. dark mode\n");
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn work_is_thrown_away() -> Tested {
    let (_house, maestro) = shop(Script::new().write("PLAN.md", "1. dark mode\n")).await;
    let task = maestro.tasks().submit(TaskSpec::prompt("Plan").project("shop")).await.unwrap();
    task.wait().await.unwrap();
    // snippet: discard
    let workspace = task.workspace();
    let branch = workspace.info().await?.workspace.branch.unwrap_or_default();
    workspace.discard(&branch).await?; // its name, so that nobody does it by accident
    // end
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn a_question_is_answered() -> Tested {
    let (_house, maestro) =
        shop(Script::new().ask("Which colour?", ["Red", "Blue"]).say("Painted.")).await;
    let session = maestro.sessions().open(SessionSpec::in_project("shop")).await.unwrap();
    let turn = session.prompt("Paint it").await.unwrap();
    until(session.events(), "approval.requested").await;
    // snippet: question
    for asked in maestro.approvals().list(ApprovalFilter::pending()).await?.approvals {
        if asked.kind == ApprovalKind::Question {
            let question = &asked.questions[0].question;
            maestro.approvals().answer(&asked, json!({ question: "Blue" })).await?;
        }
    }
    // end
    assert!(turn.wait().await.unwrap().error.is_none());
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn rules_can_be_tried() -> Tested {
    let (_house, maestro) = shop(Script::new()).await;
    maestro.approvals().policies().put(RuleSpec::deny("Bash(git push:*)")).await.unwrap();
    // snippet: ruling
    let call = ToolUse::new("Bash", json!({ "command": "git status && git push" }));
    let ruling = maestro.approvals().policies().test(call.project("shop")).await?;
    assert_eq!(ruling.effect, Some(Effect::Deny)); // and nobody was asked
    assert_eq!(ruling.rules[0].rule, "Bash(git push:*)");
    // end
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn an_account() -> Tested {
    let (house, maestro) = shop(Script::new()).await;
    let path = house.shop();
    // snippet: account
    let key = SecretRef::command(["op", "read", "op://shop/anthropic/key"]);
    let team = AccountSpec::new("team").agent("claude_code").credential("ANTHROPIC_API_KEY", key);
    maestro.accounts().put(team).await?;
    let shop = ProjectSpec::new("shop", path).account("team");
    maestro.projects().ensure(shop).await?;
    // end
    assert_eq!(maestro.accounts().list().await.unwrap().len(), 1);
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn errors_say_what_to_do() -> Tested {
    let (_house, maestro) = shop(Script::new()).await;
    // snippet: errors
    let spec = TaskSpec::prompt("").project("shop");
    let error = maestro.tasks().submit(spec).await.unwrap_err();
    match error.kind() {
        ErrorKind::InvalidArgument => println!("{error}"), // names the field
        _ if error.is_retryable() => println!("try again later: {error}"),
        _ => println!("{error}"),
    }
    // end
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("`prompt`"), "{error}");
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test]
async fn a_scripted_agent() -> Tested {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    // snippet: scripted_agent
    let build = Script::new().tool(ToolStep::new("Bash").ask().result("built")).say("Built.");
    let agent =
        ScriptedAgent::new().default_script(Script::new().say("Hello.")).script("build", build);
    let maestro = Maestro::builder().agent("claude", agent).build().await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", path)).await?;
    let task = TaskSpec::prompt("Build it\nscenario: build").project(&shop);
    let task = maestro.tasks().submit(task).await?;
    // end
    let EventData::ApprovalRequested(asked) = until(task.events(), "approval.requested").await
    else {
        panic!("it is no question")
    };
    maestro.approvals().allow(&asked).await.unwrap();
    assert_eq!(task.wait().await.unwrap().summary(), "Built.");
    maestro.close(Running::Wait).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_claude_code_without_an_account() -> Tested {
    let Some((program, _)) = House::with_claude().await.and_then(|house| house.claude) else {
        return Ok(());
    };
    let home = tempfile::tempdir().unwrap();
    let home: &Path = home.path();
    // snippet: scripted_model
    let model = ScriptedModel::start(ModelConfig::new()).await?;
    let env = EnvPolicy::exactly([
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("HOME", home.display().to_string()),
        ("ANTHROPIC_BASE_URL", model.base_url().to_owned()),
        ("ANTHROPIC_API_KEY", "sk-fake".to_owned()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
    ]);
    let claude = ClaudeCode::at(program).env(env);
    let maestro = Maestro::builder().agent("claude", claude).build().await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", home)).await?;
    let session = maestro.sessions().open(SessionSpec::in_project(&shop)).await?;
    let turn = session.prompt("Say hello\nscenario: hello text=Hello.").await?;
    // end
    assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("Hello."));
    maestro.close(Running::Park).await?;
    Ok(())
}
