//! Draws the live block: lines at the bottom of a terminal, below a history that scrolls.
//!
//! Between two frames the cursor rests at the beginning of the block. What has to go is then always
//! what lies below the cursor, however the terminal has wrapped it after a change of its size.

use std::io::{self, IsTerminal as _, Stdout, Write};

use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::style::{Print, Stylize as _};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, size};
use crossterm::{execute, queue};
use maestro_core::Result;
use maestro_core::text::one_line;

use crate::board::{Line, Look};

/// A terminal with a live block. Dropping it removes the block and shows the cursor, also while
/// panicking.
#[derive(Debug)]
pub(crate) struct Block<W: Write> {
    out: W,
    drawn: Vec<Line>,
}

/// Whether the standard output can show a live block: it is a terminal that moves its cursor, and
/// nobody asked for plain text.
pub(crate) fn is_live() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let dumb = set("TERM").is_none_or(|term| term == "dumb");
    io::stdout().is_terminal() && !dumb && set("NO_COLOR").is_none()
}

/// How many columns and lines a block may take. The line below it stays free for the cursor.
pub(crate) fn room() -> (usize, usize) {
    let (columns, lines) = size().unwrap_or((80, 24));
    // A terminal that does not know its size says zero.
    let columns = if columns == 0 { 80 } else { columns };
    let lines = if lines == 0 { 24 } else { lines };
    // A full last column leaves some terminals undecided where the cursor is.
    (usize::from(columns - 1), usize::from(lines - 1))
}

/// The standard error, cleared of the block first.
pub(super) fn errors() -> io::Stderr {
    let mut stderr = io::stderr();
    if stderr.is_terminal() && is_live() {
        // What is to be said says more than that this failed.
        let _ = clear(&mut stderr);
    }
    stderr
}

impl Block<Stdout> {
    /// The standard output.
    pub(crate) fn open() -> Self {
        Self::new(io::stdout())
    }
}

impl<W: Write> Block<W> {
    fn new(out: W) -> Self {
        Self { out, drawn: Vec::new() }
    }

    /// Puts lines into the history, and the block below it.
    pub(crate) fn draw(&mut self, history: &[String], block: Vec<Line>) -> Result<()> {
        self.put(history, block).map_err(super::failed)
    }

    fn put(&mut self, history: &[String], block: Vec<Line>) -> io::Result<()> {
        if history.is_empty() && self.drawn == block {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate, Hide)?;
        queue!(self.out, MoveToColumn(0), Clear(ClearType::FromCursorDown))?;
        for line in history {
            queue!(self.out, Print(one_line(line)), Print("\n"))?;
        }
        for line in &block {
            let text = one_line(&line.text);
            let mut rest = text.chars();
            let glyph = rest.next().unwrap_or(' ');
            let glyph = match line.look {
                Look::Waits => glyph.dim(),
                Look::Works => glyph.cyan(),
                Look::Asks => glyph.yellow().bold(),
                Look::Good => glyph.green(),
                Look::Bad => glyph.red(),
            };
            queue!(self.out, Print(glyph), Print(rest.as_str()), Print("\n"))?;
        }
        if let Some(height) = u16::try_from(block.len()).ok().filter(|height| *height > 0) {
            queue!(self.out, MoveUp(height))?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.out.flush()?;
        self.drawn = block;
        Ok(())
    }
}

impl<W: Write> Drop for Block<W> {
    fn drop(&mut self) {
        // Nobody is left to hear that the terminal is gone.
        let _ = clear(&mut self.out).and_then(|()| execute!(self.out, Show));
    }
}

fn clear(out: &mut impl Write) -> io::Result<()> {
    execute!(out, MoveToColumn(0), Clear(ClearType::FromCursorDown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line { look: Look::Works, text: text.to_owned() }
    }

    /// A terminal of five lines that a test keeps when its screen is gone.
    fn terminal() -> vt100::Parser {
        vt100::Parser::new(5.try_into().unwrap(), 20.try_into().unwrap(), 100)
    }

    /// Line feeds of a terminal in its usual mode return the carriage.
    struct Cooked<'a>(&'a mut vt100::Parser);

    impl Write for Cooked<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            for byte in bytes {
                if *byte == b'\n' {
                    self.0.process(b"\r");
                }
                self.0.process(&[*byte]);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn history_scrolls_above_the_block_and_nothing_is_left_of_it() {
        let mut terminal = terminal();
        terminal.process(b"$ maestro\r\n");
        let mut screen = Block::new(Cooked(&mut terminal));
        screen.draw(&[], vec![line("a 1"), line("b 1")]).unwrap();
        assert!(screen.out.0.screen().hide_cursor());
        assert_eq!(screen.out.0.screen().contents(), "$ maestro\na 1\nb 1");
        screen.draw(&["one".to_owned()], vec![line("a 2"), line("b")]).unwrap();
        assert_eq!(screen.out.0.screen().contents(), "$ maestro\none\na 2\nb");
        let more = ["two".to_owned(), "three".to_owned()];
        screen.draw(&more, vec![line("a 3")]).unwrap();
        assert_eq!(screen.out.0.screen().contents(), "one\ntwo\nthree\na 3");
        drop(screen);
        assert_eq!(terminal.screen().contents(), "one\ntwo\nthree");
        assert!(!terminal.screen().hide_cursor());
    }

    #[test]
    fn what_is_drawn_is_harmless() {
        let mut block = Block::new(Vec::new());
        let evil = "a\u{1b}]52;c;aGk=\u{7}\u{202e}\u{9b}2J\rb\nc";
        block.draw(&[evil.to_owned()], vec![line(evil)]).unwrap();
        let written = String::from_utf8(block.out.clone()).unwrap();
        let shown = "\\u{1b}]52;c;aGk=\\u{7}\\u{202e}\\u{9b}2J\\u{d}b\\nc";
        assert_eq!(written.matches(shown).count(), 2, "{written:?}");
        assert!(!written.contains(['\u{7}', '\u{9b}', '\u{202e}', '\r']), "{written:?}");
        assert!(!written.contains("\u{1b}]"), "{written:?}");
    }

    #[test]
    fn the_same_block_is_not_drawn_again() {
        let mut screen = Block::new(Vec::new());
        screen.draw(&[], vec![line("a")]).unwrap();
        let written = screen.out.len();
        screen.draw(&[], vec![line("a")]).unwrap();
        assert_eq!(screen.out.len(), written);
    }

    #[test]
    fn what_a_narrower_terminal_wrapped_is_removed_as_well() {
        let mut terminal = terminal();
        let mut screen = Block::new(Cooked(&mut terminal));
        let one = ["one".to_owned()];
        screen.draw(&one, vec![line("a long line"), line("another line")]).unwrap();
        // What a terminal shows that wraps its lines anew; the cursor stays where its line begins.
        screen.out.0.process(b"\x1b[J12345678\r\n90\r\nabcdefgh\r\x1b[2A");
        screen.draw(&[], vec![line("a"), line("b")]).unwrap();
        assert_eq!(screen.out.0.screen().contents(), "one\na\nb");
    }

    #[test]
    fn a_panic_leaves_a_terminal_as_it_was() {
        let mut terminal = terminal();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut screen = Block::new(Cooked(&mut terminal));
            screen.draw(&["one".to_owned()], vec![line("a")]).unwrap();
            std::panic::resume_unwind(Box::new("a defect"));
        }));
        assert!(panicked.is_err());
        assert!(!terminal.screen().hide_cursor());
        assert_eq!(terminal.screen().contents(), "one");
    }
}
