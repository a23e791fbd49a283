//! A view as lines of text: pure, so that it can be tested without a terminal.

use maestro_core::model::{
    ContentBlock, EventData, ItemBody, Origin, Partial, PendingApproval, PlanStatus, SessionState,
    SessionView, ToolContent, ToolItem, ToolStatus, ViewItem,
};
use maestro_core::text;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::diff;
use crate::out::{Look, Row};

/// How many lines of what a tool gave are shown.
const EXCERPT: usize = 6;
/// The longest value of a field of what is asked, in characters.
const LONGEST: usize = 4000;
/// How many items of a subagent are shown.
const NESTED: usize = 5;

/// Collects lines of one width.
#[derive(Debug)]
pub(super) struct Page {
    columns: usize,
    pub(super) rows: Vec<Row>,
}

impl Page {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns: columns.max(10), rows: Vec::new() }
    }

    /// Adds a text, line by line, wrapped, below a first line with a mark.
    fn text(&mut self, look: Look, depth: usize, mark: &str, text: &str) {
        let indent = "  ".repeat(depth.min(6));
        let mut first = true;
        for line in text.lines().chain(text.is_empty().then_some("")) {
            let lead = if first { mark.to_owned() } else { " ".repeat(mark.width()) };
            first = false;
            let room = self.columns.saturating_sub(indent.len() + lead.width()).max(4);
            for (index, part) in wrapped(&clean(line), room).into_iter().enumerate() {
                let lead = if index == 0 { lead.clone() } else { " ".repeat(mark.width()) };
                self.rows.push(Row { look, text: format!("{indent}{lead}{part}") });
            }
        }
    }

    /// The whole conversation, and what is being written.
    pub(super) fn conversation(&mut self, view: &SessionView) {
        for item in view.items_of(None) {
            self.item(view, item, 0);
        }
        // Subagents whose call is not known have nothing to stand below.
        for agent in &view.subagents {
            if agent.tool_call_id.as_deref().is_none_or(|call| view.tool(call).is_none()) {
                self.subagent(view, &agent.agent_id, 0);
            }
        }
        for partial in view.partials.iter().filter(|partial| partial.agent_id.is_none()) {
            self.partial(partial, 0);
        }
    }

    pub(super) fn item(&mut self, view: &SessionView, item: &ViewItem, depth: usize) {
        match &item.body {
            ItemBody::Prompt(prompt) => {
                let text = match &prompt.origin {
                    Origin::Agent { reason } => format!("(the agent goes on by itself: {reason})"),
                    _ => ContentBlock::join_text(&prompt.blocks),
                };
                self.text(Look::Prompt, depth, "> ", &text);
            }
            ItemBody::Message(said) => {
                let text = ContentBlock::join_text(&said.blocks);
                let own = said.role == "assistant";
                let (look, mark) = if own { (Look::Plain, "") } else { (Look::Dim, "< ") };
                self.text(look, depth, mark, &text);
            }
            ItemBody::Thought(thought) => {
                let text = if thought.redacted { "(hidden)" } else { &thought.text };
                self.text(Look::Dim, depth, "~ ", text);
            }
            ItemBody::Tool(tool) => {
                self.tool(tool, depth);
                let call = Some(tool.tool_call_id.as_str());
                let agents = view.subagents.iter();
                for agent in agents.filter(|agent| agent.tool_call_id.as_deref() == call) {
                    self.subagent(view, &agent.agent_id, depth + 1);
                }
            }
            ItemBody::TurnEnded(ended) => {
                let mut parts = vec![ended.stop_reason.to_string()];
                let tokens = ended.usage.tokens();
                parts.extend((tokens > 0).then(|| format!("{tokens} tokens")));
                parts.extend(ended.cost_micro_usd.map(|cost| cost.to_string()));
                self.text(Look::Dim, depth, "-- ", &parts.join(", "));
                if let Some(error) = &ended.error {
                    self.text(Look::Bad, depth, "! ", &error.message);
                }
            }
            ItemBody::Notice(notice) => {
                let (look, text) = self::notice(&notice.event);
                self.text(look, depth, "! ", &text);
            }
            _ => {}
        }
    }

    fn subagent(&mut self, view: &SessionView, agent_id: &str, depth: usize) {
        let Some(agent) = view.subagents.iter().find(|agent| agent.agent_id == agent_id) else {
            return;
        };
        let state = agent.ended.as_deref().unwrap_or("works");
        let used = agent.usage.map(|usage| format!(", {} tokens", usage.tokens));
        let title = format!("{} [{state}{}]", agent.title, used.unwrap_or_default());
        self.text(Look::Dim, depth, "@ ", &title);
        if let (None, Some(message)) = (&agent.ended, &agent.message) {
            self.text(Look::Dim, depth, "  ", message);
        }
        let items: Vec<_> = view.items_of(Some(agent_id)).collect();
        let hidden = items.len().saturating_sub(NESTED);
        if hidden > 0 {
            self.text(Look::Dim, depth + 1, "", &format!("({hidden} earlier)"));
        }
        for item in &items[hidden..] {
            self.item(view, item, depth + 1);
        }
        let own = |partial: &&Partial| partial.agent_id.as_deref() == Some(agent_id);
        for partial in view.partials.iter().filter(own) {
            self.partial(partial, depth + 1);
        }
    }

    fn partial(&mut self, partial: &Partial, depth: usize) {
        let (look, mark) = if partial.thought { (Look::Dim, "~ ") } else { (Look::Plain, "") };
        let missing = if partial.offset > 0 { "…" } else { "" };
        self.text(look, depth, mark, &format!("{missing}{}_", partial.text));
    }

    fn tool(&mut self, tool: &ToolItem, depth: usize) {
        let title = if tool.title.is_empty() { &tool.name } else { &tool.title };
        let (look, state) = match tool.status {
            ToolStatus::Pending => (Look::Dim, "waits"),
            ToolStatus::InProgress => (Look::Plain, "runs"),
            ToolStatus::Completed => (Look::Good, "done"),
            ToolStatus::Failed => (Look::Bad, "failed"),
            ToolStatus::Denied => (Look::Bad, "denied"),
            _ => (Look::Bad, "interrupted"),
        };
        let aside = if tool.background { ", in the background" } else { "" };
        self.text(look, depth, "* ", &format!("{title} [{state}{aside}]"));
        for line in tool.effective_input.iter().flat_map(|input| text::input(input, LONGEST)) {
            self.text(Look::Dim, depth + 1, "allowed with ", &line);
        }
        for content in &tool.content {
            match content {
                ToolContent::Text { text } => self.excerpt(text, depth, false),
                ToolContent::Terminal { output, exit_code } => {
                    self.excerpt(output, depth, true);
                    if let Some(code) = exit_code.filter(|code| *code != 0) {
                        self.text(Look::Bad, depth + 1, "", &format!("exit code {code}"));
                    }
                }
                ToolContent::Diff { path, old, new } => {
                    self.text(Look::Dim, depth + 1, "", path);
                    for (added, line) in diff::changed(old.as_deref(), new, EXCERPT) {
                        let (look, mark) = match added {
                            Some(true) => (Look::Good, "+ "),
                            Some(false) => (Look::Bad, "- "),
                            None => (Look::Dim, ""),
                        };
                        self.text(look, depth + 1, mark, &line);
                    }
                }
                _ => self.text(Look::Dim, depth + 1, "", "(more than text)"),
            }
        }
    }

    /// A few lines of a longer text: the last ones of what a command wrote, else the first.
    fn excerpt(&mut self, text: &str, depth: usize, end: bool) {
        let lines: Vec<&str> = text.lines().collect();
        let hidden = lines.len().saturating_sub(EXCERPT);
        let shown = if end { &lines[hidden..] } else { &lines[..lines.len() - hidden] };
        let more = format!("({hidden} more lines)");
        if hidden > 0 && end {
            self.text(Look::Dim, depth + 1, "", &more);
        }
        for line in shown {
            self.text(Look::Dim, depth + 1, "", line);
        }
        if hidden > 0 && !end {
            self.text(Look::Dim, depth + 1, "", &more);
        }
    }

    /// What stands below the conversation: plan and queue.
    pub(super) fn below(&mut self, view: &SessionView) {
        for entry in view.plan.iter().take(EXCERPT) {
            let (look, mark) = match entry.status {
                PlanStatus::Completed => (Look::Dim, "[x] "),
                PlanStatus::InProgress => (Look::Plain, "[>] "),
                _ => (Look::Dim, "[ ] "),
            };
            self.text(look, 0, mark, &entry.content);
        }
        for queued in view.queue.iter().take(EXCERPT) {
            self.text(Look::Dim, 0, "queued: ", &ContentBlock::join_text(&queued.blocks));
        }
    }

    /// What is asked, in at most so many lines: where it does not fit, the last lines say what is left
    /// out and how to see it. What can be answered stays.
    pub(super) fn question(&mut self, asked: &PendingApproval, lines: usize) {
        let request = &asked.request;
        let mut keys = Self::new(self.columns);
        self.text(Look::Asks, 0, "? ", &request.title);
        if request.questions.is_empty() {
            for line in text::input(&request.input, LONGEST) {
                self.text(Look::Plain, 0, "  ", &line);
            }
            let remembers = !request.remembered_rules.is_empty();
            if remembers {
                let rules = request.remembered_rules.join(", ");
                self.text(Look::Plain, 0, "  ", &format!("a keeps: {rules}"));
            }
            keys.text(Look::Asks, 0, "  ", "y allow once   a allow for the session   n deny");
        }
        for question in &request.questions {
            self.text(Look::Asks, 0, "  ", &question.question);
            for (index, choice) in question.choices.iter().enumerate() {
                let text = format!("{} {}", choice.label, choice.description);
                self.text(Look::Plain, 0, &format!("  {} ", index + 1), text.trim_end());
            }
        }
        let room = lines.saturating_sub(keys.rows.len());
        if self.rows.len() > room {
            let shown = room.saturating_sub(1);
            let hidden = self.rows.len() - shown;
            self.rows.truncate(shown);
            let more = format!("… {hidden} more lines; `maestro approve` shows them");
            self.rows.push(Row { look: Look::Bad, text: more });
        }
        self.rows.append(&mut keys.rows);
    }

    /// One line about the session as a whole.
    pub(super) fn status(&mut self, view: &SessionView) {
        let state = match view.state {
            SessionState::Idle => "idle",
            SessionState::Running => "works",
            SessionState::RequiresAction => "asks",
            other => other.as_str(),
        };
        let mut parts = vec![view.agent.clone(), state.to_owned()];
        parts.extend(view.model.clone());
        parts.extend(view.mode.clone());
        if let Some((used, size)) = view.context.as_ref().and_then(|at| Some((at.used, at.size?)))
            && size > 0
        {
            parts.push(format!("context {}%", used.saturating_mul(100) / size));
        }
        match (view.totals.cost_micro_usd, view.totals.unpriced) {
            (Some(cost), 0) => parts.push(cost.to_string()),
            (Some(cost), _) => parts.push(format!("{cost} and more")),
            (None, 0) => {}
            (None, _) => parts.push("cost unknown".to_owned()),
        }
        if let Some(retry) = &view.retrying {
            parts.push(format!("retries its model ({})", retry.attempt));
        }
        self.text(Look::Dim, 0, "", &parts.join(" | "));
    }
}

