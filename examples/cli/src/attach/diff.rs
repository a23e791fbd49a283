//! The changed lines of a file.

/// The lines that differ, each with whether it was added (none for a remark), at most `most` of
/// either kind. What comes before the first and after the last change is left out.
pub(super) fn changed(old: Option<&str>, new: &str, most: usize) -> Vec<(Option<bool>, String)> {
    let old: Vec<&str> = old.unwrap_or_default().lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut lines = Vec::new();
    for (added, side) in [(false, old), (true, new)] {
        lines.extend(side.iter().take(most).map(|line| (Some(added), (*line).to_owned())));
        if side.len() > most {
            lines.push((None, format!("({} more lines)", side.len() - most)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown() {
        let (old, new) = ("a\nb\nc\nd", "a\nB\nc2\nd");
        let expected = [(false, "b"), (false, "c"), (true, "B"), (true, "c2")];
        let expected = expected.map(|(added, line)| (Some(added), line.to_owned()));
        assert_eq!(changed(Some(old), new, 5), expected);
        assert_eq!(changed(None, "one\ntwo", 1).len(), 2);
        assert!(changed(Some(old), old, 5).is_empty());
    }
}
