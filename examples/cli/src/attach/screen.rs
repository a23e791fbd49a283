//! Draws the lines, and reads the keys.

use std::io::{self, Stdout, Write as _};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::style::{Print, Stylize as _};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use maestro_core::model::SessionView;
use maestro_core::{Error, ErrorKind, Result};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::input::{Input, Key};
use super::layout::{Look, Page, Row};

/// What a person did.
#[derive(Debug)]
pub(super) enum Typed {
    Key(Key),
    /// Something that is no key of ours, such as another size of the window.
    Other,
}

/// The terminal. Dropping it gives it back as it was.
#[derive(Debug)]
pub(super) struct Screen {
    out: Stdout,
    typed: UnboundedReceiver<io::Result<Event>>,
}

impl Screen {
    pub(super) fn open() -> Result<Self> {
        enable_raw_mode().map_err(failed)?;
        let mut out = io::stdout();
        let (sender, typed) = unbounded_channel();
        let keys = std::thread::Builder::new().name("maestro-keys".to_owned());
        keys.spawn(move || {
            while !sender.is_closed() {
                let event = match event::poll(Duration::from_millis(100)) {
                    Ok(false) => continue,
                    Ok(true) => event::read(),
                    Err(error) => Err(error),
                };
                let last = event.is_err();
                if sender.send(event).is_err() || last {
                    break;
                }
            }
        })
        .map_err(failed)?;
        let screen = Self { out: io::stdout(), typed };
        execute!(out, EnterAlternateScreen, Hide).map_err(failed)?;
        Ok(screen)
    }

    /// What a person does next.
    pub(super) async fn typed(&mut self) -> Result<Typed> {
        let gone = || io::Error::other("the keyboard is gone");
        let event = self.typed.recv().await.unwrap_or_else(|| Err(gone())).map_err(failed)?;
        let Event::Key(key) = event else { return Ok(Typed::Other) };
        if key.kind == KeyEventKind::Release {
            return Ok(Typed::Other);
        }
        let held = key.modifiers.contains(KeyModifiers::CONTROL);
        Ok(match key.code {
            KeyCode::Char('c' | 'd') if held => Typed::Key(Key::Leave),
            KeyCode::Char(letter) if !held => Typed::Key(Key::Letter(letter)),
            KeyCode::Enter => Typed::Key(Key::Enter),
            KeyCode::Backspace => Typed::Key(Key::Back),
            KeyCode::Esc => Typed::Key(Key::Escape),
            _ => Typed::Other,
        })
    }

    /// Draws the end of the conversation, and below it what stands at the bottom.
    pub(super) fn draw(&mut self, view: &SessionView, input: &Input, said: &str) -> Result<()> {
        let (columns, lines) = size().map_err(failed)?;
        let (columns, lines) = (usize::from(columns.max(12)), usize::from(lines.max(4)));
        let mut below = Page::new(columns - 1);
        below.below(view);
        let asks = below.rows.len().min(lines / 2);
        let mut rows: Vec<Row> = below.rows.drain(..asks).collect();
        let mut foot = Page::new(columns - 1);
        foot.status(view);
        rows.extend(foot.rows.into_iter().take(1));
        let line = if said.is_empty() { input.line(view) } else { format!("! {said}") };
        let shown: Vec<char> = line.chars().collect();
        let cut = shown.len().saturating_sub(columns - 2);
        rows.push(Row { look: Look::Prompt, text: shown[cut..].iter().collect::<String>() + "_" });
        let mut page = Page::new(columns - 1);
        page.conversation(view);
        let room = lines.saturating_sub(rows.len());
        let hidden = page.rows.len().saturating_sub(room);
        let top = room.saturating_sub(page.rows.len());
        self.put(page.rows.drain(..).skip(hidden).chain(rows), top).map_err(failed)
    }

    fn put(&mut self, rows: impl Iterator<Item = Row>, top: usize) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate, MoveTo(0, 0), Clear(ClearType::All))?;
        for (index, row) in rows.enumerate() {
            let line = u16::try_from(top + index).unwrap_or(u16::MAX);
            let text = match row.look {
                Look::Plain => row.text.reset(),
                Look::Dim => row.text.dim(),
                Look::Prompt => row.text.bold(),
                Look::Good => row.text.green(),
                Look::Bad => row.text.red(),
                Look::Asks => row.text.yellow(),
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
