//! What is over leaves nothing behind in memory.

use std::time::Duration;

use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::model::{EventData, ProjectSpec, SessionSpec, TaskSpec};
use maestro_core::testing::held;
use maestro_core::{Maestro, Running};
use serde_json::Value;

use super::support::{World, under_seeds};

/// Sessions of each way to end.
const EACH: usize = 5;

fn scripted() -> ScriptedAgent {
    ScriptedAgent::new()
        .script("slow", Script::new().say_slowly("one two three", Duration::from_mins(1)))
        .script("ask", Script::new().tool(ToolStep::new("Bash").ask()).say("Done."))
        .script("hang", Script::new().hang())
        .script("exit", Script::new().say("Well.").exit())
}

/// Opens a session, prompts it, and follows it until `seen` is satisfied.
async fn until(node: &Maestro, scenario: &str, seen: impl Fn(&EventData) -> bool) {
    let session =
        node.sessions().open(SessionSpec::in_project("shop").agent("scripted")).await.unwrap();
    let mut events = session.events();
    session.prompt(format!("Go\nscenario: {scenario}")).await.unwrap();
    loop {
        let event = events.next().await.expect("the session goes on").unwrap();
        if seen(&event.data) {
            break;
        }
    }
    // The feed is dropped in the middle, and the session is closed in the middle of its turn.
    drop(events);
    session.close().await.unwrap();
}

#[test]
fn what_is_over_is_held_no_more() {
    under_seeds(async |world: World| {
        let node = world.builder().agent("scripted", scripted()).build().await.unwrap();
        node.projects().ensure(ProjectSpec::new("shop", std::env::temp_dir())).await.unwrap();
        world.sleep(Duration::from_mins(1)).await;
        let before = held(&node);
        for _ in 0..EACH {
            until(&node, "slow", |data| matches!(data, EventData::MessageDelta(_))).await;
            until(&node, "ask", |data| matches!(data, EventData::ApprovalRequested(_))).await;
            until(&node, "hang", |data| matches!(data, EventData::TurnStarted(_))).await;
            until(&node, "exit", |data| matches!(data, EventData::Message(_))).await;
            let over = node
                .tasks()
                .submit(TaskSpec::prompt("Go").project("shop").agent("echo"))
                .await
                .unwrap();
            over.wait().await.unwrap();
            let cancelled = TaskSpec::of_kind("patient", Value::Null);
            let cancelled = node.tasks().submit(cancelled).await.unwrap();
            let mut events = cancelled.events();
            while !matches!(events.next().await.unwrap().unwrap().data, EventData::TaskStarted(_)) {
            }
            cancelled.cancel("enough").await.unwrap();
            cancelled.wait().await.unwrap();
        }
        // What was told to end has ended by then.
        world.sleep(Duration::from_mins(1)).await;
        assert_eq!(held(&node), before);
        node.close(Running::Park).await.unwrap();
    });
}
