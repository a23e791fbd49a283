//! Texts with stars.

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// This character.
    Char(char),
    /// Any characters, also none.
    Any,
}

/// A text in which `*` stands for any characters. `\*` is a star and `\\` a backslash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wildcard {
    pieces: Vec<Piece>,
}

impl Wildcard {
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            match (char, chars.peek()) {
                ('\\', Some('*' | '\\')) => pieces.extend(chars.next().map(Piece::Char)),
                ('*', _) => pieces.push(Piece::Any),
                _ => pieces.push(Piece::Char(char)),
            }
        }
        Self { pieces }
    }

    /// Writes a text so that it stands for itself.
    pub(super) fn escape(text: &str) -> String {
        text.replace('\\', "\\\\").replace('*', "\\*")
    }

    /// The text, where the pattern has no star.
    pub(super) fn literal(&self) -> Option<String> {
        let chars = self.pieces.iter().map(|piece| match piece {
            Piece::Char(char) => Some(*char),
            Piece::Any => None,
        });
        chars.collect()
    }

    /// The same pattern with more behind it.
    pub(super) fn followed_by(&self, pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self { pieces: self.pieces.iter().cloned().chain(pieces).collect() }
    }

    /// Whether the whole text fits. Takes time in the product of both lengths at most.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut seen) = (0, 0);
        // Where to go on when the last star has to stand for one character more.
        let mut retry = None;
        while seen < text.len() {
            match self.pieces.get(at) {
                Some(Piece::Char(char)) if *char == text[seen] => (at, seen) = (at + 1, seen + 1),
                Some(Piece::Any) => {
                    retry = Some((at + 1, seen));
                    at += 1;
                }
                _ => {
                    let Some((after_star, start)) = retry else {
                        return false;
                    };
                    retry = Some((after_star, start + 1));
                    (at, seen) = (after_star, start + 1);
                }
            }
        }
        self.pieces[at..].iter().all(|piece| *piece == Piece::Any)
    }
}
