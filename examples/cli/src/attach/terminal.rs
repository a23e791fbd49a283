//! Lays the lines out on the terminal, and reads the keys.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use maestro_core::model::SessionView;
use maestro_core::text::one_line;
use maestro_core::{Error, ErrorKind, Result};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::input::{Input, Key};
use super::layout::Page;
use crate::out::{Look, Row, Screen};

/// What a person did.
#[derive(Debug)]
pub(super) enum Typed {
    Key(Key),
    /// Something that is no key of ours, such as another size of the window.
    Other,
}

/// The screen and the keyboard.
#[derive(Debug)]
pub(super) struct Terminal {
    screen: Screen,
    typed: UnboundedReceiver<io::Result<Event>>,
}

impl Terminal {
    pub(super) fn open() -> Result<Self> {
        let screen = Screen::open()?;
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
        Ok(Self { screen, typed })
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

    /// Draws the end of the conversation, and below it what stands at the bottom: what is asked before
    /// anything else.
    pub(super) fn draw(&mut self, view: &SessionView, input: &Input, said: &str) -> Result<()> {
        let (columns, lines) = Screen::size()?;
        let (rows, top) = layout(view, input, said, columns, lines);
        self.screen.draw(rows.into_iter(), top)
    }
}

/// The rows of a terminal of this size, and the line at which they begin.
pub(super) fn layout(
    view: &SessionView,
    input: &Input,
    said: &str,
    columns: usize,
    lines: usize,
) -> (Vec<Row>, usize) {
    let mut foot = Page::new(columns - 1);
    foot.status(view);
    foot.rows.truncate(1);
    let line = if said.is_empty() { input.line(view) } else { format!("! {said}") };
    let line = one_line(&line);
    let shown: Vec<char> = line.chars().collect();
    let cut = shown.len().saturating_sub(columns - 2);
    let line = shown[cut..].iter().collect::<String>() + "_";
    foot.rows.push(Row { look: Look::Prompt, text: line });
    let mut asked = Page::new(columns - 1);
    if let Some(first) = view.approvals.first() {
        asked.question(first, lines.saturating_sub(foot.rows.len()));
    }
    let mut below = Page::new(columns - 1);
    below.below(view);
    let room = lines.saturating_sub(asked.rows.len() + foot.rows.len());
    below.rows.truncate(room / 2);
    let mut page = Page::new(columns - 1);
    page.conversation(view);
    let room = room - below.rows.len();
    let hidden = page.rows.len().saturating_sub(room);
    let top = room.saturating_sub(page.rows.len());
    let rows = page.rows.into_iter().skip(hidden);
    (rows.chain(below.rows).chain(asked.rows).chain(foot.rows).collect(), top)
}

fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the terminal does not answer").caused_by(error)
}
