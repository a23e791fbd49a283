//! What a node makes belongs to its user alone, whatever the umask.
#![cfg(all(feature = "sqlite", feature = "tokio", feature = "process"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use maestro_core::agent::scripted::{Script, ScriptedAgent};
use maestro_core::id::NodeId;
use maestro_core::model::{PlacePath, ProjectSpec, TaskSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::transport::process::{ProcessConfig, ProcessTransport};
use maestro_core::transport::{ProgramSpec, Transport as _};
use maestro_core::{Maestro, Running};

/// Every file and directory below one, and its mode; not what is in a workspace, which is as Git makes it
/// and behind a directory of ours.
fn modes(directory: &Path, workspaces: &Path, out: &mut Vec<(PathBuf, u32)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let found = std::fs::symlink_metadata(&path).unwrap();
        // A link has no mode of its own.
        if !found.is_symlink() {
            out.push((path.clone(), found.mode() & 0o777));
        }
        if found.is_dir() && path.parent() != Some(workspaces) {
            modes(&path, workspaces, out);
        }
    }
}

fn git(project: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    let done = Command::new("git").arg("-C").arg(project).args(identity).args(args).output();
    assert!(done.unwrap().status.success(), "git {args:?}");
}

async fn work(directory: &Path) {
    let (project, own) = (directory.join("project"), directory.join("own"));
    let agent = ScriptedAgent::new().remember_in(own.join("conversations"));
    let agent = agent.default_script(Script::new().write("file", "text").say("Done."));
    let maestro = Maestro::builder()
        .storage(Sqlite::at(own.join("maestro.db")))
        .worktrees(own.join("worktrees"))
        .agent("claude", agent)
        .build()
        .await
        .unwrap();
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", &project)).await.unwrap();
    let task = maestro.tasks().submit(TaskSpec::prompt("Write.").project(&shop)).await.unwrap();
    assert!(task.wait().await.unwrap().is_success());

    let state = own.join("maestro.db-state");
    let transport = ProcessTransport::new(ProcessConfig::default().state_directory(&state));
    let transport = transport.unwrap();
    let node = NodeId::from_uuid(uuid::Uuid::from_u128(fastrand::u128(..)));
    let cwd = PlacePath::new(transport.place(), directory);
    let mut program = ProgramSpec::new("sh", cwd, node);
    program.args = vec!["-c".to_owned(), "echo ready; exec sleep 3600".to_owned()];
    program.env.set.insert("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned());
    let program = transport.start(program).await.unwrap();
    program.next().await.unwrap();

    let mut found = Vec::new();
    let mut entries = std::fs::read_dir(own.join("worktrees")).unwrap().map(Result::unwrap);
    let of_project = entries.find(|entry| entry.file_name() != ".git-settings");
    let of_project = of_project.unwrap();
    modes(&own, &of_project.path(), &mut found);
    let inside = |path: &Path| path.parent() == Some(of_project.path().as_path());
    let wide = found.iter().filter(|(path, mode)| mode & 0o077 != 0 && !inside(path));
    let wide: Vec<_> = wide.collect();
    assert!(wide.is_empty(), "{wide:?}");
    for made in ["maestro.db", "maestro.db-wal", "maestro.db-state/place", "conversations"] {
        assert!(found.iter().any(|(path, _)| *path == own.join(made)), "{made}");
    }
    let journals = state.join("journals");
    assert!(found.iter().any(|(path, _)| path.parent() == Some(&journals)), "{found:?}");
    transport.close().await.unwrap();
    maestro.close(Running::Park).await.unwrap();
}

#[test]
#[ignore = "a role: another test starts it with a umask"]
fn role_node() {
    let Some(directory) = std::env::var_os("MAESTRO_TEST_DIRECTORY") else { return };
    let tokio = tokio::runtime::Runtime::new().unwrap();
    tokio.block_on(work(Path::new(&directory)));
}

#[test]
fn what_a_node_makes_is_private_whatever_the_umask() {
    for umask in ["000", "002", "022", "077"] {
        let directory = tempfile::tempdir().unwrap();
        let (project, own) = (directory.path().join("project"), directory.path().join("own"));
        for made in [&project, &own] {
            std::fs::create_dir(made).unwrap();
            // The user's own directories stay as they are.
            std::fs::set_permissions(made, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        git(&project, &["init", "-q", "-b", "main"]);
        git(&project, &["commit", "-q", "--allow-empty", "-m", "start"]);
        let role = Command::new("sh")
            .args(["-c", "umask $1; shift; exec \"$@\"", "sh", umask])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "role_node", "--ignored", "--nocapture"])
            .env("MAESTRO_TEST_DIRECTORY", directory.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&role.stderr);
        assert!(role.status.success(), "umask {umask}: {said}");
        for made in [&project, &own] {
            assert_eq!(std::fs::metadata(made).unwrap().mode() & 0o777, 0o755);
        }
    }
}
