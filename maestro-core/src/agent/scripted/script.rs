//! What the agent does with a prompt.

use crate::model::UnknownVariant;
use crate::unknown::open_union;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorKind;
use crate::model::{MicroUsd, StopReason, Usage};

/// What the agent does with one prompt: steps, one after the other. After the last one the turn
/// ends well.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use maestro_core::agent::scripted::{Script, ToolStep};
///
/// let script = Script::new()
///     .say("I will write ${file}.")
///     .write("${file}", "hello\n")
///     .tool(ToolStep::new("Bash").ask().result("ok"))
///     .wait(Duration::from_secs(1))
///     .say("Done.");
/// let json = serde_json::to_string(&script)?;
/// assert_eq!(serde_json::from_str::<Script>(&json)?, script);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct Script {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step of a script. In every text `${key}` is replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "do", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Says something, word by word and then whole.
    Say {
        /// The text.
        text: String,
        /// How long it waits before each word but the first.
        #[serde(default)]
        pause_ms: u64,
    },
    /// Thinks something, word by word and then whole.
    Think {
        /// The thought.
        text: String,
    },
    /// Calls a tool that does nothing and gives what the script says.
    Tool(ToolStep),
    /// Asks the person, and says what they answered.
    Ask {
        /// The question.
        question: String,
        /// The answers to choose from.
        #[serde(default)]
        choices: Vec<String>,
    },
    /// Really writes a file below the working directory.
    Write {
        /// The file, relative to the working directory.
        path: String,
        /// Its content.
        content: String,
        /// Whether it asks for permission first.
        #[serde(default)]
        ask: bool,
    },
    /// Really appends lines to a file below the working directory.
    ///
    /// What was appended before the process was lost is not appended again, except perhaps the last
    /// line.
    Append {
        /// The file, relative to the working directory.
        path: String,
        /// The lines, without line breaks.
        lines: Vec<String>,
        /// How long it waits before each line but the first.
        #[serde(default)]
        pause_ms: u64,
        /// Whether it asks for permission first.
        #[serde(default)]
        ask: bool,
    },
    /// Waits, by the clock of the runtime.
    Wait {
        /// How long.
        ms: u64,
    },
    /// Uses something, which counts for the turn.
    Spend {
        /// What is used.
        #[serde(default)]
        usage: Usage,
        /// What it costs; none means that the agent does not say.
        #[serde(default)]
        cost_micro_usd: Option<MicroUsd>,
    },
    /// Ends the turn badly.
    Fail {
        /// Why.
        message: String,
        /// The kind of error.
        #[serde(default = "unavailable")]
        kind: ErrorKind,
    },
    /// Ends the turn.
    End {
        /// Why.
        stop_reason: StopReason,
    },
    /// Does nothing until it is interrupted.
    Hang,
    /// Ends the agent itself at once, as a crash does.
    Exit,
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(Step, "do");

fn unavailable() -> ErrorKind {
    ErrorKind::Unavailable
}

/// A call of a tool that does nothing and gives what the script says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolStep {
    /// The tool.
    pub name: String,
    /// Its input.
    pub input: Value,
    /// Whether it asks for permission first.
    pub ask: bool,
    /// What it gives.
    pub result: String,
    /// Whether it fails.
    pub fails: bool,
    /// How long it runs.
    pub ms: u64,
}

impl ToolStep {
    /// A call that needs no permission and gives nothing.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), input: Value::Object(serde_json::Map::new()), ..Self::default() }
    }

    /// Sets its input.
    pub fn input(mut self, input: Value) -> Self {
        self.input = input;
        self
    }

    /// Makes it ask for permission.
    pub fn ask(mut self) -> Self {
        self.ask = true;
        self
    }

    /// Sets what it gives.
    pub fn result(mut self, result: impl Into<String>) -> Self {
        self.result = result.into();
        self
    }

    /// Makes it fail.
    pub fn fails(mut self) -> Self {
        self.fails = true;
        self
    }

    /// Sets how long it runs.
    pub fn lasts(mut self, duration: Duration) -> Self {
        self.ms = millis(duration);
        self
    }
}

impl Script {
    /// A script without steps, whose turn ends at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds any step.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Says something.
    pub fn say(self, text: impl Into<String>) -> Self {
        self.say_slowly(text, Duration::ZERO)
    }

    /// Says something with a pause before each word but the first.
    pub fn say_slowly(self, text: impl Into<String>, pause: Duration) -> Self {
        self.step(Step::Say { text: text.into(), pause_ms: millis(pause) })
    }

    /// Thinks something.
    pub fn think(self, text: impl Into<String>) -> Self {
        self.step(Step::Think { text: text.into() })
    }

    /// Calls a tool.
    pub fn tool(self, tool: ToolStep) -> Self {
        self.step(Step::Tool(tool))
    }

    /// Asks the person.
    pub fn ask<I>(self, question: impl Into<String>, choices: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.step(Step::Ask {
            question: question.into(),
            choices: choices.into_iter().map(Into::into).collect(),
        })
    }

    /// Writes a file without asking.
    pub fn write(self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.step(Step::Write { path: path.into(), content: content.into(), ask: false })
    }

    /// Writes a file when it is allowed to.
    pub fn write_asking(self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.step(Step::Write { path: path.into(), content: content.into(), ask: true })
    }

    /// Appends lines to a file with a pause before each but the first, without asking.
    pub fn append<I>(self, path: impl Into<String>, lines: I, pause: Duration) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.step(Step::Append {
            path: path.into(),
            lines: lines.into_iter().map(Into::into).collect(),
            pause_ms: millis(pause),
            ask: false,
        })
    }

    /// Waits.
    pub fn wait(self, duration: Duration) -> Self {
        self.step(Step::Wait { ms: millis(duration) })
    }

    /// Uses something.
    pub fn spend(self, usage: Usage, cost: Option<MicroUsd>) -> Self {
        self.step(Step::Spend { usage, cost_micro_usd: cost })
    }

    /// Ends the turn badly.
    pub fn fail(self, message: impl Into<String>) -> Self {
        self.step(Step::Fail { message: message.into(), kind: unavailable() })
    }

    /// Ends the turn.
    pub fn end(self, stop_reason: StopReason) -> Self {
        self.step(Step::End { stop_reason })
    }

    /// Does nothing until it is interrupted.
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Ends the agent itself, as a crash does.
    pub fn exit(self) -> Self {
        self.step(Step::Exit)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
