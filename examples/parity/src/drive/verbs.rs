//! The verbs, each as it is called in Rust.

use std::collections::BTreeMap;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use maestro_core::agent::scripted::{Script, ScriptedAgent};
use maestro_core::event::EventStream;
use maestro_core::id::{ApprovalId, TenantId};
use maestro_core::model::{Actor, ContentBlock, Position, Remember, ReplySpec};
use maestro_core::session::Prompt;
use maestro_core::storage::memory::Memory;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, ErrorKind, Maestro, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Args, Came, Stage, own};
use crate::case::Step;

pub(crate) async fn call(stage: &mut Stage, step: &Step, args: &Args) -> Result<Came> {
    match step.call.as_str() {
        "open" => {
            let node = open(args).await?;
            stage.add(&step.on, node);
            return result(());
        }
        "scoped" => {
            let tenant = TenantId::new(args.text("tenant"))
                .map_err(|error| error.during("maestro.scoped"))?;
            let of = args.maybe::<String>("of")?.unwrap_or_else(|| "a".to_owned());
            let actor = args.maybe::<Actor>("actor")?.unwrap_or_default();
            let node = stage.node(&of)?.scoped(tenant, actor)?;
            stage.add(&step.on, node);
            return result(());
        }
        "git" => return git(&stage.dir, &args.get::<Vec<String>>("args")?),
        "file" => return result(std::fs::read_to_string(args.text("path")).unwrap_or_default()),
        _ => {}
    }
    let maestro = stage.node(&step.on)?;
    let (projects, tasks, sessions) = (maestro.projects(), maestro.tasks(), maestro.sessions());
    let (approvals, events, accounts) = (maestro.approvals(), maestro.events(), maestro.accounts());
    let task = || Ok::<_, Error>(tasks.handle(id(args, "task")?));
    let session = || Ok::<_, Error>(sessions.handle(id(args, "session")?));
    let after = || Ok::<_, Error>(args.maybe::<Position>("after")?.unwrap_or(Position::Beginning));
    match step.call.as_str() {
        "close" => result(maestro.close(args.maybe("running")?.unwrap_or_default()).await?),
        "projects.ensure" => result(projects.ensure(args.all()?).await?.info),
        "projects.get" => result(projects.get(args.text("project")).await?),
        "projects.list" => result(projects.list().await?),
        "agents.list" => result(maestro.agents().list()),
        "agents.probe" => result(maestro.agents().probe(args.text("agent")).await?),
        "accounts.put" => result(accounts.put(args.all()?).await?),
        "accounts.get" => result(accounts.get(args.text("account")).await?),
        "accounts.list" => result(accounts.list().await?),
        "accounts.status" => result(accounts.status(args.text("account")).await?),
        "accounts.remove" => result(accounts.remove(args.text("account")).await?),

        "tasks.submit" => result(json!({ "id": tasks.submit(args.all()?).await?.id() })),
        "tasks.get" => result(tasks.get(id(args, "task")?).await?),
        "tasks.list" => result(tasks.list(args.all()?).await?),
        "tasks.explain" => result(tasks.explain(id(args, "task")?).await?),
        "tasks.wait" if step.give_up => {
            // Dropping the future is how one gives up in Rust.
            drop(futures::poll!(Box::pin(task()?.wait())));
            result(json!({ "gave_up": true }))
        }
        "tasks.wait" => result(task()?.wait().await?),
        "tasks.cancel" => result(task()?.cancel(args.text("reason")).await?),
        "tasks.retry" => result(tasks.retry(id(args, "task")?).await?),
        "tasks.reply" => {
            let mut reply = ReplySpec::from(args.text("text"));
            reply.idempotency_key = args.maybe("idempotency_key")?;
            result(task()?.reply(reply).await?)
        }
        "tasks.events" => follow(task()?.events_after(after()?), step).await,

        "workspaces.info" => result(task()?.workspace().info().await?),
        "workspaces.changes" => result(task()?.workspace().changes().await?),
        "workspaces.diff" => result(task()?.workspace().diff().await?),
        "workspaces.patch" => result(String::from_utf8_lossy(&task()?.workspace().patch().await?)),
        "workspaces.merge" => result(task()?.workspace().merge(args.text("into")).await?),
        "workspaces.remove" => result(task()?.workspace().remove().await?),
        "workspaces.discard" => result(task()?.workspace().discard(args.text("name")).await?),

        "sessions.open" => result(json!({ "id": sessions.open(args.all()?).await?.id() })),
        "sessions.fork" => result(json!({ "id": sessions.fork(id(args, "session")?).await?.id() })),
        "sessions.adopt" => {
            let adopted =
                sessions.adopt(args.all()?, args.text("agent_session_id").to_owned()).await?;
            result(json!({ "id": adopted.id() }))
        }
        "sessions.resume" => {
            result(json!({ "id": sessions.resume(id(args, "session")?).await?.id() }))
        }
        "sessions.list" => result(sessions.list(args.all()?).await?),
        "sessions.get" => result(session()?.info().await?),
        "sessions.view" => result(session()?.view().await?),
        "sessions.prompt" => {
            let prompt = Prompt::from(vec![ContentBlock::text(args.text("text"))]);
            let prompt = prompt.when(args.maybe("when")?.unwrap_or_default());
            result(json!({ "id": session()?.prompt(prompt).await?.id() }))
        }
        "sessions.interrupt" => result(session()?.interrupt().await?),
        "sessions.set_mode" => result(session()?.set_mode(args.text("mode")).await?),
        "sessions.set_model" => result(session()?.set_model(args.text("model")).await?),
        "sessions.control" => result(session()?.control(args.get("request")?).await?),
        "sessions.close" => result(session()?.close().await?),
        "sessions.events" => follow(session()?.events_after(after()?), step).await,
        "turns.wait" => result(session()?.turn(id(args, "turn")?).wait().await?),
        "turns.cancel" => result(session()?.turn(id(args, "turn")?).cancel().await?),

        "approvals.get" => result(approvals.get(approval(args)?).await?),
        "approvals.list" => result(approvals.list(args.all()?).await?),
        "approvals.allow" => {
            let remember: Remember = args.maybe("remember")?.unwrap_or_default();
            result(approvals.allow_with(approval(args)?, args.maybe("input")?, remember).await?)
        }
        "approvals.deny" => result(approvals.deny(approval(args)?, args.text("message")).await?),
        "approvals.answer" => {
            result(approvals.answer(approval(args)?, args.get("answers")?).await?)
        }
        "approvals.extend" => {
            let by = Duration::from_millis(args.get("by_ms")?);
            result(approvals.extend(approval(args)?, by).await?)
        }
        "approvals.assign" => {
            let assignee: Option<String> = args.maybe("assignee")?;
            result(approvals.assign(approval(args)?, assignee.as_deref()).await?)
        }
        "policies.put" => result(approvals.policies().put(args.all()?).await?),
        "policies.list" => result(approvals.policies().list(args.all()?).await?),
        "policies.test" => result(approvals.policies().test(args.all()?).await?),
        "policies.remove" => result(approvals.policies().remove(id(args, "rule")?).await?),

        "events.subscribe" => {
            let filter = args.maybe("filter")?.unwrap_or_default();
            follow(events.subscribe(filter, after()?).await?, step).await
        }
        "events.read" => {
            let filter = args.maybe("filter")?.unwrap_or_default();
            let limit = args.maybe("limit")?.unwrap_or(100);
            let (events, next) = events.read(filter, after()?, limit).await?;
            result(json!({ "events": events, "next": next }))
        }
        "events.emit" => result(events.emit(args.text("type"), args.get("data")?).await?),
        other => Err(Error::new(ErrorKind::Unsupported, format!("the driver has no {other}"))),
    }
}

