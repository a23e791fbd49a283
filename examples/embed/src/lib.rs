//! What an embedder writes in the first week. The programs are in `src/bin`, and the packages for other languages have the same ones
//! under the same names:
//!
//! | program | shows |
//! |---|---|
//! | `quickstart` | one task of Claude Code, its events, its work merged |
//! | `events` | a list and what happens after it; a conversation |
//! | `approvals` | rules first, then a person |
//! | `own_agent` | an agent of one's own |
//! | `own_task` | a kind of task of one's own |
//!
//! The first three use the Claude Code that is installed, with its login. The tests lead it to a scripted model.
//! `docs/guide` shows regions of these programs and of `tests/guide.rs`, which the tests keep the same.

use std::io::{BufRead as _, Write as _};

/// The arguments of a program; the first is a path, which is made absolute. Ends the program where one is missing.
#[expect(clippy::exit, clippy::print_stderr, reason = "an example talks to a person")]
pub fn arguments<const N: usize>(names: [&str; N]) -> [String; N] {
    let mut given: Vec<String> = std::env::args().skip(1).collect();
    if let Some(first) = given.first_mut()
        && let Ok(path) = std::path::absolute(&*first)
    {
        *first = path.to_string_lossy().into_owned();
    }
    given.try_into().unwrap_or_else(|_| {
        eprintln!("expected: {}", names.join(" "));
        std::process::exit(2)
    })
}

/// Asks the person at the terminal. Anything but `y` is a no.
#[expect(clippy::print_stdout, reason = "an example talks to a person")]
pub fn yes(question: &str) -> std::io::Result<bool> {
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == "y")
}
