//! Taking a shell command apart, as far as that can be done without being a shell.

/// A command taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Script {
    /// Its simple commands, those in substitutions and subshells included.
    pub(super) parts: Vec<Part>,
    /// It holds something that was not seen through: a substitution, a subshell, a redirection to or
    /// from a file, a comment, an open quote. What is in `parts` need not be all that runs.
    pub(super) opaque: bool,
}

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    /// As it is written, without redirections that do nothing.
    pub(super) text: String,
    /// Its words without their quotes.
    pub(super) words: Vec<String>,
}

/// How deep substitutions may lie in each other before nobody looks any more.
const DEEPEST: usize = 32;

/// Takes a command apart.
pub(super) fn take_apart(command: &str) -> Script {
    let mut reader = Reader { rest: command.chars().collect(), at: 0, script: Script::default() };
    reader.commands(None, 0);
    reader.script
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    script: Script,
}

/// The simple command that is being read.
#[derive(Default)]
struct Draft {
    text: String,
    words: Vec<String>,
    /// The word that is being read; none between words.
    word: Option<String>,
    /// Where in `text` the word began.
    word_began: usize,
}

impl Draft {
    fn push(&mut self, char: char) {
        self.word_mut().push(char);
        self.text.push(char);
    }

    /// Begins a word, where none is being read.
    fn word_mut(&mut self) -> &mut String {
        if self.word.is_none() {
            self.word_began = self.text.len();
        }
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    /// Takes a number back that names the file of a redirection: `2>`.
    fn drop_number(&mut self) {
        let is_number =
            self.word.as_ref().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()));
        if is_number && self.text[self.word_began..].chars().all(|c| c.is_ascii_digit()) {
            self.word = None;
            self.text.truncate(self.word_began);
        }
    }
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek();
        self.at += usize::from(char.is_some());
        char
    }

    fn next_if(&mut self, fits: &[char]) -> bool {
        let taken = self.peek().is_some_and(|char| fits.contains(&char));
        self.at += usize::from(taken);
        taken
    }

    fn finish(&mut self, draft: &mut Draft) {
        let Draft { text, mut words, word, .. } = std::mem::take(draft);
        words.extend(word);
        let text = text.trim_matches([' ', '\t']).to_owned();
        if !text.is_empty() {
            self.script.parts.push(Part { text, words });
        }
    }

    /// What is in a substitution or subshell, up to its end.
    fn nested(&mut self, end: char, depth: usize) {
        self.script.opaque = true;
        if depth < DEEPEST {
            self.commands(Some(end), depth + 1);
        } else {
            self.at = self.rest.len();
        }
    }

    fn commands(&mut self, end: Option<char>, depth: usize) {
        let mut draft = Draft::default();
        while let Some(char) = self.next() {
            if Some(char) == end {
                return self.finish(&mut draft);
            }
            match char {
                '\\' => match self.next() {
                    // A line that goes on.
                    Some('\n') => {}
                    Some(escaped) => {
                        draft.word_mut().push(escaped);
                        draft.text.extend(['\\', escaped]);
                    }
                    None => self.script.opaque = true,
                },
                '\'' => self.single_quoted(&mut draft),
                '"' => self.double_quoted(&mut draft, depth),
                '`' => self.nested('`', depth),
                '$' => self.dollar(&mut draft, depth),
                '(' | ')' => {
                    self.finish(&mut draft);
                    self.script.opaque = true;
                    if char == '(' {
                        self.nested(')', depth);
                    }
                }
                '{' | '}' if draft.word.is_none() && self.ends_word() => {
                    self.script.opaque = true;
                    self.finish(&mut draft);
                }
                '#' if draft.word.is_none() => {
                    self.script.opaque = true;
                    while self.peek().is_some_and(|char| char != '\n') {
                        self.at += 1;
                    }
                }
                '<' | '>' => self.redirection(char, &mut draft, depth),
                '&' if self.next_if(&['>']) => self.redirection('>', &mut draft, depth),
                '&' => {
                    self.next_if(&['&']);
                    self.finish(&mut draft);
                }
                '|' => {
                    self.next_if(&['|', '&']);
                    self.finish(&mut draft);
                }
                ';' | '\n' => self.finish(&mut draft),
                ' ' | '\t' => {
                    draft.end_word();
                    draft.text.push(char);
                }
                char => {
                    // No shell takes these as they are, so nobody knows what is meant.
                    self.script.opaque |= char == '\0' || char == '\r';
                    draft.push(char);
                }
            }
        }
        self.script.opaque |= end.is_some();
        self.finish(&mut draft);
    }

    fn ends_word(&self) -> bool {
        self.peek().is_none_or(|char| " \t\n;&|()".contains(char))
    }

    fn single_quoted(&mut self, draft: &mut Draft) {
        draft.word_mut();
        draft.text.push('\'');
        loop {
            match self.next() {
                Some('\'') => return draft.text.push('\''),
                Some(char) => draft.push(char),
                None => {
                    self.script.opaque = true;
                    return;
                }
            }
        }
    }

    fn double_quoted(&mut self, draft: &mut Draft, depth: usize) {
        draft.word_mut();
        draft.text.push('"');
        loop {
            match self.next() {
                Some('"') => return draft.text.push('"'),
                Some('\\') => match self.next() {
                    Some('\n') => {}
                    Some(escaped) => {
                        if !matches!(escaped, '$' | '`' | '"' | '\\') {
                            draft.word_mut().push('\\');
                        }
                        draft.word_mut().push(escaped);
                        draft.text.extend(['\\', escaped]);
                    }
                    None => self.script.opaque = true,
                },
                Some('`') => self.nested('`', depth),
                Some('$') => self.dollar(draft, depth),
                Some(char) => draft.push(char),
                None => {
                    self.script.opaque = true;
                    return;
                }
            }
        }
    }

    /// What follows a `$`. A plain variable runs nothing.
    fn dollar(&mut self, draft: &mut Draft, depth: usize) {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                draft.word_mut();
                self.nested(')', depth);
            }
            Some('{' | '[' | '\'' | '"') => {
                self.script.opaque = true;
                draft.push('$');
            }
            _ => draft.push('$'),
        }
    }

    fn redirection(&mut self, sign: char, draft: &mut Draft, depth: usize) {
        if self.next_if(&['(']) {
            return self.nested(')', depth);
        }
        draft.drop_number();
        draft.end_word();
        if sign == '<' && self.next_if(&['<']) {
            // The text of a here-document is read as commands, which only makes denying stricter.
            self.script.opaque = true;
            return;
        }
        let to_descriptor = !self.next_if(&['>', '|']) && self.next_if(&['&']);
        while self.next_if(&[' ', '\t']) {}
        let target = self.plain_word();
        let harmless = if to_descriptor {
            !target.is_empty() && target.chars().all(|c| c.is_ascii_digit() || c == '-')
        } else {
            sign == '>' && target == "/dev/null"
        };
        self.script.opaque |= !harmless;
    }

    /// A word without quotes or expansions; empty when the next one is none.
    fn plain_word(&mut self) -> String {
        let began = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || "/.-_".contains(c)) {
            self.at += 1;
        }
        if !self.ends_word() {
            self.at = began;
        }
        self.rest[began..self.at].iter().collect()
    }
}
