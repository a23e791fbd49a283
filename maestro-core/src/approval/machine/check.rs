//! Whether an answer fits its question.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::{ApprovalInfo, ApprovalKind, Decision, Remember, check};

/// Whether an answer fits its question.
///
/// # Errors
/// `InvalidArgument` naming the field.
pub(crate) fn check(approval: &ApprovalInfo, decision: &Decision) -> Result<()> {
    fits(approval, decision).map_err(|error| {
        error.with("approval_id", approval.id).with("kind", approval.kind.as_str())
    })
}

fn fits(approval: &ApprovalInfo, decision: &Decision) -> Result<()> {
    let asks = matches!(approval.kind, ApprovalKind::Question | ApprovalKind::Elicitation);
    match decision {
        Decision::Deny { .. } => Ok(()),
        Decision::Unknown(kept) => Err(check::unknown_variant("decision", kept)),
        Decision::Allow { remember: Remember::Other(value), .. } => {
            Err(check::unknown("remember", *value))
        }
        Decision::Answer { answers } if asks => fit(approval, answers),
        Decision::Answer { .. } => {
            Err(Error::invalid("answers", "fit a question only; this one is allowed or denied"))
        }
        Decision::Allow { .. } if asks => Err(Error::invalid(
            "decision",
            "does not answer a question; give `answers`, or deny it",
        )),
        Decision::Allow { input, remember } => can_remember(approval, input.as_ref(), *remember),
    }
}

fn can_remember(approval: &ApprovalInfo, input: Option<&Value>, remember: Remember) -> Result<()> {
    if remember == Remember::Once {
        return Ok(());
    }
    if approval.kind != ApprovalKind::Tool {
        return Err(Error::invalid("remember", "is for tool calls only"));
    }
    if input.is_some() {
        let why = "does not go with another `input`: the rule would be about what was asked";
        return Err(Error::invalid("remember", why));
    }
    if remember == Remember::Project && approval.project_id.is_none() {
        let why = "needs a project, and the session is in none";
        return Err(Error::invalid("remember", why));
    }
    Ok(())
}

/// Whether answers fit what was asked.
fn fit(approval: &ApprovalInfo, answers: &Value) -> Result<()> {
    let Some(answers) = answers.as_object() else {
        return Err(Error::invalid("answers", "has to be an object with an answer by question"));
    };
    if approval.kind != ApprovalKind::Question || approval.questions.is_empty() {
        return Ok(());
    }
    if answers.is_empty() {
        return Err(Error::invalid("answers", "is empty"));
    }
    for (question, answer) in answers {
        let asked = approval.questions.iter().find(|asked| asked.question == *question);
        let Some(asked) = asked else {
            let why = format!("names a question that was not asked: {question:?}");
            return Err(Error::invalid("answers", why));
        };
        let several = answer.as_array().is_some_and(|choices| choices.iter().all(Value::is_string));
        let fits = answer.is_string() || (several && asked.multiple);
        if !fits {
            let wanted = if asked.multiple { "a text or a list of texts" } else { "a text" };
            let why = format!("has to hold {wanted} for {question:?}");
            return Err(Error::invalid("answers", why));
        }
    }
    Ok(())
}
