//! Rows as lines of text that fit a terminal.

use std::collections::BTreeMap;

use maestro_core::id::TaskId;
use maestro_core::model::{MicroUsd, TaskState, Timestamp};

use super::{Board, Doing, Row};
use crate::list::short;
use crate::text::{head, pad, plain, tail, width};

/// One line of the live block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// How it looks.
    pub(crate) look: Look,
    /// Its text; never wider than what was asked for.
    pub(crate) text: String,
}

/// What a line is about, for whoever chooses colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// It has not begun.
    Waits,
    /// It is under way.
    Works,
    /// It needs a person.
    Asks,
    /// It worked.
    Good,
    /// It did not.
    Bad,
}

/// What a task is at, and which end of it counts when there is no room for both.
enum What {
    Head(String),
    Tail(String),
}

/// Titles are cut beyond this, so that what happens has room.
const TITLE: usize = 24;
/// Below this, numbers give way to what happens.
const DOING: usize = 24;

impl Board {
    /// The rows in at most `columns` by `rows`, at a time. Where not all fit, those that are over and
    /// those that wait are counted instead.
    pub(crate) fn lines(&self, now: Timestamp, columns: usize, rows: usize) -> Vec<Line> {
        let titles = self.rows.iter().map(|row| width(&row.title)).max().unwrap_or(0);
        let titles = titles.min(TITLE).min(columns / 3);
        let line = |row: &Row| self.line(row, now, titles, columns);
        if self.rows.len() <= rows {
            return self.rows.iter().map(line).collect();
        }
        let mut order: Vec<&Row> = self.rows.iter().collect();
        order.sort_by_key(|row| row.urgency());
        let (shown, hidden) = order.split_at(rows.saturating_sub(1));
        let is_shown = |row: &&Row| shown.iter().any(|shown| shown.id == row.id);
        let mut lines: Vec<Line> = self.rows.iter().filter(is_shown).map(line).collect();
        if rows > 0 {
            lines.push(Line { look: Look::Waits, text: head(&count(hidden), columns) });
        }
        lines
    }

    fn line(&self, row: &Row, now: Timestamp, titles: usize, columns: usize) -> Line {
        let look = row.look();
        let start = format!("{} {}  ", look.glyph(), pad(&head(&row.title, titles), titles));
        let room = columns.saturating_sub(width(&start));
        // What there is no room for goes from the right: cost, tokens, time.
        let mut numbers = row.numbers(now).to_vec();
        let taken = |numbers: &[String]| numbers.iter().map(|number| width(number) + 2).sum();
        while !numbers.is_empty() && room.saturating_sub(taken(&numbers)) < DOING {
            numbers.pop();
        }
        let room = room.saturating_sub(taken(&numbers));
        let what = match self.what(row) {
            What::Head(text) => head(&text, room),
            What::Tail(text) => tail(&text, room),
        };
        let mut text = format!("{start}{}", pad(&what, room));
        for number in numbers {
            text.push_str("  ");
            text.push_str(&number);
        }
        let text = head(text.trim_end(), columns);
        Line { look, text }
    }

    fn what(&self, row: &Row) -> What {
        let note = match &row.doing {
            Doing::Note(note) => note.as_str(),
            _ => "",
        };
        let or = |other: &str| if note.is_empty() { other } else { note }.to_owned();
        match row.state {
            TaskState::Pending => {
                let needs: Vec<&str> =
                    row.needs.iter().filter_map(|need| self.unfinished(*need)).collect();
                What::Head(if needs.is_empty() {
                    or("waits")
                } else {
                    format!("waits for: {}", needs.join(", "))
                })
            }
            TaskState::Queued => What::Head(or("waits for: a free place")),
            TaskState::InputRequired => What::Head(format!("needs a person: {}", or("?"))),
            TaskState::Running => row.work(),
            _ => What::Head(or(row.state.as_str())),
        }
    }

    fn unfinished(&self, id: TaskId) -> Option<&str> {
        let need = self.rows.iter().find(|row| row.id == id && !row.state.is_ended());
        need.map(|row| row.title.as_str())
    }
}

impl Row {
    fn look(&self) -> Look {
        match self.state {
            TaskState::Running if !self.questions.is_empty() => Look::Asks,
            TaskState::Running => Look::Works,
            TaskState::InputRequired => Look::Asks,
            TaskState::Succeeded => Look::Good,
            TaskState::Failed | TaskState::Cancelled => Look::Bad,
            // What waits, also for something that only a newer version knows.
            _ => Look::Waits,
        }
    }

    /// Small for what has to be seen.
    fn urgency(&self) -> u8 {
        match self.look() {
            Look::Asks => 0,
            Look::Works => 1,
            Look::Bad => 2,
            Look::Waits => 3,
            Look::Good => 4,
        }
    }

    /// What an attempt under way is at.
    fn work(&self) -> What {
        if let Some((id, question)) = self.questions.first() {
            return What::Head(format!("needs a person: {} {question}", short(id)));
        }
        if let Some((_, tool)) = self.tools.last() {
            return What::Head(tool.clone());
        }
        match &self.doing {
            Doing::Nothing => What::Head("starts".to_owned()),
            Doing::Note(note) => What::Head(note.clone()),
            Doing::Text(piece) => What::Tail(plain(&piece.text)),
            Doing::Thinking(piece) => match plain(&piece.text).as_str() {
                "" => What::Head("thinking".to_owned()),
                thought => What::Tail(format!("thinking: {thought}")),
            },
        }
    }

    /// How long, how many tokens, how much; blank where nothing is known.
    fn numbers(&self, now: Timestamp) -> [String; 3] {
        let time = self.started_at.map(|start| elapsed(self.ended_at.unwrap_or(now), start));
        let tokens = Some(self.usage.tokens()).filter(|tokens| *tokens > 0).map(thousands);
        let cost = Some(self.usage.cost_micro_usd).filter(|cost| *cost != 0);
        [
            format!("{:>6}", time.unwrap_or_default()),
            format!("{:>6}", tokens.unwrap_or_default()),
            format!("{:>8}", cost.map(dollars).unwrap_or_default()),
        ]
    }
}

impl Look {
    /// One column wide everywhere.
    pub(crate) fn glyph(self) -> char {
        match self {
            Self::Waits => '·',
            Self::Works => '●',
            Self::Asks => '?',
            Self::Good => '✓',
            Self::Bad => '✗',
        }
    }
}

fn count(rows: &[&Row]) -> String {
    let mut states = BTreeMap::new();
    for row in rows {
        *states.entry(row.state.as_str()).or_insert(0) += 1;
    }
    let states: Vec<String> = states.iter().map(|(state, n)| format!("{n} {state}")).collect();
    format!("… and {}", states.join(", "))
}

/// `7s`, `2m05s`, `1h02m`.
fn elapsed(end: Timestamp, start: Timestamp) -> String {
    let seconds = end.since(start).as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `950`, `4.6k`, `1.2M`, in tokens.
fn thousands(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..999_950 => tenths(count / 50, "k"),
        _ => tenths(count / 50_000, "M"),
    }
}

/// `4.6k` of a number of twentieths.
fn tenths(twentieths: u64, unit: &str) -> String {
    let tenths = twentieths.div_ceil(2);
    format!("{}.{}{unit}", tenths / 10, tenths % 10)
}

/// Cents, or more exactly where that would be nothing.
fn dollars(micros: i64) -> String {
    let exact = MicroUsd(micros).to_string();
    let digits = if micros.abs() >= 100_000 { 2 } else { 4 };
    let point = exact.find('.').unwrap_or(exact.len());
    exact.chars().take(point + 1 + digits).collect()
}
