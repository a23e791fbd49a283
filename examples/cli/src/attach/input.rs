//! What a person types: pure, so that it can be tested without a terminal.

use maestro_core::id::ApprovalId;
use maestro_core::model::{Question, SessionView};
use serde_json::{Map, Value};

/// A key, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Letter(char),
    Enter,
    Back,
    Escape,
    /// Ctrl-C.
    Leave,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Allow { id: ApprovalId, session: bool },
    Deny { id: ApprovalId, message: String },
    Answer { id: ApprovalId, answers: Value },
    Prompt(String),
    Leave,
}

/// The line at the bottom.
#[derive(Debug, Default)]
pub(super) struct Input {
    text: String,
    /// The question whose denial is being worded.
    denies: Option<ApprovalId>,
    /// The question that is being answered, and the answers so far.
    answers: Option<(ApprovalId, Map<String, Value>)>,
}

impl Input {
    /// What a key does, given what is on the screen.
    pub(super) fn key(&mut self, key: Key, view: &SessionView) -> Option<Action> {
        let asked = view.approvals.first().and_then(|asked| {
            Some((asked.request.approval_id?, asked.request.questions.as_slice()))
        });
        self.forget(asked.map(|(id, _)| id));
        match key {
            Key::Leave => return Some(Action::Leave),
            Key::Escape => *self = Self::default(),
            Key::Back => {
                self.text.pop();
            }
            Key::Letter(letter) => {
                if let (Some((id, [])), true, None) = (asked, self.text.is_empty(), self.denies) {
                    match letter {
                        'y' => return Some(Action::Allow { id, session: false }),
                        'a' => return Some(Action::Allow { id, session: true }),
                        'n' => {
                            self.denies = Some(id);
                            return None;
                        }
                        _ => {}
                    }
                }
                self.text.push(letter);
            }
            Key::Enter => return self.enter(asked),
        }
        None
    }

    /// Drops what was begun about a question that does not wait any more.
    fn forget(&mut self, asked: Option<ApprovalId>) {
        let about = self.denies.or(self.answers.as_ref().map(|(id, _)| *id));
        if about.is_some() && about != asked {
            *self = Self::default();
        }
    }

    fn enter(&mut self, asked: Option<(ApprovalId, &[Question])>) -> Option<Action> {
        let text = std::mem::take(&mut self.text);
        if let Some(id) = self.denies.take() {
            return Some(Action::Deny { id, message: text });
        }
        if let Some((id, questions @ [_, ..])) = asked {
            if text.trim().is_empty() {
                return None;
            }
            let (_, answers) = self.answers.get_or_insert_with(|| (id, Map::new()));
            let question = questions.get(answers.len())?;
            answers.insert(question.question.clone(), answer(question, &text).into());
            if answers.len() < questions.len() {
                return None;
            }
            let (_, answers) = self.answers.take()?;
            return Some(Action::Answer { id, answers: answers.into() });
        }
        (!text.trim().is_empty()).then_some(Action::Prompt(text))
    }

    /// The line, with what it is for.
    pub(super) fn line(&self, view: &SessionView) -> String {
        let asked = view.approvals.first().map(|asked| asked.request.questions.as_slice());
        let given = self.answers.as_ref().map_or(0, |(_, answers)| answers.len());
        let lead = match (self.denies, asked) {
            (Some(_), _) => "say why: ".to_owned(),
            (None, Some(questions @ [_, _, ..])) => {
                format!("answer {} of {}: ", given + 1, questions.len())
            }
            (None, Some([_])) => "answer: ".to_owned(),
            _ => "> ".to_owned(),
        };
        format!("{lead}{}", self.text)
    }
}

/// A number, or several with commas, stands for a choice; everything else for itself.
fn answer(question: &Question, text: &str) -> String {
    let choice = |part: &str| {
        let number: usize = part.trim().parse().ok()?;
        question.choices.get(number.checked_sub(1)?).map(|choice| choice.label.as_str())
    };
    if question.multiple {
        let chosen: Option<Vec<_>> = text.split(',').map(choice).collect();
        return chosen.map_or_else(|| text.trim().to_owned(), |chosen| chosen.join(", "));
    }
    choice(text).unwrap_or(text.trim()).to_owned()
}
