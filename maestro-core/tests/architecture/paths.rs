//! Finds the paths that a file names, and follows each to the module that really holds the item.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{File, Names, Token};

/// A path that a file names, resolved to the crate's root unless it leads outside.
pub(crate) struct Reference {
    pub(crate) path: Names,
    pub(crate) line: usize,
    pub(crate) outside: bool,
    pub(crate) exported: bool,
    pub(crate) glob: bool,
    pub(crate) local: Option<String>,
}

/// Reads the `use` tree at `i` into (path, local name, is a glob) and returns the index after it.
pub(crate) fn use_tree(
    t: &[Token],
    mut i: usize,
    prefix: &Names,
    out: &mut Vec<(Names, Option<String>, bool)>,
) -> usize {
    let text = |i: usize| t.get(i).map_or("", |t| t.text.as_str());
    let mut path = prefix.clone();
    loop {
        match text(i) {
            "{" => {
                i += 1;
                while !matches!(text(i), "}" | "") {
                    i = use_tree(t, i, &path, out);
                    i += usize::from(text(i) == ",");
                }
                return i + 1;
            }
            "*" => {
                out.push((path, None, true));
                return i + 1;
            }
            "::" => i += 1,
            "as" => {
                out.push((path, Some(text(i + 1).into()), false));
                return i + 2;
            }
            "," | "}" | ";" | "" => {
                if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                out.push((path.clone(), path.last().cloned(), false));
                return i;
            }
            word => {
                path.push(word.into());
                i += 1;
            }
        }
    }
}

/// Leads a path as written in `here` to the crate's root; `None` for one that leads outside.
pub(crate) fn absolute(path: &[String], here: &Names, modules: &BTreeSet<Names>) -> Option<Names> {
    let (mut base, mut rest) = match path.first()?.as_str() {
        "crate" => (Names::new(), &path[1..]),
        "self" | "super" => (here.clone(), path),
        first => {
            let child = [here.as_slice(), &[first.into()]].concat();
            modules.contains(&child).then_some((here.clone(), path))?
        }
    };
    while let Some(step) = rest.first().filter(|step| *step == "self" || *step == "super") {
        if step == "super" {
            base.pop();
        }
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// Every path that a file names.
pub(crate) fn references(file: &File<'_>, modules: &BTreeSet<Names>) -> Vec<Reference> {
    let t = &file.tokens;
    let text = |i: usize| t.get(i).map_or("", |t| t.text.as_str());
    let mut found: Vec<Reference> = Vec::new();
    let mut aliases: BTreeMap<String, Names> = BTreeMap::new();
    for imports in [true, false] {
        let (mut here, mut inline, mut depth, mut i) = (file.module.clone(), Vec::new(), 0, 0);
        while i < t.len() {
            let line = t[i].line;
            let mut add = |path: Names, local: Option<String>, glob: bool, exported: bool| {
                let alias = path.first().and_then(|first| aliases.get(first)).filter(|_| !imports);
                let inside = alias
                    .map(|alias| [alias.as_slice(), &path[1..]].concat())
                    .or_else(|| absolute(&path, &here, modules));
                let outside = inside.is_none();
                let path = inside.unwrap_or(path);
                if imports
                    && !outside
                    && let Some(local) = &local
                {
                    aliases.insert(local.clone(), path.clone());
                }
                found.push(Reference { path, line, outside, exported, glob, local });
            };
            match text(i) {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        here.pop();
                    }
                }
                "mod" if text(i + 2) == "{" => {
                    inline.push(depth);
                    here.push(text(i + 1).into());
                }
                "use" if text(i + 1) != "<" => {
                    let exported = i > 0 && matches!(text(i - 1), "pub" | ")");
                    let mut leaves = Vec::new();
                    i = use_tree(t, i + 1, &Names::new(), &mut leaves);
                    for (path, local, glob) in leaves.into_iter().filter(|_| imports) {
                        add(path, local, glob, exported);
                    }
                    continue;
                }
                word if text(i + 1) == "::"
                    && (i == 0 || text(i - 1) != "::")
                    && !word.is_empty() =>
                {
                    let mut path: Names = vec![word.into()];
                    while text(i + 1) == "::"
                        && text(i + 2).starts_with(|c: char| c.is_alphabetic() || c == '_')
                    {
                        i += 2;
                        path.push(text(i).into());
                    }
                    if !imports {
                        add(path, None, false, false);
                    }
                }
                _ => {}
            }
            i += 1;
        }
    }
    found
}

/// What each module offers under another roof: names and globs from its `pub use`, and what it defines.
#[derive(Default)]
pub(crate) struct Exports {
    pub(crate) names: BTreeMap<(Names, String), Names>,
    pub(crate) globs: BTreeMap<Names, Vec<Names>>,
    pub(crate) defined: BTreeSet<(Names, String)>,
}

impl Exports {
    /// Follows re-exports until the path names the module that holds the item.
    pub(crate) fn canonical(&self, path: &Names) -> Names {
        let mut path = path.clone();
        'again: for _ in 0..16 {
            for k in 0..path.len() {
                let key = (path[..k].to_vec(), path[k].clone());
                let glob = || {
                    self.globs.get(&key.0)?.iter().find_map(|target| {
                        let inner = (target.clone(), key.1.clone());
                        let holds =
                            self.defined.contains(&inner) || self.names.contains_key(&inner);
                        holds.then(|| [target.as_slice(), std::slice::from_ref(&key.1)].concat())
                    })
                };
                let target = self
                    .names
                    .get(&key)
                    .cloned()
                    .or_else(|| if self.defined.contains(&key) { None } else { glob() });
                if let Some(target) = target.filter(|target| target[..] != path[..=k]) {
                    path = [target.as_slice(), &path[k + 1..]].concat();
                    continue 'again;
                }
            }
            break;
        }
        path
    }
}

pub(crate) fn exports(files: &[File<'_>], references: &[Vec<Reference>]) -> Exports {
    let mut exports = Exports::default();
    for (file, references) in files.iter().zip(references) {
        for pair in file.tokens.windows(2) {
            let kinds =
                ["struct", "enum", "union", "trait", "fn", "type", "const", "static", "mod"];
            if kinds.contains(&pair[0].text.as_str()) {
                exports.defined.insert((file.module.clone(), pair[1].text.clone()));
            }
        }
        for r in references.iter().filter(|r| r.exported && !r.outside) {
            if r.glob {
                exports.globs.entry(file.module.clone()).or_default().push(r.path.clone());
            } else if let Some(local) = &r.local {
                exports.names.insert((file.module.clone(), local.clone()), r.path.clone());
            }
        }
    }
    exports
}
