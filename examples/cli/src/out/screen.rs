//! What takes the whole terminal.

use std::io::{self, Stdout, Write as _};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::{Print, Stylize as _};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use maestro_core::text::one_line;
use maestro_core::{Error, ErrorKind, Result};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Dim,
    Prompt,
    Good,
    Bad,
    Asks,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) look: Look,
    pub(crate) text: String,
}

/// The terminal. Dropping it gives it back as it was.
#[derive(Debug)]
pub(crate) struct Screen {
    out: Stdout,
}

impl Screen {
    pub(crate) fn open() -> Result<Self> {
        enable_raw_mode().map_err(failed)?;
        let mut screen = Self { out: io::stdout() };
        execute!(screen.out, EnterAlternateScreen, Hide).map_err(failed)?;
        Ok(screen)
    }

    /// How many columns and lines there are.
    pub(crate) fn size() -> Result<(usize, usize)> {
        let (columns, lines) = size().map_err(failed)?;
        Ok((usize::from(columns.max(12)), usize::from(lines.max(4))))
    }

    /// Draws lines from one of the terminal's on, and nothing above it.
    pub(crate) fn draw(&mut self, rows: impl Iterator<Item = Row>, top: usize) -> Result<()> {
        self.put(rows, top).map_err(failed)
    }

    fn put(&mut self, rows: impl Iterator<Item = Row>, top: usize) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate, MoveTo(0, 0), Clear(ClearType::All))?;
        for (index, row) in rows.enumerate() {
            let line = u16::try_from(top + index).unwrap_or(u16::MAX);
            let text = one_line(&row.text).into_owned();
            let text = match row.look {
                Look::Plain => text.reset(),
                Look::Dim => text.dim(),
                Look::Prompt => text.bold(),
                Look::Good => text.green(),
                Look::Bad => text.red(),
                Look::Asks => text.yellow(),
            };
            queue!(self.out, MoveTo(0, line), Print(text))?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to hear that the terminal is gone.
        let _ = execute!(self.out, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the terminal does not answer").caused_by(error)
}
