//! Tasks whose agent loses its process.

use std::time::Duration;

use maestro_core::model::{EventData, Origin, Outcome};
use maestro_core::{Maestro, Running};

use crate::puppet::Puppet;
use crate::support::{World, ask, project, under_seeds};

/// Submits a task whose agent hangs, and loses its node once the agent works.
async fn crashed(world: &World, puppet: &Puppet) -> maestro_core::id::TaskId {
    let node: Maestro = world.builder().agent("puppet", puppet.clone()).build().await.unwrap();
    let project = project(&node).await;
    let task = node.tasks().submit(ask(&project, "hang").agent("puppet")).await.unwrap().id();
    while puppet.heard().is_empty() {
        world.sleep(Duration::from_secs(1)).await;
    }
    // The turn is durable before the agent hears of it.
    world.runtime.drop_tasks();
    drop((project, node));
    world.sleep(Duration::from_secs(1)).await;
    task
}

async fn finish(
    world: &World,
    puppet: &Puppet,
    id: maestro_core::id::TaskId,
) -> (Outcome, Vec<Origin>) {
    let node = world.builder().agent("puppet", puppet.clone()).build().await.unwrap();
    let task = node.tasks().handle(id);
    while puppet.heard().len() < 2 {
        world.sleep(Duration::from_secs(1)).await;
    }
    if puppet.heard()[1] == "hang" {
        task.cancel("seen enough").await.unwrap();
    }
    let outcome = task.wait().await.unwrap();
    let mut events = task.events();
    let mut origins = Vec::new();
    while let Some(event) = events.next().await {
        if let EventData::TurnStarted(started) = event.unwrap().data {
            origins.push(started.origin);
        }
    }
    node.close(Running::Park).await.unwrap();
    (outcome, origins)
}

#[test]
fn an_agent_that_remembers_goes_on_in_the_same_session() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let task = crashed(&world, &puppet).await;
        let (outcome, origins) = finish(&world, &puppet, task).await;
        assert!(outcome.is_success(), "{outcome:?}");
        let heard = puppet.heard();
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert!(heard[1].contains("Go on where you stopped"), "{heard:?}");
        assert_eq!(origins, [Origin::Prompt, Origin::Recovery]);
    });
}

#[test]
fn an_agent_that_forgot_is_asked_the_same_again() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let task = crashed(&world, &puppet).await;
        puppet.forget();
        let (outcome, origins) = finish(&world, &puppet, task).await;
        assert!(matches!(outcome, Outcome::Cancelled { .. }), "{outcome:?}");
        assert_eq!(puppet.heard(), ["hang", "hang"]);
        assert_eq!(origins, [Origin::Prompt, Origin::Prompt]);
    });
}