fn result(value: impl Serialize) -> Result<Came> {
    let value = serde_json::to_value(value);
    let value =
        value.map_err(|error| Error::new(ErrorKind::Internal, "no JSON").caused_by(error))?;
    Ok(Came::Result(value))
}

fn id<T: FromStr<Err = Error>>(args: &Args, name: &str) -> Result<T> {
    args.text(name).parse()
}

fn approval(args: &Args) -> Result<ApprovalId> {
    id(args, "approval")
}

async fn follow(mut feed: EventStream, step: &Step) -> Result<Came> {
    let (mut events, mut seen) = (Vec::new(), 0);
    while let Some(event) = feed.next().await {
        let event = event?;
        seen += usize::from(step.until.as_deref() == Some(event.event_type()));
        let value = serde_json::to_value(&event);
        events.push(
            value.map_err(|error| Error::new(ErrorKind::Internal, "no JSON").caused_by(error))?,
        );
        if seen == step.times {
            break;
        }
    }
    Ok(Came::Events(events))
}

/// How a node is set up.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Setup {
    storage: Option<String>,
    concurrency: Option<u32>,
    agents: BTreeMap<String, Value>,
    /// The driver's own kinds of tasks.
    tasks: bool,
    /// The driver's own permission handler.
    permission_handler: bool,
    worktrees: Option<String>,
    starts_at_once: Option<u32>,
}

/// How an agent that plays scripts is set up.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Scripted {
    default: Option<Script>,
    scripts: BTreeMap<String, Script>,
    remember_in: Option<String>,
}

async fn open(args: &Args) -> Result<Maestro> {
    let setup: Setup = args.all()?;
    let mut builder = Maestro::builder();
    builder = match &setup.storage {
        Some(path) => builder.storage(Sqlite::at(path)),
        None => builder.storage(Memory::new()),
    };
    for (name, agent) in setup.agents {
        // Else it is the driver's own.
        if agent == "own" {
            builder = builder.agent(name, own::Mirror);
            continue;
        }
        let given: Scripted =
            serde_json::from_value(agent).map_err(|error| Error::invalid("agents", error))?;
        let mut scripted = ScriptedAgent::new();
        if let Some(script) = given.default {
            scripted = scripted.default_script(script);
        }
        for (name, script) in given.scripts {
            scripted = scripted.script(name, script);
        }
        if let Some(directory) = given.remember_in {
            scripted = scripted.remember_in(directory);
        }
        builder = builder.agent(name, scripted);
    }
    if setup.tasks {
        builder = own::tasks(builder);
    }
    if setup.permission_handler {
        builder = builder.permission_handler(own::Clerk);
    }
    if let Some(concurrency) = setup.concurrency {
        builder = builder.concurrency(concurrency);
    }
    if let Some(most) = setup.starts_at_once {
        builder = builder.starts_at_once(most);
    }
    if let Some(directory) = setup.worktrees {
        builder = builder.worktrees(directory);
    }
    builder.build().await
}

/// Runs git in the directory of the project, as somebody.
fn git(dir: &str, args: &[String]) -> Result<Came> {
    let somebody = ["-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"];
    let ran =
        Command::new("git").args(somebody).args(args).current_dir(format!("{dir}/shop")).output();
    match ran {
        Ok(output) if output.status.success() => {
            result(String::from_utf8_lossy(&output.stdout).trim_end())
        }
        other => Err(Error::new(ErrorKind::Unavailable, format!("git {args:?}: {other:?}"))),
    }
}
