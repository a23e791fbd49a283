//! Texts as the most careless reader sees them, for rules that deny or ask.

use icu_normalizer::ComposingNormalizerBorrowed;

/// A path or name without case, compatibility forms, and characters that some file systems skip.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let seen: String = text.chars().filter(|char| !is_ignorable(*char)).collect();
    let lower = normalizer.normalize(&seen).to_lowercase();
    // What lower case makes of a few letters of other scripts, which some file systems take for these.
    let lower: String = lower.chars().map(|c| if c == '\u{131}' { 'i' } else { c }).collect();
    normalizer.normalize(&lower).into_owned()
}

/// The name of one file, also without what Windows cuts off: streams, dots and spaces at its end.
pub(super) fn fold_name(name: &str) -> String {
    let folded = fold(name);
    let whole = folded.split(':').next().unwrap_or_default();
    let cut = whole.trim_end_matches(['.', ' ']).trim_start_matches(' ');
    if cut.is_empty() { folded } else { cut.to_owned() }
}

/// Whether nobody sees the character, and some programs skip it.
pub(super) fn is_ignorable(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
