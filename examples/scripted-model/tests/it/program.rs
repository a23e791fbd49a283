//! The binary.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::{body, send, user};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scripted-model"));
    command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn its_first_line_is_the_base_url() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    std::fs::write(&file, "name = \"mine\"\n[[steps]]\nblocks = [{ text = \"my own\" }]").unwrap();
    let mut child = program().arg("--scenarios").arg(&file).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().unwrap();
    let head = "POST /v1/messages HTTP/1.1\r\n";
    let reply =
        send(&url, head, &body(&[user("scenario: mine")], false).to_string()).await.unwrap();
    assert_eq!(reply.text(), "my own");
}

#[tokio::test]
async fn a_bad_file_is_named_with_its_field() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bad.toml"), "name = \"bad\"\n[[steps]]\nblock = []").unwrap();
    let output = program().arg("--scenarios").arg(dir.path()).output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for part in ["bad.toml", "scenario `bad`", "line 3", "unknown field `block`"] {
        assert!(stderr.contains(part), "{part} is not in {stderr}");
    }
}

#[tokio::test]
async fn the_list_names_every_scenario() {
    let output = program().arg("--list").output().await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.lines().any(|line| line.starts_with("write-file ")), "{stdout}");
}
