//! Agents whose program does not do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{Outcome, RetryPolicy, SessionState, TaskSpec, TaskState};
use maestro_core::session::SessionFilter;
use maestro_core::transport::EnvPolicy;
use maestro_core::{Error, Running};

use crate::book::Section;
use crate::den::{Den, project};

pub(crate) const SECTION: &str = "Agents";

/// Asks an agent that does not start. The task fails with the error as data, and what was made for
/// it stays: its worktree, its session, and a message that says the same.
async fn fails(
    den: &Den,
    mistake: &str,
    claude: ClaudeCode,
    change: impl FnOnce(&mut TaskSpec),
) -> Error {
    let maestro = den.builder().agent("claude", claude).build().await.unwrap();
    let repository = den.path().join("shop");
    let shop = project(&maestro, &repository).await;
    let mut spec = TaskSpec::prompt("hello").project(&shop).agent("claude");
    spec.retry = RetryPolicy::attempts(1);
    change(&mut spec);
    let task = maestro.tasks().submit(spec).await.unwrap();
    let error = match task.wait().await.unwrap() {
        Outcome::Failed { error, .. } => error,
        other => panic!("{mistake}: {other:?}"),
    };
    let info = task.info().await.unwrap();
    assert_eq!(info.state, TaskState::Failed, "{mistake}");
    assert_eq!(info.attempts[0].error.as_ref(), Some(&error), "{mistake}");
    let workspace = task.workspace().info().await.unwrap();
    let readme = workspace.workspace.root.as_path().join("README");
    assert_eq!(fs::read_to_string(readme).unwrap(), "hello\n", "{mistake}");
    let mut filter = SessionFilter::default();
    filter.task_id = Some(task.id());
    let sessions = maestro.sessions().list(filter).await.unwrap().sessions;
    assert_eq!(sessions[0].state, SessionState::Idle, "{mistake}");
    assert_eq!(sessions[0].process, None, "{mistake}");
    maestro.close(Running::Wait).await.unwrap();
    error.into()
}

#[tokio::test]
async fn what_is_wrong_with_an_agents_program_is_said() {
    let den = Den::new();
    den.repository("shop");
    let plain = den.path().join("plain-text");
    fs::write(&plain, "no program").unwrap();
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).unwrap();
    let too_old = "echo \"error: unknown option '--input-format=stream-json'\" >&2; exit 1";
    let chatters = "echo 'Welcome to the wrong program!'; exec cat >/dev/null";
    let greets = "echo 'Welcome to the wrong program!'";
    let login = "echo 'Invalid API key · Please run /login' >&2; exit 1";
    let script = |name: &str, script: &str| den.program(name, script);
    let programs = [
        ("a program that is not there", den.path().join("nothing")),
        ("a name that is in no directory of `PATH`", "no-such-claude".into()),
        ("a file that is not executable", plain),
        ("a release that is too old", script("old", too_old)),
        ("another program that ends", script("greets", greets)),
        ("another program that stays", script("chatters", chatters)),
        ("a program that says nothing", script("silent", "exec cat >/dev/null")),
        ("a program that ends without a word", script("ends", "exit 0")),
        ("a program that is killed", script("killed", "kill -9 $$")),
        ("a login that does not do", script("login", login)),
    ];
    let mut section = Section::new(SECTION);
    let claude = |program: &Path| {
        let env = EnvPolicy::exactly([("PATH", "/usr/bin:/bin")]);
        ClaudeCode::at(program).env(env).handshake_timeout(Duration::from_secs(5))
    };
    for (mistake, program) in programs {
        let error = Box::pin(fails(&den, mistake, claude(&program), |_| {})).await;
        section.saw(mistake, &error);
    }
    let old = den.path().join("old");
    let option = "--input-format=stream-json";
    let mistake = "an option that the agent does not know";
    let agent = claude(&old).extra_args([option]);
    let error = Box::pin(fails(&den, mistake, agent, |_| {})).await;
    section.saw(mistake, &error);
    let mistake = "an argument of more than 128 KiB";
    let agent = claude(&old).extra_args([format!("--a={}", "x".repeat(200_000))]);
    section.saw(mistake, &Box::pin(fails(&den, mistake, agent, |_| {})).await);
    let mistake = "an argument with a NUL";
    let agent = claude(&old).extra_args(["--a=\0"]);
    section.saw(mistake, &Box::pin(fails(&den, mistake, agent, |_| {})).await);
    section.check();
}
