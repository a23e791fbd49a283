//! What the agent asks the person.

use maestro_core::ErrorKind;
use maestro_core::model::{ApprovalKind, Decision, EventData, ToolStatus};
use serde_json::{Value, json};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{facts, texts, tool_ends};

for_each_release! { a_question_is_answered, a_plan_is_approved }

async fn a_question_is_answered(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: ask").await;
    let asked = talk.question().await;
    assert_eq!((asked.kind, asked.title.as_str()), (ApprovalKind::Question, "Which colour?"));
    let question = &asked.questions[0];
    assert_eq!((question.question.as_str(), question.header.as_str()), ("Which colour?", "Colour"));
    let labels: Vec<&str> = question.choices.iter().map(|choice| choice.label.as_str()).collect();
    assert_eq!((labels, question.multiple), (vec!["Red", "Blue"], false));
    let wrong = talk.session.answer(&asked.request_id, &Decision::allow()).await;
    assert_eq!(wrong.expect_err("it asks").kind(), ErrorKind::InvalidArgument);
    let answers = json!({ "Which colour?": "Blue" });
    talk.answer(&asked, Decision::Answer { answers }).await;
    let seen = talk.until_idle().await;
    let given = facts(&seen).find_map(|fact| match fact {
        EventData::ToolEnded(ended) => ended.result.clone(),
        _ => None,
    });
    let given: Option<Value> = given.map(|result| result["answers"]["Which colour?"].clone());
    assert_eq!(given, Some(json!("Blue")));
}

async fn a_plan_is_approved(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open_with(|spec| spec.mode = Some("plan".to_owned())).await;
    talk.prompt("scenario: plan").await;
    let asked = talk.question().await;
    assert_eq!(asked.kind, ApprovalKind::Plan);
    talk.answer(&asked, Decision::allow()).await;
    let seen = talk.until_idle().await;
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Completed);
    assert_eq!(texts(&seen), ["Then I begin."]);
}
