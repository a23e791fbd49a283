//! Tool calls under way.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::tool;
use crate::agent::claude::wire::ToolResultMeta;
use crate::model::{
    EventData, FileChanged, ToolContent, ToolEnded, ToolStarted, ToolStatus, ToolUpdated,
};

/// The tool calls under way.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: HashMap<String, Call>,
    started: u64,
}

#[derive(Debug)]
struct Call {
    name: String,
    input: Value,
    /// Whether the main agent called it, whose calls end with its turn at the latest.
    main: bool,
    permission: Permission,
    order: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    NotAsked,
    Asked,
    Allowed,
    Denied,
}

/// Who calls a tool.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) parent: Option<String>,
    pub(super) agent_id: Option<String>,
}

/// A tool's result as the agent is told.
#[derive(Debug)]
pub(super) struct ToolResult {
    pub(super) id: String,
    pub(super) content: Value,
    pub(super) is_error: bool,
    /// The structured result, where there is one.
    pub(super) structured: Value,
}

impl Calls {
    /// A call began.
    pub(super) fn start(
        &mut self,
        id: &str,
        name: &str,
        input: Value,
        caller: &Caller,
        cwd: &Path,
    ) -> EventData {
        let locations = tool::locations(&input);
        let started = ToolStarted {
            tool_call_id: id.to_owned(),
            parent_tool_call_id: caller.parent.clone(),
            agent_id: caller.agent_id.clone(),
            name: name.to_owned(),
            kind: tool::kind(name).to_owned(),
            title: tool::title(name, &input),
            locations: locations.iter().map(|path| tool::shown(cwd, path)).collect(),
            background: input.get("run_in_background").is_some_and(|asked| *asked == true),
            input,
        };
        // The path alone is kept of the input: it may be as large as a file.
        let kept = locations.into_iter().next().map_or(Value::Null, Value::String);
        self.started += 1;
        let call = Call {
            name: name.to_owned(),
            input: kept,
            main: caller.parent.is_none(),
            permission: Permission::NotAsked,
            order: self.started,
        };
        self.open.insert(id.to_owned(), call);
        started.into()
    }

    /// The agent waits for permission to run a call.
    pub(super) fn asked(&mut self, id: &str) {
        if let Some(call) = self.open.get_mut(id) {
            call.permission = Permission::Asked;
        }
    }

    /// A call may run, perhaps with another input.
    pub(super) fn allowed(&mut self, id: &str, changed: Option<Value>) -> Option<EventData> {
        let call = self.open.get_mut(id)?;
        call.permission = Permission::Allowed;
        let updated = ToolUpdated {
            tool_call_id: id.to_owned(),
            effective_input: changed,
            status: Some(ToolStatus::InProgress),
            ..ToolUpdated::default()
        };
        Some(updated.into())
    }

    /// The CLI itself refused a call, without asking anybody.
    pub(super) fn refused(&mut self, id: &str, why: Option<String>) -> EventData {
        self.denied(id);
        let updated = ToolUpdated {
            tool_call_id: id.to_owned(),
            status: Some(ToolStatus::Denied),
            content: why.into_iter().map(|text| ToolContent::Text { text }).collect(),
            ..ToolUpdated::default()
        };
        updated.into()
    }

    /// A call may not run.
    pub(super) fn denied(&mut self, id: &str) {
        if let Some(call) = self.open.get_mut(id) {
            call.permission = Permission::Denied;
        }
    }

    /// A call ended.
    pub(super) fn end(
        &mut self,
        result: ToolResult,
        meta: Option<&ToolResultMeta>,
        cwd: &Path,
    ) -> Vec<EventData> {
        let ToolResult { id, content, is_error, mut structured } = result;
        let call = self.open.remove(&id);
        let status = status(is_error, &content, &structured, call.as_ref(), meta);
        let shell = call.as_ref().is_some_and(|call| tool::kind(&call.name) == "execute");
        let terminal =
            if shell { tool::terminal(is_error, &content, &mut structured) } else { None };
        let mut ended = ToolEnded {
            tool_call_id: id.clone(),
            status,
            background: tool::goes_on(&structured),
            truncated: tool::is_cut(&structured),
            content: match terminal {
                Some(terminal) => vec![terminal],
                None => tool::content(content),
            },
            ..ToolEnded::default()
        };
        if ended.content.iter().any(|content| matches!(content, ToolContent::Image { .. }))
            && let Some(bytes) = structured.pointer_mut("/file/base64")
        {
            // The same image again.
            *bytes = Value::Null;
        }
        let mut changed = None;
        if status == ToolStatus::Completed {
            if let Some((diff, change)) = tool::change(&id, cwd, &mut structured) {
                ended.content.push(diff);
                changed = Some(change);
            } else if let Some(call) = call.filter(|call| tool::writes(&call.name))
                && let Some(path) = call.input.as_str()
            {
                changed = Some(FileChanged {
                    tool_call_id: id,
                    path: tool::shown(cwd, path),
                    ..FileChanged::default()
                });
            }
        }
        // A string only repeats what the agent is told.
        ended.result = Some(structured).filter(|result| !result.is_null() && !result.is_string());
        let mut events = vec![ended.into()];
        events.extend(changed.map(EventData::from));
        events
    }

    /// Ends what is still open of the main agent, or all: no result will come.
    pub(super) fn cut(&mut self, main_only: bool) -> Vec<EventData> {
        let mut cut: Vec<_> = self.open.extract_if(|_, call| call.main || !main_only).collect();
        cut.sort_by_key(|(_, call)| call.order);
        let ended = cut.into_iter().map(|(id, call)| {
            let status = match call.permission {
                Permission::Asked | Permission::Denied => ToolStatus::Denied,
                Permission::NotAsked | Permission::Allowed => ToolStatus::Interrupted,
            };
            let ended = ToolEnded { tool_call_id: id, status, ..ToolEnded::default() };
            ended.into()
        });
        ended.collect()
    }
}

/// How a call ended. A failed one may not have been allowed to run, or have been stopped.
fn status(
    is_error: bool,
    content: &Value,
    structured: &Value,
    call: Option<&Call>,
    meta: Option<&ToolResultMeta>,
) -> ToolStatus {
    let stopped = structured.get("interrupted").is_some_and(|stopped| stopped == true);
    if !is_error {
        return if stopped { ToolStatus::Interrupted } else { ToolStatus::Completed };
    }
    let permission = call.map_or(Permission::NotAsked, |call| call.permission);
    let rejected = meta.is_some_and(|meta| {
        meta.permission_decision.decision == "reject"
            || meta.non_execution_kind.as_deref() == Some("permission-rule")
    });
    if rejected || matches!(permission, Permission::Denied | Permission::Asked) {
        return ToolStatus::Denied;
    }
    let by_person = meta.and_then(|meta| meta.non_execution_kind.as_deref());
    let said = |start: &str| content.as_str().is_some_and(|text| text.starts_with(start));
    if stopped
        || by_person == Some("user-rejected")
        || said("The user doesn't want to proceed")
        || said("[Tool call interrupted")
        || said("[Request interrupted")
    {
        return ToolStatus::Interrupted;
    }
    ToolStatus::Failed
}
