//! What is known about a question before a person is asked.

use std::collections::VecDeque;

use crate::approval::{machine, policy, record};
use crate::error::Result;
use crate::id::ApprovalId;
use crate::model::{
    Actor, ApprovalInfo, ApprovalKind, Decision, Effect, RuleInfo, SessionInfo, Timestamp,
};
use crate::node::{Core, Versioned};

/// A question that an agent is about to ask.
#[derive(Debug, Clone)]
pub(crate) struct Inquiry {
    /// The id that the approval will have. What is found out is matched by it, since two questions of
    /// one agent may have the same name.
    pub(crate) id: ApprovalId,
    pub(crate) kind: ApprovalKind,
    pub(crate) tool: Option<String>,
    pub(crate) input: serde_json::Value,
}

/// What the rules say about a question.
#[derive(Debug, Clone)]
struct Said {
    id: ApprovalId,
    effect: Effect,
    /// The rules as one text.
    rule: String,
    /// The rule that decided, or the first of several.
    first: Option<RuleInfo>,
}

/// What is known about the questions of one commit.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    /// The ids of the questions, in the order in which they are asked.
    ids: VecDeque<ApprovalId>,
    said: Vec<Said>,
    granted: Vec<Versioned<ApprovalInfo>>,
}

/// How a question is answered without a person.
#[derive(Debug)]
pub(crate) enum Advised {
    /// Nobody has said anything.
    Nothing,
    /// A rule wants a person to answer.
    AskPerson { rule: String },
    /// Rules answer.
    Rules { by: Actor, decision: Decision, rule: String },
    /// A person has answered the same question before, and that answer was not used.
    Granted {
        by: Actor,
        decision: Decision,
        from: ApprovalId,
        version: u64,
        spent: Box<ApprovalInfo>,
    },
}

/// Looks for rules and grants that answer questions of a session.
pub(crate) async fn advise(
    core: &Core,
    session: &SessionInfo,
    inquiries: &[Inquiry],
) -> Result<Advice> {
    if inquiries.is_empty() {
        return Ok(Advice::default());
    }
    let tenant = &session.tenant_id;
    let granted = record::granted_of(core, tenant, session.id).await?;
    let rules = policy::rules_of(core, tenant, Some(session.id), session.project_id).await?;
    let mut said = Vec::new();
    for inquiry in inquiries {
        let Some(tool) = inquiry.tool.as_deref().filter(|_| !rules.is_empty()) else {
            continue;
        };
        let ruling =
            policy::rule_on(core, &rules, tool, &inquiry.input, Some(&session.cwd)).await?;
        let Some(effect) = ruling.effect else { continue };
        // Only a person knows the answer to a question.
        let answers = inquiry.kind == ApprovalKind::Tool || inquiry.kind == ApprovalKind::Plan;
        if effect == Effect::Allow && !answers {
            continue;
        }
        said.push(Said {
            id: inquiry.id,
            effect,
            rule: ruling.text().unwrap_or_default(),
            first: ruling.rules.into_iter().next(),
        });
    }
    let ids = inquiries.iter().map(|inquiry| inquiry.id).collect();
    Ok(Advice { ids, said, granted })
}

impl Advice {
    /// The id of the question that is asked next.
    pub(crate) fn next_id(&mut self) -> Option<ApprovalId> {
        self.ids.pop_front()
    }

    /// How a question is answered: a rule that denies comes first, then what a person has said of
    /// just this question, then the other rules. A grant is taken out, so that it answers one only.
    pub(crate) fn on(&mut self, asked: &ApprovalInfo, now: Timestamp) -> Advised {
        let said = self.said.iter().find(|said| said.id == asked.id);
        if let Some(Said { effect: Effect::Deny, rule, first, .. }) = said {
            let decision = Decision::deny(denial(rule, first.as_ref()));
            return Advised::Rules { by: actor(first.as_ref()), decision, rule: rule.clone() };
        }
        let grant = self.granted.iter().position(|read| machine::answers(&read.value, asked, now));
        if let Some(index) = grant {
            let read = self.granted.remove(index);
            return Advised::Granted {
                by: read.value.decided_by.clone().unwrap_or_default(),
                decision: read.value.decision.clone().unwrap_or_default(),
                from: read.value.id,
                version: read.version,
                spent: Box::new(machine::spend(&read.value, asked.id)),
            };
        }
        match said {
            Some(Said { effect: Effect::Allow, rule, first, .. }) => Advised::Rules {
                by: actor(first.as_ref()),
                decision: Decision::allow(),
                rule: rule.clone(),
            },
            Some(Said { rule, .. }) => Advised::AskPerson { rule: rule.clone() },
            None => Advised::Nothing,
        }
    }
}

/// What an agent is told of a rule that denies.
pub(super) fn denial(text: &str, rule: Option<&RuleInfo>) -> String {
    match rule.map(|rule| rule.reason.as_str()).unwrap_or_default() {
        "" => format!("Denied by the rule {text}."),
        reason => format!("Denied by the rule {text}: {reason}"),
    }
}

fn actor(rule: Option<&RuleInfo>) -> Actor {
    Actor::policy(rule.map(|rule| rule.id.to_string()).unwrap_or_default())
}
