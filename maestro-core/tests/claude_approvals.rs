//! Approvals of the real Claude Code CLI through the engine, with a scripted model on loopback. Needs
//! npm once; see `examples/fetch-claude.sh`.
#![cfg(all(unix, feature = "tokio", feature = "process"))]
#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::PathBuf;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::approval::RuleFilter;
use maestro_core::event::EventStream;
use maestro_core::model::{
    ApprovalRequested, EventData, EventFilter, Position, ProjectSpec, Remember, RuleSpec,
    SessionSpec,
};
use maestro_core::session::SessionHandle;
use maestro_core::transport::EnvPolicy;
use maestro_core::{Maestro, Running};
use scripted_model::{ModelConfig, ScriptedModel};
use tempfile::TempDir;

/// The program; none when it cannot be had here, which is said.
fn program() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fetch-claude.sh");
    let output = std::process::Command::new(script).output().expect("it starts");
    let reason = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {
            let path = String::from_utf8(output.stdout).expect("a path");
            Some(PathBuf::from(path.trim_end()))
        }
        Some(3) => {
            eprintln!("skipped: {reason}");
            None
        }
        code => panic!("fetch-claude.sh ended with {code:?}: {reason}"),
    }
}

/// A home, a work tree, a model and a node for one test.
struct House {
    maestro: Maestro,
    work: TempDir,
    questions: EventStream,
    _model: ScriptedModel,
    _home: TempDir,
}

