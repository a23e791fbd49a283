//! A node with the real CLI, a model that knows one key, and all that could show the key.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use maestro_core::Maestro;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::ProjectSpec;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::transport::EnvPolicy;
use maestro_core::transport::process::{ProcessConfig, ProcessTransport};
use scripted_model::{ModelConfig, Scenario, ScriptedModel, Step};
use serde_json::json;
use tempfile::TempDir;

/// A key that nobody has, new for each test.
pub(crate) fn made_up_key() -> String {
    let letters = std::iter::repeat_with(fastrand::alphanumeric).take(64);
    format!("sk-ant-test-{}", letters.collect::<String>())
}

pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let fetch = || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fetch-claude.sh");
        let output = Command::new(script).output().expect("it starts");
        match output.status.code() {
            Some(0) => Some(String::from_utf8(output.stdout).expect("a path").trim_end().into()),
            Some(3) => None,
            code => panic!("{code:?}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    };
    let program = PROGRAM.get_or_init(fetch).as_deref();
    if program.is_none() {
        println!("skipped: Claude Code cannot be had here");
    }
    program
}

/// How the key reaches the CLI.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// In the policy's environment, tools too.
    Shown,
    /// In the environment of this process, which the CLI inherits, tools too.
    Inherited,
    /// By an account.
    Account,
}

pub(crate) struct House {
    pub(crate) directory: TempDir,
    pub(crate) maestro: Maestro,
    pub(crate) model: ScriptedModel,
    pub(crate) key: String,
    pub(crate) logs: Logs,
    watcher: Watcher,
}

impl House {
    /// None where the CLI cannot be had.
    pub(crate) async fn build(key: &str, way: Way) -> Option<Self> {
        let program = program()?;
        let logs = Logs::take();
        let model = ScriptedModel::start(model(key)).await.expect("a model");
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["home", "shop", "data"] {
            std::fs::create_dir(directory.path().join(name)).expect("a directory");
        }
        let home = directory.path().join("home");
        let set = [
            ("PATH", std::env::var_os("PATH").expect("a PATH").into_string().expect("text")),
            ("HOME", home.display().to_string()),
            ("ANTHROPIC_BASE_URL", model.base_url().to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("CLAUDE_CODE_MAX_RETRIES", "1".to_owned()),
        ];
        let mut env = EnvPolicy::default();
        env.inherit = way == Way::Inherited;
        env.set = set.map(|(name, value)| (name.to_owned(), value)).into();
        if way == Way::Shown {
            env.set.insert("ANTHROPIC_API_KEY".to_owned(), key.to_owned());
        }
        let claude = ClaudeCode::at(talkative(directory.path(), program, key))
            .config_dir(home.join(".claude"))
            .login_for_tools(way != Way::Account)
            .env(env);
        let state = directory.path().join("data/state");
        let transport = ProcessTransport::new(ProcessConfig::default().state_directory(&state));
        let maestro = Maestro::builder()
            .storage(Sqlite::at(directory.path().join("data/maestro.db")))
            .transport(Arc::new(transport.expect("`/proc` can be read")))
            .agent("claude", claude)
            .build()
            .await
            .expect("a node");
        let shop = ProjectSpec::new("shop", directory.path().join("shop"));
        maestro.projects().ensure(shop).await.expect("a project");
        let watcher = Watcher::start(state, key);
        Some(Self { directory, maestro, model, key: key.to_owned(), logs, watcher })
    }

    /// What may show the key once the node is closed: the database with all that lies beside it, the
    /// log, what was seen of processes and journals meanwhile, and what the test itself was given.
    pub(crate) fn scan(self, given: Vec<(String, Vec<u8>)>) {
        let watched = self.watcher.end();
        assert!(watched.journals > 0, "no journal was seen while the agent ran");
        assert_eq!(watched.command_lines, BTreeSet::new(), "in command lines");
        let mut texts = given;
        texts.push(("the log".to_owned(), self.logs.bytes()));
        texts.push(("the journals".to_owned(), watched.text));
        files(&self.directory.path().join("data"), &mut texts);
        assert!(texts.iter().any(|(name, _)| name.ends_with("maestro.db")));
        for (name, bytes) in &texts {
            let text = String::from_utf8_lossy(bytes);
            for (spelling, needle) in spellings(&self.key) {
                let times = text.matches(&needle).count();
                assert_eq!(times, 0, "the key stands {spelling} in {name}");
            }
        }
    }
}

/// The key in each encoding; base64 without the ends that depend on what is around.
pub(crate) fn spellings(key: &str) -> Vec<(String, String)> {
    let mut all = vec![("as it is".to_owned(), key.to_owned())];
    let hex = |upper| {
        let byte = |b: u8| if upper { format!("{b:02X}") } else { format!("{b:02x}") };
        key.bytes().map(byte).collect::<Vec<_>>().concat()
    };
    all.push(("in hexadecimal".to_owned(), hex(false)));
    all.push(("in hexadecimal".to_owned(), hex(true)));
    for before in 0..3_usize {
        for encoded in [
            STANDARD_NO_PAD.encode(format!("{}{key}", "x".repeat(before))),
            URL_SAFE_NO_PAD.encode(format!("{}{key}", "x".repeat(before))),
        ] {
            let inner = encoded[4..encoded.len() - 4].to_owned();
            // The tool cuts lines after 76 characters; half of it stands on one line.
            all.push((format!("in base64 after {before}"), inner[..inner.len() / 2].to_owned()));
            all.push((format!("in base64 after {before}"), inner[inner.len() / 2..].to_owned()));
        }
    }
    // It stays itself in JSON and in URLs.
    assert_eq!(json!(key).to_string(), format!("\"{key}\""));
    all
}

pub(crate) fn count(text: &[u8], needle: &[u8]) -> usize {
    let needle = std::str::from_utf8(needle).expect("text");
    String::from_utf8_lossy(text).matches(needle).count()
}

fn files(directory: &Path, texts: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, texts);
        } else {
            texts.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
}

