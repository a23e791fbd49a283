//! Questions of the CLI that somebody has to answer.

use serde_json::{Map, Value, json};

use super::tool;
use crate::agent::claude::outgoing::Reply;
use crate::agent::claude::wire::Asked;
use crate::agent::{AgentApproval, AgentEvent};
use crate::error::{Error, Result};
use crate::model::{
    ApprovalKind, ApprovalOption, Choice, Decision, Question as Asks, Remember, check,
};

/// A question that waits for its answer.
#[derive(Debug)]
pub(crate) struct Question {
    kind: ApprovalKind,
    input: Value,
    /// The input as the CLI wrote it, where `input` is not quite that.
    verbatim: Option<Box<str>>,
    suggestions: Vec<Value>,
    pub(crate) tool_call_id: Option<String>,
    /// What the CLI calls it, and hears the answer by.
    pub(super) wire_id: String,
}

impl Question {
    /// Whether it is a question for people.
    pub(super) fn asks(asked: &Asked) -> bool {
        matches!(asked.subtype.as_str(), "can_use_tool" | "elicitation")
    }

    /// What the CLI asks, under a name of ours.
    pub(super) fn of(name: &str, wire_id: String, asked: Asked) -> (Self, AgentEvent) {
        let kind = match (asked.subtype.as_str(), asked.tool_name.as_str()) {
            ("elicitation", _) => ApprovalKind::Elicitation,
            (_, "AskUserQuestion") => ApprovalKind::Question,
            (_, "ExitPlanMode") => ApprovalKind::Plan,
            _ => ApprovalKind::Tool,
        };
        let elicits = kind == ApprovalKind::Elicitation;
        let input = if elicits {
            json!({ "message": asked.message, "schema": asked.requested_schema })
        } else {
            asked.input
        };
        let shown = asked.display_name.as_deref().unwrap_or(&asked.tool_name);
        let title = match kind {
            ApprovalKind::Question => first_question(&input).unwrap_or(shown).to_owned(),
            ApprovalKind::Elicitation => match asked.message.as_str() {
                Some(message) => message.to_owned(),
                None => asked.mcp_server_name.unwrap_or_default(),
            },
            ApprovalKind::Plan => shown.to_owned(),
            _ => tool::title(&asked.tool_name, &input),
        };
        let event = AgentEvent::Approval(AgentApproval {
            request_id: name.to_owned(),
            kind,
            tool: (!elicits).then_some(asked.tool_name),
            tool_call_id: asked.tool_use_id.clone(),
            title,
            questions: if kind == ApprovalKind::Question { questions(&input) } else { Vec::new() },
            input: input.clone(),
            options: options(kind, &asked.permission_suggestions),
            suggestions: asked.permission_suggestions.clone(),
            blocked_path: asked.blocked_path,
            agent_id: asked.agent_id,
        });
        let question = Self {
            kind,
            input,
            verbatim: None,
            suggestions: asked.permission_suggestions,
            tool_call_id: asked.tool_use_id,
            wire_id,
        };
        (question, event)
    }

    /// Says how the CLI wrote the input, for one that is not quite what was read of it: what a person
    /// allows unchanged then runs as it was asked for.
    pub(super) fn written(mut self, input: Option<&str>) -> Self {
        self.verbatim = input.map(Box::from);
        self
    }

