//! How a person or a program watches tasks: a live block, lines, or JSON.

use std::io::Stdout;
use std::time::SystemTime;

use maestro_core::Result;
use maestro_core::model::{Event, EventData, Timestamp};

use crate::args::Common;
use crate::board::Board;
use crate::list::{exactly, short};
use crate::screen::{self, Screen};
use crate::text::head;
use crate::{out, progress};

/// Shows events as they come.
#[derive(Debug)]
pub(crate) enum View {
    /// One JSON object a line.
    Json,
    /// One line for what people want to know.
    Lines,
    /// The same lines, above a live block.
    Live {
        /// The terminal.
        screen: Screen<Stdout>,
        /// Lines that are not drawn yet.
        history: Vec<String>,
    },
}

impl View {
    pub(crate) fn open(common: &Common) -> Self {
        if common.json {
            Self::Json
        } else if screen::is_live() {
            Self::Live { screen: Screen::open(), history: Vec::new() }
        } else {
            Self::Lines
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// Tells of an event. `answer` is how the command line is called to answer a question.
    pub(crate) fn tell(&mut self, board: &Board, event: &Event, answer: &str) -> Result<()> {
        if matches!(self, Self::Json) {
            return out::json(event);
        }
        let Some(text) = progress::text(event) else {
            return Ok(());
        };
        let title = event.refs.task_id.and_then(|id| board.title(id)).unwrap_or("maestro");
        let mut lines = vec![format!("{}: {text}", head(title, 40))];
        if let EventData::ApprovalRequested(data) = &event.data
            && let Some(id) = &data.approval_id
        {
            let id = short(id);
            lines.push(format!("  {}", exactly(&data.input)));
            let deny = format!("`{answer} deny {id}`");
            lines.push(format!("  answer in another terminal: `{answer} approve {id}` or {deny}"));
        }
        match self {
            Self::Live { history, .. } => history.extend(lines),
            _ => lines.iter().try_for_each(out::line)?,
        }
        Ok(())
    }

    /// Draws what is new, if there is a block to draw.
    pub(crate) fn draw(&mut self, board: &Board) -> Result<()> {
        let Self::Live { screen, history } = self else {
            return Ok(());
        };
        let (columns, rows) = screen::room();
        let lines = board.lines(now(), columns, rows);
        screen.draw(history, lines).map_err(out::failed)?;
        history.clear();
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "what a person watches goes by the wall clock")]
fn now() -> Timestamp {
    SystemTime::now().into()
}
