//! Prompts and what comes of them; the conformance table.

use std::collections::BTreeMap;
use std::sync::Arc;

use maestro_core::ErrorKind;
use maestro_core::agent::AgentEvent;
use maestro_core::model::{
    Decision, EventData, MicroUsd, Origin, PlanStatus, Remember, SessionSpec, StopReason,
    ToolContent, ToolStatus,
};
use maestro_core::testing::agent::{AgentHouse, CASES};
use serde_json::json;

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{asks, count, ends, facts, origins, texts, tool_ends};

for_each_release! {
    conforms,
    deltas_and_costs_over_several_prompts_and_processes,
    variables_reach_the_tools,
    a_write_is_allowed_for_the_session_and_shows_its_difference,
    a_result_is_data,
    a_plan_is_kept,
}

async fn conforms(release: Release) {
    for case in CASES {
        let Some(house) = House::build(release).await else { return };
        eprintln!("{}", case.name);
        let house_of_case = AgentHouse {
            agent: Arc::new(house.agent.clone()),
            transport: Arc::clone(&house.transport),
            runtime: Arc::clone(&house.runtime),
            cwd: house.cwd(),
            spec: SessionSpec::default(),
            answers: "scenario: hello".to_owned(),
            asks: "scenario: bash command=\"touch asked.txt\"".to_owned(),
            endless: "scenario: slow count=100000 delay_ms=50".to_owned(),
        };
        (case.run)(house_of_case).await;
    }
}

async fn deltas_and_costs_over_several_prompts_and_processes(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    let first = talk.ask("scenario: slow count=5 delay_ms=20").await;
    assert_eq!(origins(&first), [&Origin::Prompt]);
    assert_eq!(texts(&first), ["word ".repeat(5)]);
    let mut written = String::new();
    for fact in facts(&first) {
        if let EventData::MessageDelta(delta) = fact {
            assert_eq!((delta.block, delta.generation), (0, 0));
            assert_eq!(delta.offset, written.len() as u64);
            written.push_str(&delta.text);
        }
    }
    assert_eq!(written, "word ".repeat(5));
    let version = facts(&first).find_map(|fact| match fact {
        EventData::SessionUpdated(updated) => updated.agent_version.clone(),
        _ => None,
    });
    assert_eq!(version.as_deref(), Some(release.version()));
    assert_eq!(count(&first, "agent.warning"), 0, "both releases are tested");
    let context = facts(&first).filter_map(|fact| match fact {
        EventData::ContextUpdated(context) => Some((context.used > 0, context.size)),
        _ => None,
    });
    assert!(matches!(context.last(), Some((true, Some(1..)))), "the window is known at the end");

    let second = talk.ask("scenario: bash").await;
    let (first, second) = (ends(&first)[0].clone(), ends(&second)[0].clone());
    assert_eq!(first.stop_reason, StopReason::EndTurn);
    assert_eq!((first.counter, second.counter), (1, 2));
    assert_eq!((first.usage.turns, second.usage.turns), (1, 1));
    // 20 tokens in by default for each call of the model: one, then two.
    assert_eq!((first.usage.input_tokens, second.usage.input_tokens), (20, 40));
    assert!(first.cost_micro_usd.is_some_and(|cost| cost > MicroUsd(0)));
    assert!(second.cost_micro_usd.is_some_and(|cost| cost > MicroUsd(0)));

    talk.session.close(false).await.expect("it closes");
    let last = talk.until_ended().await;
    let ended = AgentEvent::Ended { error: None, exit: "exit code 0".to_owned() };
    assert_eq!(last.last(), Some(&ended));
    assert!(talk.session.next().await.is_none());
    let error = talk.session.interrupt().await.expect_err("it is over");
    assert_eq!(error.kind(), ErrorKind::Closed);

    // The next process may go on with the totals of the first; they are not counted again.
    let mut talk = house.try_resume(&talk.pointer).await.expect("it resumes");
    let third = talk.ask("scenario: hello").await;
    assert_eq!(ends(&third)[0].usage.input_tokens, 20);
    assert!(ends(&third)[0].cost_micro_usd < second.cost_micro_usd);
}

