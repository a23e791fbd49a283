//! Plans, folded from the calls that change them.

use std::collections::HashMap;

use serde_json::Value;

use crate::model::{EventData, PlanEntry, PlanStatus, PlanUpdated};

/// The plan of each agent of the conversation.
#[derive(Debug, Default)]
pub(super) struct Plans {
    plans: HashMap<Option<String>, Vec<PlanEntry>>,
    calls: HashMap<String, Change>,
}

/// A call that changes a plan once it succeeds.
#[derive(Debug)]
struct Change {
    tool: Tool,
    agent_id: Option<String>,
    input: Value,
}

#[derive(Debug, Clone, Copy)]
enum Tool {
    /// Gives the whole list.
    Write,
    /// Adds an entry; its id is in the result.
    Create,
    /// Changes an entry.
    Update,
    /// Reads the whole list.
    List,
}

impl Plans {
    /// A tool is called.
    pub(super) fn called(&mut self, id: &str, name: &str, input: &Value, by: Option<&String>) {
        let tool = match name {
            "TodoWrite" => Tool::Write,
            "TaskCreate" => Tool::Create,
            "TaskUpdate" => Tool::Update,
            "TaskList" => Tool::List,
            _ => return,
        };
        let change = Change { tool, agent_id: by.cloned(), input: input.clone() };
        self.calls.insert(id.to_owned(), change);
    }

    /// A call ended. Gives the plan when it is another one than before.
    pub(super) fn ended(
        &mut self,
        id: &str,
        ok: bool,
        result: &Value,
        told: &Value,
    ) -> Option<EventData> {
        let Change { tool, agent_id, input } = self.calls.remove(id)?;
        if !ok {
            return None;
        }
        let entries = self.plans.entry(agent_id.clone()).or_default();
        let before = entries.clone();
        match tool {
            Tool::Write => *entries = list(input.get("todos")?),
            Tool::List => *entries = list(result.get("tasks")?),
            Tool::Create => {
                let id = result.get("task").and_then(|task| word(task, "id"));
                let id = id.or_else(|| numbered(told))?;
                change(entries, id, &input);
            }
            Tool::Update => change(entries, word(&input, "taskId")?, &input),
        }
        (*entries != before).then(|| {
            PlanUpdated { entries: entries.clone(), agent_id: agent_id.filter(|id| !id.is_empty()) }
                .into()
        })
    }
}

fn word(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn status(value: &Value) -> Option<PlanStatus> {
    match value.get("status")?.as_str()? {
        "pending" => Some(PlanStatus::Pending),
        "in_progress" => Some(PlanStatus::InProgress),
        "completed" => Some(PlanStatus::Completed),
        _ => None,
    }
}

fn list(entries: &Value) -> Vec<PlanEntry> {
    let entry = |entry: &Value| PlanEntry {
        id: word(entry, "id"),
        content: word(entry, "content").or_else(|| word(entry, "subject")).unwrap_or_default(),
        status: status(entry).unwrap_or_default(),
        active: word(entry, "activeForm"),
    };
    entries.as_array().into_iter().flatten().map(entry).collect()
}

/// Changes one entry. One that is not known was made by an earlier process.
fn change(entries: &mut Vec<PlanEntry>, id: String, input: &Value) {
    if input.get("status").is_some_and(|status| status == "deleted") {
        entries.retain(|entry| entry.id.as_ref() != Some(&id));
        return;
    }
    let index = entries.iter().position(|entry| entry.id.as_ref() == Some(&id));
    let index = index.unwrap_or_else(|| {
        let content = format!("#{id}");
        entries.push(PlanEntry { id: Some(id), content, ..PlanEntry::default() });
        entries.len() - 1
    });
    let entry = &mut entries[index];
    if let Some(subject) = word(input, "subject") {
        entry.content = subject;
    }
    entry.active = word(input, "activeForm").or(entry.active.take());
    entry.status = status(input).unwrap_or(entry.status);
}

/// The number in "Task #3 created", where no structured result tells it.
fn numbered(told: &Value) -> Option<String> {
    let text = match told {
        Value::String(text) => text.as_str(),
        Value::Array(blocks) => blocks.iter().find_map(|block| block.get("text")?.as_str())?,
        _ => return None,
    };
    let (_, after) = text.split_once('#')?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}