    /// What the CLI is told, and the input that runs where it is another one than asked for.
    ///
    /// # Errors
    /// `InvalidArgument` for a decision that does not answer this kind of question.
    pub(super) fn answer(&self, decision: &Decision) -> Result<(Reply, Option<Value>)> {
        let elicits = self.kind == ApprovalKind::Elicitation;
        match decision {
            Decision::Deny { .. } if elicits => Ok((json!({ "action": "decline" }).into(), None)),
            Decision::Deny { message, interrupt } => {
                let message = if message.is_empty() { "Denied." } else { message };
                let mut reply = json!({ "behavior": "deny", "message": message });
                if *interrupt {
                    reply["interrupt"] = Value::Bool(true);
                }
                Ok((reply.into(), None))
            }
            Decision::Answer { answers } if elicits => {
                Ok((json!({ "action": "accept", "content": answers }).into(), None))
            }
            Decision::Answer { answers } if self.kind == ApprovalKind::Question => {
                let answers = answers.as_object().ok_or_else(|| {
                    Error::invalid("answers", "must be an object with an answer by question")
                })?;
                let mut input = self.input.clone();
                let joined = answers.iter().map(|(asked, answer)| (asked.clone(), flat(answer)));
                let Some(map) = input.as_object_mut() else {
                    return Err(Error::invalid("answers", "cannot be joined to the question"));
                };
                map.insert("answers".to_owned(), Value::Object(joined.collect::<Map<_, _>>()));
                Ok((json!({ "behavior": "allow", "updatedInput": input }).into(), None))
            }
            Decision::Answer { .. } => Err(Error::invalid(
                "decision",
                "must allow or deny: the agent asks for permission, not for answers",
            )),
            Decision::Allow { input, .. } if elicits => {
                let content = input.clone().unwrap_or_else(|| json!({}));
                Ok((json!({ "action": "accept", "content": content }).into(), None))
            }
            Decision::Allow { input: None, .. } if self.kind == ApprovalKind::Question => {
                Err(Error::invalid("decision", "must answer or deny: the agent asks a question"))
            }
            Decision::Allow { input, remember } => {
                // Older releases deny what is allowed without an input.
                let changed = input.clone().filter(|input| *input != self.input);
                let verbatim = self.verbatim.clone().filter(|_| changed.is_none());
                let mut reply = json!({ "behavior": "allow" });
                if verbatim.is_none() {
                    reply["updatedInput"] = changed.as_ref().unwrap_or(&self.input).clone();
                }
                if *remember == Remember::Session {
                    let updates = for_session(&self.suggestions);
                    if !updates.is_empty() {
                        reply["updatedPermissions"] = Value::Array(updates);
                    }
                }
                Ok((Reply { value: reply, input: verbatim }, changed))
            }
            Decision::Unknown(kept) => Err(check::unknown_variant("decision", kept)),
        }
    }
}

/// The CLI's proposals, confined to the session: echoed as they are, they would write a settings
/// file into the work tree. A proposal to change the mode allows far more than calls like this
/// one, so it is taken only where there is no other; a mode without any questions never is.
fn for_session(suggestions: &[Value]) -> Vec<Value> {
    let of = |modes: bool| {
        let fitting = suggestions.iter().filter(move |update| {
            let is_mode = update.get("type").is_some_and(|kind| kind == "setMode");
            let blind = update.get("mode").is_some_and(|mode| mode == "bypassPermissions");
            update.is_object() && is_mode == modes && !blind
        });
        let confined = fitting.map(|update| {
            let mut update = update.clone();
            update["destination"] = json!("session");
            update
        });
        confined.collect::<Vec<_>>()
    };
    let rules = of(false);
    if rules.is_empty() { of(true) } else { rules }
}

fn options(kind: ApprovalKind, suggestions: &[Value]) -> Vec<ApprovalOption> {
    let option = |id: &str, title: &str| ApprovalOption {
        id: id.to_owned(),
        kind: id.to_owned(),
        title: title.to_owned(),
    };
    match kind {
        ApprovalKind::Tool | ApprovalKind::Plan => {
            let mut options = vec![option("allow_once", "Allow")];
            if !for_session(suggestions).is_empty() {
                options.push(option("allow_always", "Allow in this session"));
            }
            options.push(option("reject_once", "Deny"));
            options
        }
        _ => Vec::new(),
    }
}

/// What the person is asked, of the input of the tool that asks.
fn questions(input: &Value) -> Vec<Asks> {
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let all = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let choice = |option: &Value| Choice {
        label: text(option, "label"),
        description: text(option, "description"),
    };
    let question = |asked: &Value| Asks {
        question: text(asked, "question"),
        header: text(asked, "header"),
        choices: all(asked, "options").iter().map(choice).collect(),
        multiple: asked.get("multiSelect").is_some_and(|several| *several == true),
    };
    all(input, "questions").iter().map(question).collect()
}

fn first_question(input: &Value) -> Option<&str> {
    input.get("questions")?.get(0)?.get("question")?.as_str()
}

/// Several choices are one text for the CLI.
fn flat(answer: &Value) -> Value {
    match answer {
        Value::Array(choices) => {
            let texts = choices.iter().map(|choice| match choice {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            Value::String(texts.collect::<Vec<_>>().join(", "))
        }
        other => other.clone(),
    }
}
