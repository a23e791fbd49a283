//! What a session is given is in no command line, which every user of a machine can read.

use maestro_core::model::Decision;
use serde_json::json;

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;

for_each_release! { nothing_that_is_given_is_in_a_command_line }

/// The command lines of all processes of this machine.
fn command_lines() -> String {
    let processes = std::fs::read_dir("/proc").expect("there are processes");
    let lines =
        processes.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned() + "\n").collect()
}

async fn nothing_that_is_given_is_in_a_command_line(release: Release) {
    let Some(house) = House::build(release).await else { return };
    // Longer than what fits into every pipe.
    let long = "x".repeat(20_000);
    let mut talk = house
        .open_with(|spec| {
            spec.system_prompt = Some("the-given-prompt \0".to_owned());
            let server = json!({
                "type": "http", "url": "http://127.0.0.1:9/",
                "headers": { "Authorization": "Bearer the-given-token", "X-Long": long },
            });
            spec.mcp.insert("db".to_owned(), server);
            let agents = r#"--agents={"the-given-agent":{"description":"d","prompt":"the-given-words"}}"#;
            let servers = r#"--mcp-config={"mcpServers":{"two":{"type":"http","url":"http://127.0.0.1:9/","headers":{"A":"the-given-key"}}}}"#;
            spec.extra_args = vec![agents.to_owned(), servers.to_owned()];
            spec.output_schema = json!({
                "type": "object", "description": "the-given-schema",
                "properties": { "answer": { "type": "number", "description": "the-given-field" } },
            });
        })
        .await;
    talk.prompt("scenario: bash command=\"sleep 0; tr '\\\\0' ' ' < /proc/self/environ\"").await;
    let asked = talk.question().await;
    let lines = command_lines();
    assert!(lines.contains("--permission-prompt-tool=stdio"), "the agent is not among them");
    assert!(!lines.contains("the-given"), "{lines}");
    talk.answer(&asked, Decision::allow()).await;
    let seen = format!("{:?}", talk.until_idle().await);
    assert!(!command_lines().contains("the-given"));
    assert!(!seen.contains("the-given-token"), "a tool saw it: {seen}");

    // The agent has all of it.
    let status =
        talk.session.control(json!({ "subtype": "mcp_status" })).await.expect("it answers");
    for name in ["db", "two"] {
        assert!(status.to_string().contains(&format!(r#""name":"{name}""#)), "{status}");
    }
    assert!(house.last_request().contains("the-given-prompt"));
    assert!(house.last_request().contains("the-given-agent"));
    assert!(house.last_request().contains("the-given-field"));
}
