//! Large messages.

use maestro_core::model::{Decision, EventData, Remember, ToolContent, ToolStatus};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{facts, texts, tool_ends};

for_each_release! { a_line_of_five_megabytes }

async fn a_line_of_five_megabytes(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    // 64 characters each.
    let seen = talk.ask("scenario: big-text count=81920").await;
    let said: usize = texts(&seen).iter().map(String::len).sum();
    assert_eq!(said, 81920 * 64);
    let pieces = facts(&seen).map(|fact| match fact {
        EventData::MessageDelta(delta) => delta.text.len(),
        _ => 0,
    });
    assert_eq!(pieces.sum::<usize>(), said, "nothing of it is lost");

    talk.prompt("scenario: write-file path=a.txt content=x").await;
    let asked = talk.question().await;
    // And as large a line to the agent.
    let content = "y".repeat(5_000_000);
    let input = serde_json::json!({ "file_path": house.file("a.txt"), "content": content });
    let allow = Decision::Allow { input: Some(input), remember: Remember::Once };
    talk.answer(&asked, allow).await;
    let seen = talk.until_idle().await;
    let (status, given) = &tool_ends(&seen)[0];
    assert_eq!(*status, ToolStatus::Completed);
    let written = given.iter().find_map(|content| match content {
        ToolContent::Diff { new, .. } => Some(new.len()),
        _ => None,
    });
    assert_eq!(written, Some(5_000_000));
    assert_eq!(std::fs::metadata(house.file("a.txt")).expect("it is there").len(), 5_000_000);
}
