//! Calling tools.

use serde_json::{Value, json};

use super::files;
use super::marker::fill_value;
use super::permission::Verdict;
use super::play::{Curtain, Player};
use super::script::ToolStep;
use crate::agent::AgentApproval;
use crate::error::{Error, Result};
use crate::model::check;
use crate::model::{
    ApprovalKind, ApprovalOption, Choice, Decision, FileChanged, Question, StopReason, ToolContent,
    ToolEnded, ToolStarted, ToolStatus, ToolUpdated,
};

/// Whether a call may run.
enum Permit {
    Run(Value),
    Denied,
    Stop,
}

impl Player {
    pub(super) async fn tool(&self, tool: &ToolStep) -> Result<Option<Curtain>> {
        let input = fill_value(&tool.input, &self.values);
        let id = self.start(&tool.name, "other", input.clone())?;
        match self.permit(&id, &tool.name, input, tool.ask, false).await? {
            Permit::Run(_) => {}
            Permit::Denied => return Ok(None),
            Permit::Stop => return Ok(Some(cancelled())),
        }
        self.sleep(tool.ms).await;
        let status = if tool.fails { ToolStatus::Failed } else { ToolStatus::Completed };
        self.stage.call_ends(ended(id, status, self.fill(&tool.result)));
        Ok(None)
    }

    pub(super) async fn ask(&self, question: &str, choices: &[String]) -> Result<Option<Curtain>> {
        let question = self.fill(question);
        let options: Vec<Value> =
            choices.iter().map(|choice| json!({ "label": self.fill(choice) })).collect();
        let questions = json!([{ "question": question, "options": options, "multiSelect": false }]);
        let input = json!({ "questions": questions });
        let id = self.start("AskUserQuestion", "other", input.clone())?;
        let choices = choices
            .iter()
            .map(|choice| Choice { label: self.fill(choice), ..Choice::default() })
            .collect();
        let asked = Question { question: question.clone(), choices, ..Question::default() };
        let asks = AgentApproval {
            request_id: format!("ask-{id}"),
            kind: ApprovalKind::Question,
            tool: Some("AskUserQuestion".to_owned()),
            tool_call_id: Some(id.clone()),
            title: question,
            input,
            questions: vec![asked],
            ..AgentApproval::default()
        };
        match self.stage.ask(ApprovalKind::Question, "AskUserQuestion", asks).await {
            Decision::Answer { answers } => {
                let told = answers.to_string();
                self.stage.call_ends(ToolEnded {
                    result: Some(json!({ "answers": answers })),
                    ..ended(id, ToolStatus::Completed, told)
                });
                Ok(None)
            }
            Decision::Deny { message, interrupt } => Ok(self.denied(id, message, interrupt)),
            Decision::Allow { .. } => Ok(None),
            Decision::Unknown(kept) => Err(check::unknown_variant("decision", &kept)),
        }
    }

    pub(super) async fn write(
        &self,
        path: &str,
        content: &str,
        ask: bool,
    ) -> Result<Option<Curtain>> {
        let input = json!({ "file_path": self.fill(path), "content": self.fill(content) });
        let id = self.start("Write", "edit", input.clone())?;
        let input = match self.permit(&id, "Write", input, ask, true).await? {
            Permit::Run(input) => input,
            Permit::Denied => return Ok(None),
            Permit::Stop => return Ok(Some(cancelled())),
        };
        let (path, new) = (text(&input, "file_path"), text(&input, "content"));
        match files::write(&self.stage.cwd, &path, &new) {
            Ok(old) => {
                let (added, removed) = match &old {
                    None => (Some(count(new.lines())), Some(0)),
                    Some(_) => (None, None),
                };
                let diff = ToolContent::Diff { path: path.clone(), old, new };
                let mut end = ended(id.clone(), ToolStatus::Completed, format!("Wrote {path}."));
                end.content.push(diff);
                self.stage.call_ends(end);
                self.stage.fact(FileChanged { tool_call_id: id, path, added, removed });
            }
            Err(error) => self.failed(id, &error),
        }
        Ok(None)
    }

