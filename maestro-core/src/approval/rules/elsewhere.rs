//! What rules about files and addresses say about calls of tools that they do not name.

use super::Touch;
use super::command::{Invocation, base_name, runs_text};
use super::files::{begins_elsewhere, is_unknown, texts};
use super::fold::fold;
use super::grammar::{Rule, Tools, Uses};
use super::judge::{Facts, address_of};
use super::meter::MAX_JUDGED_BYTES;
use super::path::PathPattern;
use super::programs::{
    Through, gives, has_patterns, is_message, is_scripted, moves_through, reads_through,
    takes_names,
};
use super::target::{Taken, Target, in_own_process};
use super::words::{Piece, Places, Shape, Words, beside, pieces};

/// Whether a rule is about what a tool does that it does not name: another one that runs commands, or
/// one that nobody knows and that is given a path or an address.
pub(super) fn touches_elsewhere(rule: &Rule, facts: &Facts<'_>) -> Touch {
    let tool = facts.call.tool;
    match (&rule.tool, &rule.uses) {
        (Tools::Named(name), uses) if name == "Bash" => {
            let Some((command, known)) = &facts.command else { return Touch::No };
            let touch = match uses {
                Uses::Command(pattern) => pattern.touches(command, facts.meter),
                _ => Touch::Yes,
            };
            if *known { touch } else { touch.min(Touch::Perhaps) }
        }
        (_, Uses::Path(pattern)) => {
            let mut touch = Touch::No;
            if facts.command.is_some() {
                touch = by_command(pattern, rule.tool == Tools::Reading, facts);
            }
            if is_unknown(tool) {
                touch = touch.max(by_texts(pattern, facts).min(Touch::Perhaps));
            }
            touch
        }
        (_, Uses::Domain(domain)) if is_unknown(tool) => {
            let texts = texts(facts.call.input);
            let likely = texts.iter().filter(|text| text.likely).map(|text| text.text);
            let likely = likely.chain(address_of(facts.call));
            let found = likely.map(|address| domain.touches(address, facts.meter));
            // What is no address at all is none.
            if found.max() == Some(Touch::Yes) { Touch::Perhaps } else { Touch::No }
        }
        _ => Touch::No,
    }
}

/// Whether the input of a tool that nobody knows may name such a file.
fn by_texts(pattern: &PathPattern, facts: &Facts<'_>) -> Touch {
    let places = Places::of(&facts.root, &[]);
    if facts.is_unclear(&places) {
        return Touch::Perhaps;
    }
    let shape = Shape { patterned: true, open: false };
    let touches = texts(facts.call.input).into_iter().map(|text| {
        if text.text.len() > MAX_JUDGED_BYTES {
            return Touch::Perhaps;
        }
        let through = Look { pattern, places: &places, facts, tree: text.likely, across: false };
        through.pieces(&text.pieces(), shape)
    });
    touches.max().unwrap_or(Touch::No)
}

/// Whether a command may be about such a file. What gives its content is; of other programs nobody
/// knows what they do with it.
fn by_command(pattern: &PathPattern, reads: bool, facts: &Facts<'_>) -> Touch {
    let Some((command, _)) = &facts.command else { return Touch::No };
    if command.text.len() > MAX_JUDGED_BYTES {
        return Touch::Perhaps;
    }
    let words: Vec<Words<'_>> = command.calls.iter().map(Invocation::words).collect();
    let places = Places::of(&facts.root, &words);
    if facts.is_unclear(&places) {
        return Touch::Perhaps;
    }
    let least = if places.unknown { Touch::Perhaps } else { Touch::No };
    let touches = command.calls.iter().map(|call| by_call(pattern, reads, call, &places, facts));
    touches.max().unwrap_or(Touch::No).max(least)
}

fn by_call(
    pattern: &PathPattern,
    reads: bool,
    call: &Invocation,
    places: &Places,
    facts: &Facts<'_>,
) -> Touch {
    let command = call.words();
    let program = base_name(command.program());
    let places = places.for_command(command);
    let through = if reads { reads_through(command) } else { moves_through(command) };
    let most = if reads && gives(program) { Touch::Yes } else { Touch::Perhaps };
    let mut touch = if places.unknown || takes_names(program) { Touch::Perhaps } else { Touch::No };
    let mut look = Look { pattern, places: &places, facts, tree: false, across: program == "git" };
    let own = has_patterns(program);
    let script = is_scripted(program) && !runs_text(program);
    let mut before = "";
    for (index, (word, shape)) in command.iter().enumerate() {
        look.tree = index > 0 && through != Through::Nothing;
        if !is_message(command, before) {
            let shape = Shape { patterned: shape.patterned || own, ..shape };
            touch = touch.max(look.word(word, shape, script).min(most));
        }
        before = word;
    }
    if through == Through::Here {
        touch = touch.max(look.word(".", Shape::default(), false).min(Touch::Perhaps));
    }
    look.tree = false;
    let files = call.files.iter();
    files.map(|file| look.word(file, Shape::default(), false).min(most)).fold(touch, Touch::max)
}

/// How words are looked at.
struct Look<'a> {
    pattern: &'a PathPattern,
    places: &'a Places,
    facts: &'a Facts<'a>,
    /// All that is below what a word names is meant as well.
    tree: bool,
    /// A pattern stands for several names.
    across: bool,
}

impl Look<'_> {
    fn word(&self, word: &str, shape: Shape, script: bool) -> Touch {
        self.pieces(&pieces(word, script), shape)
    }

    fn pieces(&self, pieces: &[Piece], shape: Shape) -> Touch {
        let open = if shape.open { Touch::Perhaps } else { Touch::No };
        let touches = pieces.iter().map(|piece| {
            let elsewhere = piece.plain && begins_elsewhere(&piece.text);
            let least = if elsewhere { Touch::Perhaps } else { Touch::No };
            self.piece(piece, shape.patterned).max(least)
        });
        touches.max().unwrap_or(Touch::No).max(open)
    }

    /// It is sure where it is so from each directory that the command may run in.
    fn piece(&self, piece: &Piece, patterns: bool) -> Touch {
        let text = piece.folded.as_str();
        let taken = Taken { patterns, across: self.across, cut: piece.cut };
        let own = in_own_process(text);
        let touches = |(directory, folded): &(String, String)| {
            self.facts.meter.add(folded.len() + text.len());
            let written = self.path(folded, text, taken);
            let own = own.as_ref().map(|path| self.path(folded, path, taken));
            let real = self.facts.leads(&beside(directory, &piece.text)).map(|(real, root)| {
                let (real, root) = (fold(real), fold(root));
                Target::read(&root, &real, Taken::default()).map_or(Touch::Perhaps, |target| {
                    self.pattern.touches(&target, &root, self.tree, self.facts.meter)
                })
            });
            written.max(own.unwrap_or(Touch::No)).max(real.unwrap_or(Touch::No))
        };
        let touches: Vec<Touch> = self.places.directories.iter().map(touches).collect();
        let most = touches.iter().copied().max().unwrap_or(Touch::No);
        let sure = piece.plain && touches.iter().all(|touch| *touch == Touch::Yes);
        if sure { most } else { most.min(Touch::Perhaps) }
    }

    fn path(&self, directory: &str, path: &str, taken: Taken) -> Touch {
        Target::read(directory, path, taken).map_or(Touch::Perhaps, |target| {
            self.pattern.touches(&target, &self.facts.folded_root, self.tree, self.facts.meter)
        })
    }
}
