//! Taking a shell command apart, as far as that can be done without being a shell. This is for rules
//! that deny or ask: what it finds need not be all that runs.

use super::meter::Meter;
use super::words::Shape;

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    /// As it is written, without redirections.
    pub(super) text: String,
    /// Its words without their quotes.
    pub(super) words: Vec<String>,
    /// What a shell makes of each word.
    pub(super) shapes: Vec<Shape>,
    /// The files that redirections name plainly.
    pub(super) files: Vec<String>,
    /// The operator behind it.
    operator: &'static str,
}

/// How deep substitutions may lie in each other before nobody looks any more.
const DEEPEST: usize = 32;

/// The simple commands of a command, those in substitutions and subshells included.
pub(super) fn take_apart(command: &str, meter: &Meter) -> Vec<Part> {
    meter.add(command.len());
    let mut reader = Reader { rest: command.chars().collect(), at: 0, parts: Vec::new() };
    reader.commands(None, 0);
    reader.parts
}

/// The parts as one text, with one space between all that is a word or an operator.
pub(super) fn whole(parts: &[Part]) -> String {
    let mut whole = String::new();
    for part in parts {
        for word in part.words.iter().map(String::as_str).chain([part.operator]) {
            if !whole.is_empty() && !word.is_empty() {
                whole.push(' ');
            }
            whole.push_str(word);
        }
    }
    whole
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    parts: Vec<Part>,
}

/// The simple command that is being read.
#[derive(Default)]
struct Draft {
    text: String,
    words: Vec<String>,
    shapes: Vec<Shape>,
    files: Vec<String>,
    /// The word that is being read; none between words.
    word: Option<String>,
    shape: Shape,
    /// Whether a `{` waits for its `}` in the word.
    brace: bool,
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

    /// A character outside of quotes.
    fn push_bare(&mut self, char: char) {
        self.shape.patterned |= matches!(char, '*' | '?' | '[' | '^' | '#' | '~');
        let ranges = char == '.' && self.text.ends_with('.');
        // `{a,b}` and `{1..3}` are several words.
        self.shape.open |= self.brace && (char == ',' || ranges);
        self.brace = (self.brace || char == '{') && char != '}';
        self.push(char);
    }

    /// The word goes on with something that is not known.
    fn open_word(&mut self) {
        self.word_mut();
        self.shape.open = true;
    }

    fn end_word(&mut self) {
        let shape = std::mem::take(&mut self.shape);
        self.brace = false;
        if let Some(word) = self.word.take() {
            self.words.push(word);
            self.shapes.push(shape);
        }
    }

    /// Takes a number back that names the file of a redirection: `2>`.
    fn drop_number(&mut self) {
        let is_number =
            self.word.as_ref().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()));
        if is_number && self.text[self.word_began..].chars().all(|c| c.is_ascii_digit()) {
            self.word = None;
            self.shape = Shape::default();
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

    fn finish(&mut self, draft: &mut Draft, operator: &'static str) {
        draft.end_word();
        let Draft { text, words, shapes, files, .. } = std::mem::take(draft);
        let text = text.trim_matches([' ', '\t']).to_owned();
        if !text.is_empty() || !files.is_empty() {
            self.parts.push(Part { text, words, shapes, files, operator });
        }
    }

    /// What is in a substitution or subshell, up to its end.
    fn nested(&mut self, end: char, depth: usize) {
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
                return self.finish(&mut draft, "");
            }
            match char {
                '\\' => match self.next() {
                    // A line that goes on, or the end.
                    Some('\n') | None => {}
                    Some(escaped) => {
                        draft.word_mut().push(escaped);
                        draft.text.extend(['\\', escaped]);
                    }
                },
                '\'' => self.single_quoted(&mut draft),
                '"' => self.double_quoted(&mut draft, depth),
                '`' => {
                    draft.open_word();
                    self.nested('`', depth);
                }
                '$' => self.dollar(&mut draft, depth),
                '(' | ')' => {
                    // A pattern or a function, unless it begins a command.
                    draft.shape.open |= char == '(' && draft.word.is_some();
                    self.finish(&mut draft, "");
                    if char == '(' {
                        self.nested(')', depth);
                    }
                }
                '{' | '}' if draft.word.is_none() && self.ends_word() => {
                    self.finish(&mut draft, "");
                }
                '#' if draft.word.is_none() => {
                    while self.peek().is_some_and(|char| char != '\n') {
                        self.at += 1;
                    }
                }
                '<' | '>' => self.redirection(char, &mut draft, depth),
                '&' if self.next_if(&['>']) => self.redirection('>', &mut draft, depth),
                '&' => {
                    let operator = if self.next_if(&['&']) { "&&" } else { "&" };
                    self.finish(&mut draft, operator);
                }
                '|' => {
                    let or = self.next_if(&['|']);
                    self.next_if(&['&']);
                    self.finish(&mut draft, if or { "||" } else { "|" });
                }
                ';' | '\n' => self.finish(&mut draft, ";"),
                ' ' | '\t' => {
                    draft.end_word();
                    draft.text.push(char);
                }
                char => draft.push_bare(char),
            }
        }
        self.finish(&mut draft, "");
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
                None => return,
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
                    Some('\n') | None => {}
                    Some(escaped) => {
                        if !matches!(escaped, '$' | '`' | '"' | '\\') {
                            draft.word_mut().push('\\');
                        }
                        draft.word_mut().push(escaped);
                        draft.text.extend(['\\', escaped]);
                    }
                },
                Some('`') => {
                    draft.open_word();
                    self.nested('`', depth);
                }
                Some('$') => self.dollar(draft, depth),
                Some(char) => draft.push(char),
                None => return,
            }
        }
    }

    /// What follows a `$`. A plain variable runs nothing.
    fn dollar(&mut self, draft: &mut Draft, depth: usize) {
        // A line that goes on does so also here.
        while self.rest.get(self.at..self.at + 2) == Some(&['\\', '\n']) {
            self.at += 2;
        }
        match self.peek() {
            Some('(') => {
                self.at += 1;
                draft.open_word();
                self.nested(')', depth);
            }
            // `$'…'` and `$"…"` are the text in them, where no escape is in it.
            Some('\'' | '"') => draft.open_word(),
            next => {
                let named = |char: char| char.is_alphanumeric() || "_{?#@*!$-".contains(char);
                draft.push('$');
                draft.shape.open |= next.is_some_and(named);
            }
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
            return;
        }
        if !self.next_if(&['>', '|']) {
            self.next_if(&['&']);
        }
        while self.next_if(&[' ', '\t']) {}
        draft.files.extend(self.plain_word());
    }

    /// A word without quotes or expansions. Another one is read with the words of the command.
    fn plain_word(&mut self) -> Option<String> {
        let began = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || "/.-_~".contains(c)) {
            self.at += 1;
        }
        if !self.ends_word() {
            self.at = began;
        }
        (self.at > began).then(|| self.rest[began..self.at].iter().collect())
    }
}
