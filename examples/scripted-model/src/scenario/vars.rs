use std::collections::BTreeMap;

/// The values behind `${key}`: the scenario's defaults under the marker's own words.
pub(crate) type Vars = BTreeMap<String, String>;

/// Replaces every `${key}` in a text, where a key is letters, digits, `_` and `-`.
///
/// `$${` stays as `${`; anything else after a `$`, such as `$HOME` or `${HOME:-/}`, is left as it is, so that
/// shell commands read as usual.
///
/// # Errors
/// The key that has no value.
pub(crate) fn expand(text: &str, vars: &Vars) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(kept) = before.strip_suffix('$') {
            out.push_str(kept);
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(before);
        if let Some(key) = key(after) {
            out.push_str(vars.get(key).ok_or_else(|| key.to_owned())?);
            rest = &after[key.len() + 1..];
        } else {
            out.push_str("${");
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The key that `text` starts with, when a `}` closes it.
pub(crate) fn key(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))?;
    (end > 0 && text[end..].starts_with('}')).then(|| &text[..end])
}