    pub(super) async fn append(
        &self,
        index: usize,
        part: usize,
        input: Value,
        pause_ms: u64,
        ask: bool,
    ) -> Result<Option<Curtain>> {
        let input = fill_value(&input, &self.values);
        let id = self.start("Append", "edit", input.clone())?;
        let input = match self.permit(&id, "Append", input, ask, true).await? {
            Permit::Run(input) => input,
            Permit::Denied => return Ok(None),
            Permit::Stop => return Ok(Some(cancelled())),
        };
        let path = text(&input, "file_path");
        let lines = input.get("lines").and_then(Value::as_array);
        let lines = lines.into_iter().flatten().filter_map(Value::as_str);
        let mut added = 0;
        for (done, line) in lines.enumerate().skip(part) {
            if done > 0 {
                self.sleep(pause_ms).await;
            }
            if let Err(error) = files::append(&self.stage.cwd, &path, line) {
                self.failed(id, &error);
                return Ok(None);
            }
            added += 1;
            self.progress(index, done + 1)?;
        }
        let told = format!("Appended to {path}.");
        self.stage.call_ends(ended(id.clone(), ToolStatus::Completed, told));
        self.stage.fact(FileChanged {
            tool_call_id: id,
            path,
            added: Some(added),
            removed: Some(0),
        });
        Ok(None)
    }

    /// Begins a call and gives its id.
    fn start(&self, name: &str, kind: &str, input: Value) -> Result<String> {
        let id = self.new_id("call")?;
        let path = input.get("file_path").and_then(Value::as_str);
        let title = match path {
            Some(path) => format!("{name}: {path}"),
            None => name.to_owned(),
        };
        self.stage.call_starts(&id);
        self.stage.fact(ToolStarted {
            tool_call_id: id.clone(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            title,
            locations: path.map(str::to_owned).into_iter().collect(),
            input,
            ..ToolStarted::default()
        });
        Ok(id)
    }

    /// Asks whether a call may run, where it has to.
    async fn permit(
        &self,
        id: &str,
        tool: &str,
        input: Value,
        asks: bool,
        edits: bool,
    ) -> Result<Permit> {
        let verdict = self.stage.state().permissions.verdict(tool, asks, edits);
        // The answer to the question is what the rule says.
        let verdict = match verdict {
            Verdict::Run if self.stage.is_ruled(tool, &input).await? => Verdict::Ask,
            verdict => verdict,
        };
        let decision = match verdict {
            Verdict::Run => Decision::allow(),
            Verdict::Deny => Decision::deny("This tool is not allowed."),
            Verdict::Ask => {
                let asks = question(id, tool, &input);
                self.stage.ask(ApprovalKind::Tool, tool, asks).await
            }
        };
        let changed = match decision {
            Decision::Allow { input, .. } => input,
            Decision::Deny { message, interrupt } => {
                let stop = self.denied(id.to_owned(), message, interrupt);
                return Ok(stop.map_or(Permit::Denied, |_| Permit::Stop));
            }
            Decision::Answer { .. } => None,
            Decision::Unknown(kept) => return Err(check::unknown_variant("decision", &kept)),
        };
        self.stage.call_runs();
        self.stage.fact(ToolUpdated {
            tool_call_id: id.to_owned(),
            effective_input: changed.clone().filter(|changed| *changed != input),
            status: Some(ToolStatus::InProgress),
            ..ToolUpdated::default()
        });
        Ok(Permit::Run(changed.unwrap_or(input)))
    }

    fn denied(&self, id: String, message: String, interrupt: bool) -> Option<Curtain> {
        let message = if message.is_empty() { "Denied.".to_owned() } else { message };
        self.stage.call_ends(ended(id, ToolStatus::Denied, message));
        interrupt.then(cancelled)
    }

    fn failed(&self, id: String, error: &Error) {
        self.stage.call_ends(ended(id, ToolStatus::Failed, error.to_string()));
    }
}

fn question(id: &str, tool: &str, input: &Value) -> AgentApproval {
    let option = |id: &str, title: &str| ApprovalOption {
        id: id.to_owned(),
        kind: id.to_owned(),
        title: title.to_owned(),
    };
    let path = input.get("file_path").and_then(Value::as_str);
    AgentApproval {
        request_id: format!("ask-{id}"),
        kind: ApprovalKind::Tool,
        tool: Some(tool.to_owned()),
        tool_call_id: Some(id.to_owned()),
        title: match path {
            Some(path) => format!("{tool}: {path}"),
            None => tool.to_owned(),
        },
        input: input.clone(),
        options: vec![
            option("allow_once", "Allow"),
            option("allow_always", "Allow in this session"),
            option("reject_once", "Deny"),
        ],
        ..AgentApproval::default()
    }
}

fn ended(id: String, status: ToolStatus, text: String) -> ToolEnded {
    ToolEnded {
        tool_call_id: id,
        status,
        content: vec![ToolContent::Text { text }],
        ..ToolEnded::default()
    }
}

fn cancelled() -> Curtain {
    Curtain::End(StopReason::Cancelled, None)
}

fn text(input: &Value, key: &str) -> String {
    input.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
