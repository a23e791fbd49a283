//! How many agent processes start at once.

use std::time::Duration;

use futures::future::join_all;
use maestro_core::agent::scripted::ScriptedAgent;
use maestro_core::id::ProjectId;
use maestro_core::model::{SessionSpec, TaskState};
use maestro_core::runtime::{Runtime as _, RuntimeExt as _, spawn};
use maestro_core::session::{SessionFilter, SessionHandle};
use maestro_core::{ErrorKind, Maestro, MaestroBuilder, Result, Running};

use crate::slow::Slow;
use crate::support::{World, ask, project, under_seeds};

const START: Duration = Duration::from_secs(2);

fn slow(world: &World) -> Slow {
    Slow::new(world, ScriptedAgent::new()).opens_in(START).closes_in(Duration::from_secs(1))
}

fn with(world: &World, slow: &Slow, at_once: u32) -> MaestroBuilder {
    world.builder().agent("slow", slow.clone()).starts_at_once(at_once)
}

async fn open(maestro: Maestro, project: ProjectId) -> Result<SessionHandle> {
    maestro.sessions().open(SessionSpec::in_project(project.to_string()).agent("slow")).await
}

#[test]
fn a_node_starts_no_more_than_its_limit_at_once_in_the_order_in_which_they_were_asked_for() {
    under_seeds(|world| async move {
        let slow = slow(&world);
        let maestro = with(&world, &slow, 3).build().await.unwrap();
        let project = project(&maestro).await.id();
        let begun = world.runtime.now();
        let mut asked = Vec::new();
        let mut opening = Vec::new();
        for _ in 0..20 {
            opening.push(spawn(&world.runtime, "open", open(maestro.clone(), project)));
            // Time passes when nothing else can happen: it is in the queue then.
            world.sleep(Duration::from_millis(1)).await;
            let page = maestro.sessions().list(SessionFilter::default()).await.unwrap();
            let mut ids = page.sessions.iter().map(|session| session.id);
            asked.push(ids.find(|id| !asked.contains(id)).unwrap());
        }
        let opened = join_all(opening).await;
        assert!(opened.iter().all(Result::is_ok));
        assert_eq!(slow.most_at_once(), 3);
        let took = world.runtime.now().since(begun);
        assert!(took >= START * 7 && took < START * 8, "7 rounds took {took:?}");
        assert_eq!(slow.started(), asked);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_open_that_is_dropped_frees_its_place_whether_it_waits_or_starts() {
    under_seeds(|world| async move {
        let slow = slow(&world);
        let maestro = with(&world, &slow, 2).build().await.unwrap();
        let project = project(&maestro).await.id();
        let mut opening: Vec<_> =
            (0..12).map(|_| Box::pin(open(maestro.clone(), project))).collect();
        let waits = join_all(opening.iter_mut());
        assert!(world.runtime.timeout(Duration::from_millis(500), waits).await.is_none());
        assert_eq!(slow.started().len(), 2);
        // One that starts, and some that wait before and behind others.
        for index in [9, 8, 5, 4, 2, 0] {
            drop(opening.remove(index));
        }
        let begun = world.runtime.now();
        assert!(join_all(opening).await.iter().all(Result::is_ok));
        let took = world.runtime.now().since(begun);
        assert!(took < START * 4, "6 in pairs took {took:?}");
        assert_eq!(slow.most_at_once(), 2);
        open(maestro.clone(), project).await.unwrap();
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_node_that_closes_starts_none_of_those_that_wait() {
    under_seeds(|world| async move {
        let slow = slow(&world);
        let maestro = with(&world, &slow, 1).concurrency(8).build().await.unwrap();
        let project = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&project, "hello").agent("slow")).await.unwrap();
        while slow.started().is_empty() {
            world.sleep(Duration::from_millis(10)).await;
        }
        let other = maestro.tasks().submit(ask(&project, "hello").agent("slow")).await.unwrap();
        while other.info().await.unwrap().state != TaskState::Running {
            world.sleep(Duration::from_millis(10)).await;
        }
        let opening = open(maestro.clone(), project.id());
        let closing = async {
            world.sleep(Duration::from_millis(500)).await;
            maestro.close(Running::Park).await
        };
        let (opened, closed) = futures::future::join(opening, closing).await;
        assert_eq!(opened.unwrap_err().kind(), ErrorKind::Closed);
        closed.unwrap();
        assert_eq!(slow.started().len(), 1);

        let second = with(&world, &slow, 1).build().await.unwrap();
        for id in [task.id(), other.id()] {
            let task = second.tasks().handle(id);
            assert!(task.wait().await.unwrap().is_success());
            let info = task.info().await.unwrap();
            assert_eq!((info.failures, info.crashes), (0, 0), "{info:?}");
            let mut events = task.events();
            while let Some(event) = events.next().await {
                assert_ne!(event.unwrap().event_type(), "session.failed", "nothing was tried");
            }
        }
        second.close(Running::Park).await.unwrap();
    });
}

/// Everything at once, with as little room as there can be.
#[test]
fn starts_permits_and_sessions_that_give_way_do_not_block_each_other() {
    under_seeds(|world| async move {
        let slow = slow(&world);
        let maestro = with(&world, &slow, 1).concurrency(3).warm_sessions(1).build().await.unwrap();
        let project = project(&maestro).await;
        let mut tasks = Vec::new();
        for _ in 0..5 {
            tasks.push(maestro.tasks().submit(ask(&project, "hello").agent("slow")).await.unwrap());
        }
        let opening = (0..5).map(|_| open(maestro.clone(), project.id()));
        let sessions: Vec<_> = join_all(opening).await.into_iter().map(Result::unwrap).collect();
        for round in 1..=3 {
            let turns = sessions.iter().map(|session| async move {
                session.prompt("hello").await.unwrap().wait().await.unwrap().number
            });
            assert_eq!(join_all(turns).await, [round; 5]);
        }
        for task in tasks {
            assert!(task.wait().await.unwrap().is_success());
        }
        assert_eq!(slow.most_at_once(), 1);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_limit_of_none_is_refused() {
    let world = World::of(1);
    let built = world.runtime.clone().block_on(with(&world, &slow(&world), 0).build());
    let error = built.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.to_string().contains("starts_at_once"), "{error}");
}
