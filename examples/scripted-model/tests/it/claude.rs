//! The real Claude Code against the endpoint. Needs npm once; see `examples/fetch-claude.sh`.
#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use scripted_model::{Fault, ModelConfig, Scenario, ScriptedModel, Step};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The program, fetched once for this process; `None` when it cannot be had here, which is said.
fn claude() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let fetch = || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fetch-claude.sh");
        let output = std::process::Command::new(script).output().expect("the script starts");
        let reason = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Some(PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())),
            Some(3) => {
                eprintln!("skipped: {reason}");
                None
            }
            code => panic!("fetch-claude.sh ended with {code:?}: {reason}"),
        }
    };
    PROGRAM.get_or_init(fetch).as_deref()
}

/// A home and a working directory for one test.
struct Place {
    home: TempDir,
    work: TempDir,
    claude: &'static Path,
}

impl Place {
    fn new() -> Option<Self> {
        let claude = claude()?;
        Some(Self {
            home: tempfile::tempdir().unwrap(),
            work: tempfile::tempdir().unwrap(),
            claude,
        })
    }

    /// Starts `claude -p` with nothing of this process's environment but the path.
    fn start(&self, model: &ScriptedModel, arguments: &[&str]) -> Child {
        Command::new(self.claude)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("ANTHROPIC_BASE_URL", model.base_url())
            .env("ANTHROPIC_API_KEY", "sk-fake")
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .env("DISABLE_AUTOUPDATER", "1")
            .args(["-p", "--output-format=stream-json", "--verbose"])
            .args(arguments)
            .current_dir(self.work.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Runs it to its end and gives its `result` line.
    async fn run(&self, model: &ScriptedModel, arguments: &[&str]) -> Value {
        let output = self.start(model, arguments).wait_with_output().await.unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut lines = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let result = lines.rfind(|line| line["type"] == "result");
        result.unwrap_or_else(|| panic!("no result: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }
}

async fn builtin() -> ScriptedModel {
    ScriptedModel::start(ModelConfig::new()).await.unwrap()
}

/// The scenario and step of every request, in order; a step of `None` is after the last.
fn played(model: &ScriptedModel) -> Vec<(String, Option<usize>)> {
    let requests = model.requests();
    let played = requests
        .iter()
        .filter_map(|request| Some((request.scenario()?.to_owned(), request.step())));
    played.collect()
}

#[tokio::test]
async fn hello() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    let result = place.run(&model, &["scenario: hello text=\"Hi there.\""]).await;
    assert_eq!((&result["is_error"], &result["result"]), (&json!(false), &json!("Hi there.")));
    assert_eq!(result["usage"]["input_tokens"], 20);
    let paths: Vec<String> = model.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.iter().all(|path| path.starts_with("/v1/messages")), "{paths:?}");
}

#[tokio::test]
async fn a_file_is_written() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    let prompt =
        "Write it.\nscenario: write-file path=notes/plan.md content=\"# Plan\\nDo it.\\n\"";
    let result = place.run(&model, &["--permission-mode=acceptEdits", prompt]).await;
    assert_eq!(result["result"], "Wrote notes/plan.md.", "{result}");
    assert_eq!(std::fs::read_to_string(place.file("notes/plan.md")).unwrap(), "# Plan\nDo it.\n");
}

#[tokio::test]
async fn a_command_runs_and_tools_of_one_message_both_run() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    let command = "for i in 1 2 3; do echo \\\"$CLAUDECODE $i\\\" >> out.txt; done";
    let prompt = format!("scenario: bash command=\"{command}\"");
    let result = place.run(&model, &["--allowedTools=Bash", &prompt]).await;
    assert_eq!(result["result"], "Ran the command.", "{result}");
    assert_eq!(std::fs::read_to_string(place.file("out.txt")).unwrap(), "1 1\n1 2\n1 3\n");

    let prompt = "scenario: two-tools first=\"echo a >> two.txt\" second=\"echo b >> two.txt\"";
    let result = place.run(&model, &["--allowedTools=Bash", prompt]).await;
    assert_eq!(result["result"], "Ran both.", "{result}");
    let two = std::fs::read_to_string(place.file("two.txt")).unwrap();
    assert!(two == "a\nb\n" || two == "b\na\n", "{two}");
}

#[tokio::test]
async fn failures_are_survived() {
    let Some(place) = Place::new() else { return };
    let scenario = Scenario::new("rough").step(
        Step::new()
            .text("Survived everything.")
            .fail(Fault::status(500))
            .fail(Fault::drop_before_headers())
            .fail(Fault::stream_error("overloaded_error"))
            .fail(Fault::drop_mid_stream()),
    );
    let model = ScriptedModel::start(ModelConfig::new().scenario(scenario)).await.unwrap();
    let result = place.run(&model, &["scenario: rough"]).await;
    assert_eq!(result["result"], "Survived everything.", "{result}");
    assert!(model.requests().len() >= 5, "{:?}", played(&model));
}

#[tokio::test]
async fn a_refused_prompt_is_an_error_of_the_turn_and_can_be_corrected() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    let id = "00000000-0000-4000-8000-000000000002";
    let session = format!("--session-id={id}");
    let result = place.run(&model, &[&session, "scenario: absent"]).await;
    assert_eq!(result["is_error"], true);
    assert!(
        result["result"].as_str().unwrap().contains("no scenario is called `absent`"),
        "{result}"
    );
    let resume = format!("--resume={id}");
    let result = place.run(&model, &[&resume, "scenario: hello text=Better."]).await;
    assert_eq!(result["result"], "Better.", "{result}");
}