/// The CLI behind a script that writes the key to its standard error, in two halves.
fn talkative(directory: &Path, program: &Path, key: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let (head, tail) = key.split_at(key.len() / 2);
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" != --version ]; then\nprintf 'warning: key %s' {head} >&2\nsleep 0.2\n\
         printf '%s is old\\n' {tail} >&2\nfi\nexec '{}' \"$@\"\n",
        program.display()
    );
    let path = directory.join("claude");
    std::fs::write(&path, script).expect("a disk");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("a disk");
    path
}

fn model(key: &str) -> ModelConfig {
    let bash = |command: &str| {
        Step::new().tool("Bash", json!({ "command": command, "description": "looks" }))
    };
    let pieces = |text: &str| {
        let pace = scripted_model::Pace {
            chunk_chars: Some(7.into()),
            delay_ms: Some(1.into()),
            ..scripted_model::Pace::default()
        };
        Step::new()
            .block(scripted_model::Block::Thinking { text: text.to_owned(), pace: pace.clone() })
            .block(scripted_model::Block::Text { text: text.to_owned(), pace })
    };
    let prints = "env | tee env.txt; env | base64; env | base64 -w0; env | od -An -tx1 | tr -d ' \\n'; \
                  echo \"$ANTHROPIC_API_KEY\" >&2; false";
    ModelConfig::new()
        .api_key(key)
        .scenario(
            Scenario::new("spill")
                .step(bash(prints))
                .step(pieces(&format!("Your key is {key}, and in a URL: ?key={key}&x=1."))),
        )
        .scenario(
            Scenario::new("asks")
                .step(bash(&format!("printf %s {key} > key.txt")))
                .step(Step::new().text("Written.")),
        )
        .toml(&format!(
            "name = \"fails\"\n[[steps]]\nfail = [{{ status = 400, times = 1000, \
             message = \"the key {key} is not allowed\" }}]\n"
        ))
        .expect("a scenario")
}

/// Everything that is logged, at the level that tells most.
#[derive(Clone, Default)]
pub(crate) struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// The log of this process; tests of one process share it.
    pub(crate) fn take() -> Self {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        let start = || {
            let logs = Self::default();
            let writer = logs.clone();
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
                .with_writer(move || writer.clone())
                .init();
            logs
        };
        LOGS.get_or_init(start).clone()
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("a log").clone()
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Looks at processes and journals while the test runs.
struct Watcher {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Watched>,
}

#[derive(Default)]
pub(crate) struct Watched {
    command_lines: BTreeSet<String>,
    journals: usize,
    text: Vec<u8>,
}

impl Watcher {
    #[expect(clippy::disallowed_methods, reason = "it watches other processes, by the real clock")]
    fn start(state: PathBuf, key: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, key) = (Arc::clone(&stop), key.to_owned());
        let thread = std::thread::spawn(move || {
            let mut watched = Watched::default();
            while !stopped.load(Ordering::SeqCst) {
                look(&state, &key, &mut watched);
                std::thread::sleep(Duration::from_millis(5));
            }
            watched
        });
        Self { stop, thread }
    }

    fn end(self) -> Watched {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("it watches")
    }
}

fn look(state: &Path, key: &str, watched: &mut Watched) {
    // Processes and journals come and go while they are looked at.
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        // The tool's own shell has in its arguments what the model told it to run.
        let is_tool = count(&line, b"shell-snapshots") > 0 || count(&line, b"printf") > 0;
        if !is_tool && count(&line, key.as_bytes()) > 0 {
            watched.command_lines.insert(String::from_utf8_lossy(&line).into_owned());
        }
    }
    for journal in std::fs::read_dir(state.join("journals")).into_iter().flatten().flatten() {
        let text = std::fs::read(journal.path()).unwrap_or_default();
        watched.journals += 1;
        watched.text.extend(text);
    }
}
