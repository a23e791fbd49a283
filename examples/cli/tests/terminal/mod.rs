//! The command line inside a terminal: a real one for the program, an emulated one to look at.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

/// Where stores lie by default here: neither where the user has theirs nor in the project.
pub(crate) const STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/state");

/// A program in a terminal. It is ended when this is dropped.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: Parser,
    /// Everything that the program wrote.
    pub(crate) written: Vec<u8>,
}

impl Terminal {
    /// Starts `maestro` in a terminal of this size.
    pub(crate) fn start(
        directory: &Path,
        (lines, columns): (u16, u16),
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let size = size(lines, columns);
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_maestro"));
        command.args(arguments);
        command.cwd(directory);
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", STATE);
        command.env_remove("NO_COLOR");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal whose last program is gone gives an error or nothing.
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        let parser = Parser::new(lines.try_into().unwrap(), columns.try_into().unwrap(), 1000);
        Self { child, master: pair.master, keyboard, output, parser, written: Vec::new() }
    }

    /// Reads on until the screen shows what is wanted.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        while !wanted(self) {
            let Ok(bytes) = self.output.recv() else {
                panic!("the program ended before {what}:\n{}", self.text());
            };
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.written.extend_from_slice(bytes);
    }

    /// What the screen shows.
    pub(crate) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The line of the screen that contains this.
    pub(crate) fn line(&self, part: &str) -> Option<String> {
        self.text().lines().find(|line| line.contains(part)).map(str::to_owned)
    }

    /// Whether the screen contains this.
    pub(crate) fn shows(&self, part: &str) -> bool {
        self.line(part).is_some()
    }

    /// Whether the line of the screen that contains this goes on in the next one.
    pub(crate) fn wraps(&self, part: &str) -> bool {
        let screen = self.parser.screen();
        let rows = screen.rows(0, screen.size().1.get());
        (0..).zip(rows).any(|(row, text)| text.contains(part) && screen.row_wrapped(row))
    }

    /// Whether the cursor can be seen.
    pub(crate) fn has_cursor(&self) -> bool {
        !self.parser.screen().hide_cursor()
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Changes the size, as a window does.
    pub(crate) fn resize(&mut self, lines: u16, columns: u16) {
        self.master.resize(size(lines, columns)).unwrap();
        let (lines, columns) = (lines.try_into().unwrap(), columns.try_into().unwrap());
        self.parser.screen_mut().set_size(lines, columns);
    }

    /// Reads to the end, and gives the exit code.
    pub(crate) fn end(&mut self) -> u32 {
        while let Ok(bytes) = self.output.recv() {
            self.take(&bytes);
        }
        self.child.wait().unwrap().exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended by itself needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(lines: u16, columns: u16) -> PtySize {
    PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 }
}
