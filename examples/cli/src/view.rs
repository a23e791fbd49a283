//! How a person or a program watches tasks: a live block, lines, or JSON.

use std::io::Stdout;
use std::time::SystemTime;

use maestro_core::Result;
use maestro_core::id::ApprovalId;
use maestro_core::model::{Event, EventData, Timestamp};

use crate::args::Common;
use crate::board::Board;
use crate::list::{exactly, short};
use crate::out::Block;
use crate::text::head;
use crate::{out, progress};

/// Shows events as they come.
#[derive(Debug)]
pub(crate) struct View {
    how: How,
    /// How this program is called to answer a question.
    call: String,
    /// Questions that a policy may still answer by itself, and what to tell of them.
    asked: Vec<Asked>,
}

#[derive(Debug)]
enum How {
    /// One JSON object a line.
    Json,
    /// One line for what people want to know.
    Lines,
    /// The same lines, above a live block, and those that are not drawn yet.
    Live(Block<Stdout>, Vec<String>),
}

#[derive(Debug)]
struct Asked {
    id: ApprovalId,
    lines: Vec<String>,
    /// How often it was looked at.
    looks: u32,
}

impl View {
    /// How often a question is looked at before it is told that it needs a person.
    const PATIENCE: u32 = 4;

    pub(crate) fn open(common: &Common, call: String) -> Self {
        let how = if common.json {
            How::Json
        } else if out::is_live() {
            How::Live(Block::open(), Vec::new())
        } else {
            How::Lines
        };
        Self { how, call, asked: Vec::new() }
    }

    /// Tells of an event.
    pub(crate) fn tell(&mut self, board: &Board, event: &Event) -> Result<()> {
        if matches!(self.how, How::Json) {
            return out::json(event);
        }
        let title = event.refs.task_id.and_then(|id| board.title(id)).unwrap_or("maestro");
        let line = progress::text(event).map(|text| format!("{}: {text}", head(title, 40)));
        let over = match &event.data {
            EventData::ApprovalRequested(data) => {
                if let (Some(id), Some(line)) = (data.approval_id, line) {
                    let answer = |verb| format!("    {} {verb} {}", self.call, short(&id));
                    let mut lines = vec![line];
                    let input = exactly(&data.input);
                    lines.extend(input.lines().map(|line| format!("    {}", line.trim_start())));
                    lines.extend([
                        "  to answer, in another terminal:".to_owned(),
                        answer("approve"),
                        answer("deny"),
                    ]);
                    self.asked.push(Asked { id, lines, looks: 0 });
                }
                return Ok(());
            }
            EventData::ApprovalResolved(data) => data.approval_id,
            EventData::ApprovalWithdrawn(data) => data.approval_id,
            EventData::ApprovalExpired(data) => data.approval_id,
            _ => None,
        };
        self.asked.retain(|asked| Some(asked.id) != over);
        self.print(line)
    }

    fn print(&mut self, lines: impl IntoIterator<Item = String>) -> Result<()> {
        if let How::Live(_, history) = &mut self.how {
            history.extend(lines);
            return Ok(());
        }
        lines.into_iter().try_for_each(out::line)
    }

    /// Looks again: tells of questions that stay, and draws the block if there is one.
    pub(crate) fn look(&mut self, board: &Board) -> Result<()> {
        self.asked.iter_mut().for_each(|asked| asked.looks += 1);
        let stays = |asked: &mut Asked| asked.looks >= Self::PATIENCE;
        let stay: Vec<Asked> = self.asked.extract_if(.., stays).collect();
        self.print(stay.into_iter().flat_map(|asked| asked.lines))?;
        self.draw(board)
    }

    /// Draws what is new, if there is a block to draw.
    pub(crate) fn draw(&mut self, board: &Board) -> Result<()> {
        let How::Live(block, history) = &mut self.how else {
            return Ok(());
        };
        let (columns, rows) = out::room();
        let lines = board.lines(now(), columns, rows);
        block.draw(history, lines)?;
        history.clear();
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "what a person watches goes by the wall clock")]
fn now() -> Timestamp {
    SystemTime::now().into()
}
