//! Whether a call may change a protected file, as far as its words say.

use super::command::base_name;
use super::files::{is_unknown, places, texts};
use super::fold::fold;
use super::grammar::EDITING;
use super::judge::Facts;
use super::meter::MAX_JUDGED_BYTES;
use super::programs::{has_patterns, is_message, is_scripted, looks};
use super::protected::{is_protected, may_be_protected, may_hold_protected};
use super::target::{Taken, Target, depends_on_process};
use super::words::{Piece, Places, Words, beside, pieces};

/// Whether a call of a tool that is not known to run commands may change one.
pub(super) fn is_guarded(facts: &Facts<'_>) -> bool {
    let tool = facts.call.tool;
    if EDITING.contains(&tool) {
        let leads = facts.call.real.is_some_and(|real| {
            is_protected(&real.path, &real.root) || depends_on_process(&real.path, &real.root)
        });
        return leads
            || places(tool, facts.call.input).iter().any(|place| {
                place.path.len() > MAX_JUDGED_BYTES
                    || depends_on_process(&place.path, &facts.root)
                    || super::files::readings(&place.path)
                        .iter()
                        .any(|reading| is_protected(reading, &facts.root))
            });
    }
    if !is_unknown(tool) {
        return false;
    }
    let Some((command, _)) = &facts.command else { return names_protected(facts) };
    let calls: Vec<Words<'_>> = command.calls.iter().map(|call| call.words()).collect();
    let places = Places::of(&facts.root, &calls);
    command.text.len() > MAX_JUDGED_BYTES
        || names_protected(facts)
        || command.calls.iter().any(|call| {
            may_change(call.words(), &places, facts)
                || call.files.iter().any(|file| {
                    pieces(file, false)
                        .iter()
                        .any(|piece| is_protected_piece(piece, &places, Taken::default(), facts))
                })
        })
}

/// Whether the input of a tool that nobody knows names one.
fn names_protected(facts: &Facts<'_>) -> bool {
    let places = Places::of(&facts.root, &[]);
    let patterned = Taken { patterns: true, ..Taken::default() };
    facts.is_unclear(&places)
        || texts(facts.call.input).iter().any(|text| {
            text.text.len() > MAX_JUDGED_BYTES
                || text
                    .pieces()
                    .iter()
                    .any(|piece| is_protected_piece(piece, &places, patterned, facts))
        })
}

/// Whether a simple command may change one that it names.
pub(super) fn may_change(command: Words<'_>, places: &Places, facts: &Facts<'_>) -> bool {
    let looks = looks(command);
    let places = places.for_command(command);
    if !looks && (places.unknown || facts.is_unclear(&places)) {
        return true;
    }
    let program = base_name(command.program());
    let own = has_patterns(program);
    let mut before = "";
    command.rest().any(|(word, shape)| {
        let message = is_message(command, before);
        before = word;
        if message || (looks && !word.starts_with('-')) {
            return false;
        }
        // What it looks for stays a pattern; what it would write is a file.
        let patterns = !looks && (shape.patterned || own);
        let taken = Taken { patterns, across: program == "git", cut: false };
        (shape.open && !looks && !begins_at_known(word))
            || pieces(word, is_scripted(program))
                .iter()
                .any(|piece| is_protected_piece(piece, &places, taken, facts))
    })
}

/// Variables that the shell of an agent finds set, and which hold a directory that is not protected.
fn begins_at_known(word: &str) -> bool {
    let known = ["$HOME", "$PWD", "$TMPDIR"].iter().find_map(|name| word.strip_prefix(name));
    known.is_some_and(|rest| (rest.is_empty() || rest.starts_with('/')) && !rest.contains('$'))
}

fn is_protected_piece(piece: &Piece, places: &Places, taken: Taken, facts: &Facts<'_>) -> bool {
    let text = piece.folded.as_str();
    let hidden = taken.across;
    let taken = Taken { cut: piece.cut, ..taken };
    places.directories.iter().any(|(directory, folded)| {
        facts.meter.add(folded.len() + text.len());
        let named = Target::read(folded, text, taken).is_none_or(|target| {
            target.depends
                || may_be_protected(&target, &facts.folded_root, hidden)
                || may_hold_protected(&target, hidden)
        });
        named
            || facts.leads(&beside(directory, &piece.text)).is_some_and(|(real, root)| {
                let (real, root) = (fold(real), fold(root));
                Target::read(&root, &real, Taken::default()).is_none_or(|target| {
                    target.depends
                        || may_be_protected(&target, &root, hidden)
                        || may_hold_protected(&target, hidden)
                })
            })
    })
}