impl House {
    async fn build() -> Option<Self> {
        let program = program()?;
        let model = ScriptedModel::start(ModelConfig::new()).await.expect("a model");
        let home = tempfile::tempdir().expect("a directory");
        let work = tempfile::tempdir().expect("a directory");
        let path = std::env::var_os("PATH").expect("a PATH");
        let set = [
            ("PATH", path.to_str().expect("UTF-8")),
            ("HOME", home.path().to_str().expect("UTF-8")),
            ("ANTHROPIC_BASE_URL", model.base_url()),
            ("ANTHROPIC_API_KEY", "sk-fake"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ];
        let env = EnvPolicy::exactly(set);
        let agent = ClaudeCode::at(program).env(env).config_dir(home.path().join(".claude"));
        let maestro = Maestro::builder().agent("claude", agent).build().await.expect("a node");
        let shop = ProjectSpec::new("shop", work.path());
        maestro.projects().ensure(shop).await.expect("a project");
        let filter = EventFilter::of_types(["approval.requested"]);
        let questions = maestro.events().subscribe(filter, Position::Now).await.expect("a feed");
        Some(Self { maestro, work, questions, _model: model, _home: home })
    }

    async fn open(&self) -> SessionHandle {
        let opened = self.maestro.sessions().open(SessionSpec::in_project("shop")).await;
        opened.expect("it opens")
    }

    async fn question(&mut self) -> ApprovalRequested {
        let event = self.questions.next().await.expect("the feed never ends").expect("an event");
        match event.data {
            EventData::ApprovalRequested(asked) => asked,
            other => panic!("not asked for: {other:?}"),
        }
    }

    /// Prompts, lets the one question be remembered, and waits for the end of the turn.
    async fn remember(&mut self, session: &SessionHandle, prompt: &str, remember: Remember) {
        let turn = session.prompt(prompt).await.expect("it is queued");
        let asked = self.question().await;
        assert!(!asked.answered, "a person is asked: {asked:?}");
        let id = asked.approval_id.expect("it has an id");
        let allowed = self.maestro.approvals().allow_with(id, None, remember).await;
        allowed.expect("it waits for an answer");
        let ended = turn.wait().await.expect("it ends");
        assert_eq!(ended.error, None);
    }

    /// Prompts, and gives the question, which a rule answers.
    async fn answered(&mut self, session: &SessionHandle, prompt: &str) -> ApprovalRequested {
        let turn = session.prompt(prompt).await.expect("it is queued");
        let asked = self.question().await;
        assert!(asked.answered, "a rule answers: {asked:?}");
        turn.wait().await.expect("it ends");
        asked
    }

    /// Prompts, and denies the question, which no rule answers; none where the CLI itself refuses the call.
    async fn denied(&mut self, session: &SessionHandle, prompt: &str) -> Option<ApprovalRequested> {
        let turn = session.prompt(prompt).await.expect("it is queued");
        let asked = tokio::select! {
            asked = self.question() => asked,
            _ = turn.wait() => return None,
        };
        assert!(!asked.answered, "{prompt}: a person is asked: {asked:?}");
        let id = asked.approval_id.expect("it has an id");
        self.maestro.approvals().deny(id, "no").await.expect("it waits for an answer");
        turn.wait().await.expect("it ends");
        Some(asked)
    }

    async fn put(&self, rule: RuleSpec) {
        self.maestro.approvals().policies().put(rule).await.expect("a rule");
    }

    async fn rules(&self) -> Vec<String> {
        let page = self.maestro.approvals().policies().list(RuleFilter::default()).await;
        page.expect("a list").rules.into_iter().map(|rule| rule.rule).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.work.path().join(name).exists()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_becomes_rules_and_nothing_in_the_work_tree() {
    let Some(mut house) = House::build().await else {
        return;
    };
    let session = house.open().await;
    let write = |name: &str| format!("scenario: write-file path={name} content=x");
    house.remember(&session, &write("a.txt"), Remember::Session).await;
    assert!(house.has("a.txt"));
    assert_eq!(house.rules().await, ["Write(./**)"]);
    let asked = house.answered(&session, &write("b.txt")).await;
    assert_eq!(asked.rule.as_deref(), Some("Write(./**)"));
    assert!(house.has("b.txt"));

    let run = |command: &str| format!("scenario: bash command=\"{command}\"");
    house.remember(&session, &run("mkdir made"), Remember::Project).await;
    assert!(house.has("made"));
    let other = house.open().await;
    let asked = house.answered(&other, &run("mkdir made")).await;
    assert!(asked.rule.as_deref().is_some_and(|rule| rule.starts_with("Bash(mkdir")), "{asked:?}");

    // A rule that denies, put later, holds at once, since the CLI was told to remember nothing.
    let deny = RuleSpec::deny("Edit(*.txt)").project("shop").reason("no texts");
    house.maestro.approvals().policies().put(deny).await.expect("a rule");
    let asked = house.answered(&session, &write("c.txt")).await;
    assert_eq!(asked.rule.as_deref(), Some("Edit(*.txt)"));
    assert!(!house.has("c.txt"));

    assert!(!house.has(".claude"), "no settings are left in the work tree");
    house.maestro.close(Running::Park).await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_broad_rule_lets_an_agent_write_what_runs_next() {
    let Some(mut house) = House::build().await else {
        return;
    };
    let session = house.open().await;
    let write = |name: &str| format!("scenario: write-file path={name} content=x");
    house.remember(&session, &write("a.txt"), Remember::Session).await;
    house.put(RuleSpec::allow("Edit").project("shop")).await;
    house.put(RuleSpec::allow("Edit(//**)").project("shop")).await;
    let names =
        [".claude/settings.json", ".mcp.json", "sub/.git/config", "web/package.json", ".envrc"];
    for name in names {
        let asked = house.denied(&session, &write(name)).await;
        assert!(!house.has(name));
        let Some(asked) = asked else { continue };
        let path = asked.input["file_path"].as_str().expect("a path");
        assert_eq!(asked.remembered_rules, [format!("Write(/{path})")], "just this file");
    }
    std::os::unix::fs::symlink(".envrc", house.work.path().join("notes.txt")).expect("a link");
    house.denied(&session, &write("notes.txt")).await;
    assert!(!house.has(".envrc"));
    let asked = house.answered(&session, &write("b.txt")).await;
    assert_eq!(asked.rule.as_deref(), Some("Write(./**)"));
    house.maestro.close(Running::Park).await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_one_program_lets_no_other_run() {
    let Some(mut house) = House::build().await else {
        return;
    };
    let session = house.open().await;
    for rule in ["Bash(echo:*)", "Bash(printf:*)", "Bash(tee:*)"] {
        house.put(RuleSpec::allow(rule).project("shop")).await;
    }
    let commands = [
        "echo \"$\\\n(touch x)\"",
        "echo $\\\n(touch x)",
        "echo `touch x`",
        "printf -v 'a[$(touch x)]' y",
        "echo a > x",
        "LD_PRELOAD=./y.so echo a > x",
        "echo a | tee .envrc",
    ];
    let run = |command: &str| {
        let escaped = command.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("scenario: bash command=\"{escaped}\"")
    };
    for command in commands {
        let asked = house.denied(&session, &run(command)).await;
        assert_eq!(asked.expect("it is asked").input["command"], command);
        assert!(!house.has("x") && !house.has(".envrc"), "{command}");
    }
    house.denied(&session, &run(&format!("echo {}", "! ".repeat(40_000)))).await;
    house.maestro.close(Running::Park).await.expect("it closes");
}
