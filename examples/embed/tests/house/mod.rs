//! A git repository to work on, and a Claude Code that talks to a scripted model.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use scripted_model::{ModelConfig, ScriptedModel};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub(crate) struct House {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) claude: Option<(PathBuf, ScriptedModel)>,
}

impl House {
    /// Without an agent.
    pub(crate) fn new() -> Self {
        let house = Self { directory: tempfile::tempdir().unwrap(), claude: None };
        std::fs::create_dir(house.shop()).unwrap();
        house.git(&["init", "-q", "-b", "main"]);
        house.git(&["commit", "-q", "--allow-empty", "-m", "Begin"]);
        house
    }

    /// With Claude Code; none, with the reason on stderr, where it cannot be had.
    #[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
    pub(crate) async fn with_claude() -> Option<Self> {
        let fetch = concat!(env!("CARGO_MANIFEST_DIR"), "/../fetch-claude.sh");
        let fetched = Command::new(fetch).stderr(Stdio::inherit()).output().await.unwrap();
        if fetched.status.code() == Some(3) {
            eprintln!("skipped: there is no Claude Code here");
            return None;
        }
        assert!(fetched.status.success(), "{fetched:?}");
        let program = String::from_utf8(fetched.stdout).unwrap().trim().into();
        let model = ScriptedModel::start(ModelConfig::new()).await.unwrap();
        Some(Self { claude: Some((program, model)), ..Self::new() })
    }

    pub(crate) fn shop(&self) -> PathBuf {
        self.directory.path().join("shop")
    }

    /// Runs a program on the repository as a person would who has `claude` in the `PATH`, and gives what it printed.
    pub(crate) async fn run(&self, program: &str, argument: &str, stdin: &str) -> String {
        let mut command = Command::new(program);
        command.arg(self.shop()).arg(argument).env_clear().env("HOME", self.directory.path());
        let mut path = "/usr/local/bin:/usr/bin:/bin".to_owned();
        if let Some((claude, model)) = &self.claude {
            path = format!("{}:{path}", claude.parent().unwrap_or(Path::new("/")).display());
            command.env("ANTHROPIC_BASE_URL", model.base_url()).env("ANTHROPIC_API_KEY", "sk-fake");
            command
                .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
                .env("DISABLE_AUTOUPDATER", "1");
        }
        command.env("PATH", path).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{program}: {}\n{out}", output.status);
        out
    }

    /// Git in the repository.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"];
        let mut git = std::process::Command::new("git");
        let output =
            git.arg("-C").arg(self.shop()).args(identity).args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}
