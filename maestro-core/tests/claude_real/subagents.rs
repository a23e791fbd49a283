//! Agents that the agent starts.

use maestro_core::agent::{AgentEvent, Evidence};
use maestro_core::model::{Decision, EventData, Origin, SubagentEnded, SubagentStarted};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{ends, facts, origins};

for_each_release! { one_comes_back, two_ask_and_come_back }

fn started(events: &[AgentEvent]) -> Vec<SubagentStarted> {
    let started = facts(events).filter_map(|fact| match fact {
        EventData::SubagentStarted(started) => Some(started.clone()),
        _ => None,
    });
    started.collect()
}

fn ended(events: &[AgentEvent]) -> Vec<SubagentEnded> {
    let ended = facts(events).filter_map(|fact| match fact {
        EventData::SubagentEnded(ended) => Some(ended.clone()),
        _ => None,
    });
    ended.collect()
}

async fn one_comes_back(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: subagent prompt=\"scenario: bash command=\\\"touch sub.txt\\\"\"").await;
    let mut seen = talk.until(|event| matches!(event, AgentEvent::Approval(_))).await;
    let Some(AgentEvent::Approval(asked)) = seen.last().cloned() else {
        panic!("no question: {seen:?}");
    };
    let agent_id = asked.agent_id.clone().expect("a subagent asks");
    talk.answer(&asked, Decision::allow()).await;
    seen.extend(talk.until_idle().await);
    assert!(house.file("sub.txt").exists());

    // The newest runs it in the background, and begins a turn by itself when it comes back; the
    // oldest within the turn.
    let by_agent = Origin::Agent { reason: "task-notification".to_owned() };
    let expected: &[&Origin] = if release.runs_subagents_in_the_background() {
        &[&Origin::Prompt, &by_agent]
    } else {
        &[&Origin::Prompt]
    };
    assert_eq!(origins(&seen), expected);
    assert_eq!(ends(&seen).len(), expected.len());

    let (started, ended) = (started(&seen), ended(&seen));
    assert_eq!((started.len(), ended.len()), (1, 1), "{started:?} {ended:?}");
    assert_eq!(started[0].agent_id, agent_id);
    assert_eq!(
        (started[0].depth, started[0].background),
        (1, release.says_at_once_what_runs_in_the_background())
    );
    assert_eq!(
        (started[0].title.as_str(), started[0].kind.as_str()),
        ("Say hello", "general-purpose")
    );
    assert_eq!((&ended[0].agent_id, ended[0].status.as_str()), (&agent_id, "completed"));
    assert!(
        ended[0].usage.is_some_and(|usage| usage.tokens > 0 && usage.tool_calls == 1),
        "{ended:?}"
    );

    let inner = facts(&seen).find_map(|fact| match fact {
        EventData::ToolStarted(started) if started.name == "Bash" => Some(started.clone()),
        _ => None,
    });
    let inner = inner.expect("the subagent's call is shown");
    assert_eq!(inner.agent_id.as_ref(), Some(&agent_id));
    assert_eq!(inner.parent_tool_call_id, started[0].tool_call_id);
    // The transcript is written in batches.
    while house.evidence(&talk.pointer).await != Evidence::Holds {
        tokio::task::yield_now().await;
    }
}

async fn two_ask_and_come_back(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: two-agents").await;
    let mut seen = Vec::new();
    let mut over = 0;
    for _ in 0..2 {
        seen.extend(talk.until(|event| matches!(event, AgentEvent::Approval(_))).await);
        over = ends(&seen).len();
        let Some(AgentEvent::Approval(asked)) = seen.last().cloned() else {
            panic!("no question: {seen:?}");
        };
        talk.answer(&asked, Decision::allow()).await;
    }
    seen.extend(talk.until_idle().await);
    // The newest may ask after the result of the turn that started them.
    assert!(release.runs_subagents_in_the_background() || over == 0);
    let mut of_start: Vec<_> = started(&seen).into_iter().map(|agent| agent.agent_id).collect();
    let mut of_end: Vec<_> = ended(&seen).into_iter().map(|agent| agent.agent_id).collect();
    of_start.sort();
    of_end.sort();
    assert_eq!((of_start.len(), &of_start), (2, &of_end));
}