// After a 400 the CLI asks five times more, each time with fewer optional features.
#[tokio::test]
async fn a_failed_turn_goes_on_at_the_same_step() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    let id = "00000000-0000-4000-8000-000000000003";
    let session = format!("--session-id={id}");
    let result = place.run(&model, &[&session, "scenario: error-400 times=6"]).await;
    assert_eq!(
        (&result["is_error"], &result["api_error_status"]),
        (&json!(true), &json!(400)),
        "{result}"
    );
    let resume = format!("--resume={id}");
    let result = place.run(&model, &[&resume, "Continue"]).await;
    assert_eq!(result["result"], "Recovered from 400.", "{result}");
}

#[tokio::test]
async fn a_tool_that_a_kill_cut_off_is_called_again_after_a_resume() {
    let Some(place) = Place::new() else { return };
    // The first run of the command waits for a file that nobody makes; the second finds its own trace and goes on.
    let command = "echo run >> runs.txt; if [ $(wc -l < runs.txt) = 1 ]; then echo $$ > pid; exec tail -f /dev/null; fi";
    let scenario = Scenario::new("cut")
        .step(
            Step::new().text("First.").tool("Bash", json!({"command": "echo first >> first.txt"})),
        )
        .step(Step::new().say("Now the long one.", 5).tool("Bash", json!({"command": command})))
        .step(Step::new().text("All of it ran."));
    let model = ScriptedModel::start(ModelConfig::new().scenario(scenario)).await.unwrap();
    let id = "00000000-0000-4000-8000-000000000001";
    let session = format!("--session-id={id}");
    let mut child = place.start(&model, &["--allowedTools=Bash", &session, "scenario: cut"]);
    wait_until("the tool runs and the transcript holds its call", || {
        place.file("pid").exists()
            && transcript(place.home.path()).contains("Now the long one.")
            && transcript(place.home.path()).contains("runs.txt")
    })
    .await;
    child.kill().await.unwrap();
    end_tool(&place.file("pid"));

    let resume = format!("--resume={id}");
    let result = place.run(&model, &["--allowedTools=Bash", &resume, "Continue"]).await;
    assert_eq!(
        (&result["is_error"], &result["result"]),
        (&json!(false), &json!("All of it ran.")),
        "{result}"
    );
    assert_eq!(std::fs::read_to_string(place.file("runs.txt")).unwrap(), "run\nrun\n");
    assert_eq!(std::fs::read_to_string(place.file("first.txt")).unwrap(), "first\n");
    let steps: Vec<Option<usize>> = played(&model).into_iter().map(|(_, step)| step).collect();
    assert_eq!(steps, [Some(0), Some(1), Some(1), Some(2)]);
}

#[tokio::test]
async fn an_answer_that_a_kill_cut_off_is_given_again_after_a_resume() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    let id = "00000000-0000-4000-8000-000000000004";
    let session = format!("--session-id={id}");
    let mut child = place.start(&model, &[&session, "scenario: hang-mid"]);
    model.wait_for(|request| request.scenario() == Some("hang-mid")).await;
    wait_until("the transcript holds the prompt", || {
        transcript(place.home.path()).contains("scenario: hang-mid")
    })
    .await;
    child.kill().await.unwrap();
    let resume = format!("--resume={id}");
    let result = place.run(&model, &[&resume, "Continue"]).await;
    assert_eq!(result["result"], "This sentence has two halves.", "{result}");
}

// So that a Write whose step is played again after a kill goes through.
#[tokio::test]
async fn a_second_write_replaces_the_file() {
    let Some(place) = Place::new() else { return };
    let model = builtin().await;
    std::fs::write(place.file("hello.txt"), "before").unwrap();
    let result =
        place.run(&model, &["--permission-mode=acceptEdits", "scenario: write-file"]).await;
    assert_eq!(result["result"], "Wrote hello.txt.", "{result}");
    assert_eq!(std::fs::read_to_string(place.file("hello.txt")).unwrap(), "hello\n");
}

/// Waits for something that another process does.
async fn wait_until(what: &str, mut true_now: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if true_now() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

/// Everything that the transcripts below a home say.
fn transcript(home: &Path) -> String {
    let mut text = String::new();
    for project in std::fs::read_dir(home.join(".claude/projects")).into_iter().flatten().flatten()
    {
        for file in std::fs::read_dir(project.path()).into_iter().flatten().flatten() {
            // A directory beside the transcripts is not one.
            text.push_str(&std::fs::read_to_string(file.path()).unwrap_or_default());
        }
    }
    text
}

/// Ends the tool that a killed CLI leaves behind, by the pid that it wrote itself.
fn end_tool(pid: &Path) {
    let pid = std::fs::read_to_string(pid).unwrap();
    let status = std::process::Command::new("kill").arg("-9").arg(pid.trim()).status().unwrap();
    assert!(status.success());
}
