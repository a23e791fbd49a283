//! Texts with stars.

use super::meter::Meter;

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// This character.
    Char(char),
    /// Any one character.
    One,
    /// Any characters, also none.
    Any,
}

/// A text in which `*` stands for any characters. `\*` is a star and `\\` a backslash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// What stands between the stars: one more block than there are stars. None is `Piece::Any`.
    blocks: Vec<Vec<Piece>>,
}

/// How the name of a command is compared: the characters before the first space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// As it is written.
    Exact,
    /// Without case, as some file systems do.
    AnyCase,
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
        Self::new(pieces)
    }

    pub(super) fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut blocks = vec![Vec::new()];
        for piece in pieces {
            match (piece, blocks.last_mut()) {
                (Piece::Any, _) | (_, None) => blocks.push(Vec::new()),
                (piece, Some(block)) => block.push(piece),
            }
        }
        Self { blocks }
    }

    /// Writes a text so that it stands for itself.
    pub(super) fn escape(text: &str) -> String {
        text.replace('\\', "\\\\").replace('*', "\\*")
    }

    /// The text, where the pattern has no star.
    pub(super) fn literal(&self) -> Option<String> {
        let [block] = self.blocks.as_slice() else { return None };
        let chars = block.iter().map(|piece| match piece {
            Piece::Char(char) => Some(*char),
            Piece::One | Piece::Any => None,
        });
        chars.collect()
    }

    /// The same pattern with more words behind it.
    pub(super) fn with_more_words(&self) -> Self {
        let mut blocks = self.blocks.clone();
        if let Some(last) = blocks.last_mut() {
            last.push(Piece::Char(' '));
        }
        blocks.push(Vec::new());
        Self { blocks }
    }

    /// The same pattern with its characters replaced by what `fold` makes of them.
    pub(super) fn folded(&self, fold: impl Fn(&str) -> String) -> Self {
        let one = |block: &Vec<Piece>| {
            let mut folded = Vec::new();
            let mut run = String::new();
            for piece in block {
                if let Piece::Char(char) = piece {
                    run.push(*char);
                } else {
                    folded.extend(fold(&std::mem::take(&mut run)).chars().map(Piece::Char));
                    folded.push(piece.clone());
                }
            }
            folded.extend(fold(&run).chars().map(Piece::Char));
            folded
        };
        Self { blocks: self.blocks.iter().map(one).collect() }
    }

    /// Whether the whole text fits. Takes time in the product of both lengths at most.
    pub(super) fn fits(&self, text: &str, meter: &Meter) -> bool {
        let text: Vec<char> = text.chars().collect();
        meter.add(text.len());
        self.fits_any(&text, &[0], Name::Exact, meter)
    }

    /// Whether what remains of the text fits when its beginning is cut off somewhere.
    pub(super) fn fits_end(&self, text: &str, meter: &Meter) -> bool {
        let text: Vec<char> = text.chars().collect();
        let starts: Vec<usize> = (0..text.len()).collect();
        meter.add(text.len());
        self.fits_any(&text, &starts, Name::Exact, meter)
    }

    /// Whether a text that begins and ends like this may fit.
    pub(super) fn meets(&self, begins: &str, ends: &str, meter: &Meter) -> bool {
        meter.add(begins.len() + ends.len());
        let same = |(piece, char): (&Piece, char)| match piece {
            Piece::Char(wanted) => *wanted == char,
            Piece::One | Piece::Any => true,
        };
        let (Some(first), Some(last)) = (self.blocks.first(), self.blocks.last()) else {
            return false;
        };
        let fixed = self.blocks.len() == 1;
        let fits = !fixed || begins.chars().count() + ends.chars().count() <= first.len();
        fits && first.iter().zip(begins.chars()).all(same)
            && last.iter().rev().zip(ends.chars().rev()).all(same)
    }

    /// Whether the text fits from one of these places to its end. The blocks behind the first star
    /// are looked for once, from the end, so that many places cost no more than one does.
    pub(super) fn fits_any(
        &self,
        text: &[char],
        starts: &[usize],
        name: Name,
        meter: &Meter,
    ) -> bool {
        let Some((first, rest)) = self.blocks.split_first() else { return false };
        let Some(latest) = latest(rest, text, meter) else { return false };
        starts.iter().any(|start| {
            let end = start + first.len();
            let ends = if rest.is_empty() { end == text.len() } else { end <= latest };
            ends && is_at(first, text, *start, name, meter)
        })
    }
}

/// The last place at which the blocks, each behind a star, can still begin.
fn latest(blocks: &[Vec<Piece>], text: &[char], meter: &Meter) -> Option<usize> {
    let Some((last, between)) = blocks.split_last() else { return Some(text.len()) };
    let mut end = text.len().checked_sub(last.len())?;
    if !is_at(last, text, end, Name::Exact, meter) {
        return None;
    }
    for block in between.iter().rev() {
        let last = end.checked_sub(block.len())?;
        end = (0..=last).rev().find(|at| is_at(block, text, *at, Name::Exact, meter))?;
    }
    Some(end)
}

fn is_at(block: &[Piece], text: &[char], at: usize, name: Name, meter: &Meter) -> bool {
    let Some(text) = text.get(at..at + block.len()) else { return false };
    let mut in_name = name == Name::AnyCase;
    let mut compared = 0;
    let fits = block.iter().zip(text).all(|(piece, char)| {
        compared += 1;
        in_name &= *char != ' ';
        match piece {
            Piece::Char(wanted) if in_name => wanted.eq_ignore_ascii_case(char),
            Piece::Char(wanted) => wanted == char,
            Piece::One => true,
            Piece::Any => false,
        }
    });
    meter.add(compared + 1);
    fits
}
