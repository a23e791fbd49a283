//! Reading the shell commands that a rule may allow.
//!
//! This is a list of what is read, not of what is refused: words, quotes and separators that bash and
//! zsh take apart in the same way, with no option set or unset. All else makes a command opaque.

use super::words::{Shape, Words};

/// A simple command: a program and its words, of which nothing else runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SimpleCommand {
    /// As it is written, without redirections.
    pub text: String,
    /// Its words without their quotes. A variable and `*` stand as they are written.
    pub words: Vec<String>,
    /// What a shell makes of each word.
    pub(super) shapes: Vec<Shape>,
}

impl SimpleCommand {
    pub(super) fn as_words(&self) -> Words<'_> {
        Words { texts: &self.words, shapes: &self.shapes }
    }
}

/// What begins something else than a simple command, in bash or zsh.
const RESERVED: &[&str] = &[
    "always",
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "end",
    "esac",
    "fi",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "nocorrect",
    "noglob",
    "repeat",
    "select",
    "then",
    "time",
    "until",
    "while",
];

/// The simple commands of a shell command, if bash and zsh read it in just this way: plain words, single
/// quotes, double quotes without `` ` ``, `\` and `!`, plain variables among the words, and
/// `;`, `&&`, `||`, `|` and line ends between commands. Redirections are those to `/dev/null` and of
/// one output to the other. None when there is anything else in it.
///
/// # Examples
/// ```
/// use maestro_core::approval::rules::simple_commands;
///
/// let read = simple_commands("git add a.rs && git commit -m 'more; better' 2>&1").unwrap();
/// assert_eq!(read[1].text, "git commit -m 'more; better'");
/// assert_eq!(read[1].words, ["git", "commit", "-m", "more; better"]);
/// assert_eq!(simple_commands("git add $(cat list)"), None);
/// ```
pub fn simple_commands(command: &str) -> Option<Vec<SimpleCommand>> {
    if command.len() > super::MAX_JUDGED_BYTES {
        return None;
    }
    let mut reader = Reader { chars: command.chars().collect(), at: 0 };
    let mut read = Vec::new();
    // Whether an operator waits for its second command.
    let mut waits = false;
    loop {
        while matches!(reader.peek(), Some(' ' | '\t' | '\n')) {
            reader.at += 1;
        }
        if reader.peek().is_none() {
            return (!waits && !read.is_empty()).then_some(read);
        }
        read.push(reader.simple()?);
        waits = match (reader.take(), reader.peek()) {
            (None | Some(';' | '\n'), _) => false,
            (Some('&'), Some('&')) | (Some('|'), Some('|')) => {
                reader.at += 1;
                true
            }
            (Some('|'), next) => {
                reader.at += usize::from(next == Some('&'));
                true
            }
            _ => return None,
        };
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let char = self.peek();
        self.at += usize::from(char.is_some());
        char
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
    }

    /// Whether no word goes on here.
    fn ends_word(&self) -> bool {
        matches!(self.peek(), None | Some(' ' | '\t' | '\n' | ';' | '&' | '|'))
    }

    /// One simple command up to what ends it.
    fn simple(&mut self) -> Option<SimpleCommand> {
        let name = self.name()?;
        let mut command =
            SimpleCommand { text: name.clone(), words: vec![name], shapes: vec![Shape::default()] };
        loop {
            let blanks = self.at;
            self.skip_blanks();
            let began = self.at;
            let redirected = self.redirection()?;
            if !redirected && self.ends_word() {
                return Some(command);
            }
            // Only blanks separate words and redirections: zsh takes the `1` of `1&>` for a descriptor.
            if blanks == began {
                return None;
            }
            if redirected {
                continue;
            }
            let (word, shape) = self.word()?;
            // A subscript is evaluated by builtins such as `printf -v` and `test -v`, also in quotes.
            let subscript = word.find('[').map(|at| &word[at..]);
            if subscript.is_some_and(|rest| rest.contains("$(") || rest.contains('`')) {
                return None;
            }
            command.text.extend(&self.chars[blanks..self.at]);
            command.words.push(word);
            command.shapes.push(shape);
        }
    }

    fn name(&mut self) -> Option<String> {
        let began = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || "_./+-".contains(c)) {
            self.at += 1;
        }
        let name: String = self.chars[began..self.at].iter().collect();
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || "_./".contains(c));
        (begins && self.ends_word() && !RESERVED.contains(&name.as_str())).then_some(name)
    }

    /// Takes a redirection that changes no file, if one begins here. None for every other one.
    fn redirection(&mut self) -> Option<bool> {
        let next = self.chars.get(self.at + 1).copied();
        let sign = match (self.peek(), next) {
            (Some(sign @ ('<' | '>')), _) => {
                self.at += 1;
                sign
            }
            (Some('1' | '2' | '&'), Some('>')) => {
                let both = self.take() == Some('&');
                self.at += 1;
                if both && self.peek() == Some('&') {
                    return None;
                }
                '>'
            }
            _ => return Some(false),
        };
        if sign == '>' && self.peek() == Some('&') {
            self.at += 1;
            let fits = matches!(self.take(), Some('1' | '2')) && self.ends_word();
            return fits.then_some(true);
        }
        self.skip_blanks();
        let fits = "/dev/null".chars().all(|char| self.take() == Some(char)) && self.ends_word();
        fits.then_some(true)
    }

    fn word(&mut self) -> Option<(String, Shape)> {
        let (mut word, mut shape) = (String::new(), Shape::default());
        let mut before = None;
        while !self.ends_word() {
            let char = self.take()?;
            match char {
                '\'' => self.single_quoted(&mut word)?,
                '"' => shape.open |= self.double_quoted(&mut word)?,
                '\\' => word.push(self.take().filter(|c| c.is_ascii_graphic() || *c == ' ')?),
                '$' => {
                    self.variable(&mut word)?;
                    shape.open = true;
                    if !self.ends_word() && self.peek() != Some('/') {
                        return None;
                    }
                }
                char if is_bare(char, before) => {
                    shape.patterned |= matches!(char, '*' | '?' | '^' | '~');
                    word.push(char);
                }
                _ => return None,
            }
            before = Some(char);
        }
        Some((word, shape))
    }

    fn single_quoted(&mut self, word: &mut String) -> Option<()> {
        loop {
            match self.take()? {
                '\'' => return Some(()),
                char if is_quotable(char) => word.push(char),
                _ => return None,
            }
        }
    }

    /// Whether a variable is among what stands in the quotes.
    fn double_quoted(&mut self, word: &mut String) -> Option<bool> {
        let mut open = false;
        loop {
            match self.take()? {
                '"' => return Some(open),
                '`' | '\\' | '!' => return None,
                '$' => {
                    self.variable(word)?;
                    open = true;
                    if !matches!(self.peek(), Some('"' | ' ' | '/')) {
                        return None;
                    }
                }
                char if is_quotable(char) => word.push(char),
                _ => return None,
            }
        }
    }

    /// A variable by its name alone, after the `$`. What may follow it is for the caller to say: zsh
    /// reads `:` and `[` as more of it.
    fn variable(&mut self, word: &mut String) -> Option<()> {
        self.peek().filter(|c| c.is_ascii_alphabetic() || *c == '_')?;
        word.push('$');
        while let Some(char) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
            word.push(char);
            self.at += 1;
        }
        Some(())
    }
}

/// Whether a character outside of quotes stands for itself, or for names of files.
fn is_bare(char: char, before: Option<char>) -> bool {
    match char {
        // A home directory or a program's path at the beginning, a pattern of zsh elsewhere.
        '~' | '^' => before.is_some_and(|before| before.is_ascii_alphanumeric()),
        '=' => before.is_some(),
        _ => char.is_ascii_alphanumeric() || "_-./:,@%+*?".contains(char),
    }
}

/// Whether a character in quotes is text: no control, and nothing that a person cannot see.
fn is_quotable(char: char) -> bool {
    match char {
        '\n' | '\t' => true,
        _ if char.is_ascii() => !char.is_ascii_control(),
        _ => !(char.is_control() || char.is_whitespace() || super::fold::is_ignorable(char)),
    }
}