async fn variables_reach_the_tools(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    let command = "echo id=$MAESTRO_TASK_ID > out.txt; echo said; echo wrong >&2";
    talk.prompt(&format!("scenario: bash command=\"{command}\"")).await;
    let asked = talk.question().await;
    talk.answer(&asked, Decision::allow()).await;
    let seen = talk.until_idle().await;
    let written = std::fs::read_to_string(house.file("out.txt")).expect("it was written");
    assert_eq!(written, "id=task-7\n");
    let (status, content) = &tool_ends(&seen)[0];
    let [ToolContent::Terminal { output, exit_code }] = &content[..] else {
        panic!("no terminal: {content:?}");
    };
    assert_eq!((*status, *exit_code), (ToolStatus::Completed, Some(0)));
    assert!(output.contains("said") && output.contains("wrong"), "{output:?}");

    let failed = talk.ask("scenario: bash command=\"ls nowhere.txt\"").await;
    let (status, content) = &tool_ends(&failed)[0];
    assert_eq!(*status, ToolStatus::Failed);
    let code = content.iter().find_map(|content| match content {
        ToolContent::Terminal { exit_code, .. } => *exit_code,
        _ => None,
    });
    assert_eq!(code, Some(2), "{content:?}");
}

async fn a_write_is_allowed_for_the_session_and_shows_its_difference(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: write-file path=a.txt content=\"one\\ntwo\\n\"").await;
    let asked = talk.until(|event| matches!(event, AgentEvent::Approval(_))).await;
    let Some(AgentEvent::Approval(question)) = asked.last() else {
        panic!("no question: {asked:?}");
    };
    assert_eq!(question.tool.as_deref(), Some("Write"));
    let kinds: Vec<&str> = question.options.iter().map(|option| option.kind.as_str()).collect();
    assert_eq!(kinds, ["allow_once", "allow_always", "reject_once"]);
    let started = facts(&asked).find_map(|fact| match fact {
        EventData::ToolStarted(started) => Some(started.clone()),
        _ => None,
    });
    let started = started.expect("the call is shown first");
    assert_eq!(Some(&started.tool_call_id), question.tool_call_id.as_ref());
    assert_eq!((started.kind.as_str(), started.locations), ("edit", vec!["a.txt".to_owned()]));

    let remember = Decision::Allow { input: None, remember: Remember::Session };
    talk.answer(question, remember).await;
    let late = talk.session.answer(&question.request_id, &Decision::allow()).await;
    assert_eq!(late.expect_err("it was answered").kind(), ErrorKind::Conflict);
    let seen = talk.until_idle().await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_eq!(*status, ToolStatus::Completed);
    let diff =
        ToolContent::Diff { path: "a.txt".to_owned(), old: None, new: "one\ntwo\n".to_owned() };
    assert!(content.contains(&diff), "{content:?}");
    let changed = facts(&seen).find_map(|fact| match fact {
        EventData::FileChanged(changed) => Some((changed.path.clone(), changed.added)),
        _ => None,
    });
    assert_eq!(changed, Some(("a.txt".to_owned(), Some(2))));

    // The second write is not asked for, and no settings were left in the work tree.
    let seen = talk.ask("scenario: write-file path=b.txt content=x").await;
    assert!(!asks(&seen));
    assert!(house.file("b.txt").exists());
    assert!(!house.file(".claude").exists());
}

async fn a_result_is_data(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let schema = json!({
        "type": "object", "properties": { "answer": { "type": "number" } }, "required": ["answer"],
    });
    let mut talk = house.open_with(|spec| spec.output_schema = schema).await;
    let seen = talk.ask("scenario: structured").await;
    assert_eq!(ends(&seen)[0].structured_output, Some(json!({ "answer": 42 })));
    assert_eq!(ends(&seen)[0].error, None);
}

/// The agent's list, in both ways of keeping one. The newest release has the tools for it only when
/// it is told so.
async fn a_plan_is_kept(release: Release) {
    let Some(house) = House::build(release).await else { return };
    for (scenario, entries) in [("todo", false), ("tasks", true)] {
        let mut talk = house.open_with(|spec| spec.env = with_lists(entries)).await;
        let seen = talk.ask(&format!("scenario: {scenario}")).await;
        let plans = facts(&seen).filter_map(|fact| match fact {
            EventData::PlanUpdated(plan) => Some(plan.entries.clone()),
            _ => None,
        });
        let plans: Vec<_> = plans.collect();
        let last = plans.last().unwrap_or_else(|| panic!("no plan of {scenario}: {seen:?}"));
        assert_eq!((last[0].content.as_str(), last[0].status), ("Look", PlanStatus::Completed));
        assert_eq!(last[0].active.as_deref(), Some("Looking"));
        assert_eq!((last.len(), last[1].content.as_str()), (2, "Leap"));
        assert!(plans.len() > 1, "it is told at each change");
    }
}

/// Lets the agent keep a list: entry by entry, or written whole.
pub(crate) fn with_lists(entries: bool) -> BTreeMap<String, String> {
    let tasks = if entries { "1" } else { "0" };
    let set = [("CLAUDE_CODE_ENABLE_TODO_TOOLS", "1"), ("CLAUDE_CODE_ENABLE_TASKS", tasks)];
    set.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