fn notice(event: &EventData) -> (Look, String) {
    match event {
        EventData::AgentRetrying(retry) => {
            (Look::Dim, format!("retries its model, attempt {}", retry.attempt))
        }
        EventData::AgentRateLimited(limit) => (Look::Bad, format!("rate limit: {}", limit.status)),
        EventData::AgentWarning(warning) => (Look::Bad, warning.message.clone()),
        EventData::AgentStderr(stderr) => (Look::Dim, format!("stderr: {}", stderr.text)),
        EventData::AgentOutput(output) => (Look::Dim, format!("output: {}", output.text)),
        EventData::SessionResumed(_) => (Look::Dim, "goes on in a new process".to_owned()),
        EventData::SessionFailed(failed) => {
            let why = failed.error.as_ref().map(|error| error.message.clone());
            (Look::Bad, why.unwrap_or_else(|| "the agent's process ended".to_owned()))
        }
        EventData::ContextCompacted(_) => (Look::Dim, "its context was compacted".to_owned()),
        EventData::Gap(gap) => (Look::Bad, format!("events are missing: {}", gap.reason)),
        other => (Look::Dim, other.event_type().to_owned()),
    }
}

/// Nothing in a text of an agent can move the cursor, or hide.
fn clean(line: &str) -> String {
    text::visible(line).replace('\t', "    ")
}

/// A line in parts of at most so many columns, broken between words where it can be.
pub(super) fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut wide = 0;
    for word in line.split_inclusive(' ') {
        if wide + word.trim_end().width() > columns && wide > 0 {
            parts.push(std::mem::take(&mut part));
            wide = 0;
        }
        for letter in word.chars() {
            let letter_wide = letter.width().unwrap_or(0);
            if wide + letter_wide > columns {
                if letter == ' ' {
                    continue;
                }
                parts.push(std::mem::take(&mut part));
                wide = 0;
            }
            part.push(letter);
            wide += letter_wide;
        }
    }
    parts.push(part);
    parts
}
