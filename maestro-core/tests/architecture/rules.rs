//! The rules themselves, over any set of sources.

use std::collections::BTreeSet;

use crate::paths::{Reference, exports, references};
use crate::source::{File, Names, module_of, starts, tokenize, without_tests};
use crate::{
    ADAPTER_CRATES, ADAPTER_PARTS, ADAPTERS, EFFECTS, ENGINE, FLOORS, LONGEST, MEDIAN, MODEL, PORT,
    PORT_ON_PORT, PURE, STD_EFFECTS,
};

/// Where a path leads: a room of the house, perhaps one adapter inside it.
#[derive(PartialEq)]
pub(crate) struct Room {
    pub(crate) floor: usize,
    pub(crate) top: String,
    pub(crate) adapter: Option<&'static str>,
}

pub(crate) fn room(path: &[String]) -> Option<Room> {
    let top = path.first()?;
    let floor = FLOORS.iter().position(|floor| floor.contains(&top.as_str()))?;
    let adapter = path.get(1).and_then(|child| {
        let owner = ADAPTER_PARTS.iter().find(|(port, part, _)| port == top && part == child);
        let child = owner.map_or(child.as_str(), |(_, _, adapter)| adapter);
        let (_, _, adapters) = ADAPTERS.iter().find(|(port, ..)| port == top)?;
        adapters.iter().copied().find(|adapter| {
            child.strip_prefix(adapter).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
    });
    Some(Room { floor, top: top.clone(), adapter })
}

/// The pure room that a module is in, if it is in one: a machine, or what `PURE` lists.
fn pure_room(module: &[String]) -> Option<&[String]> {
    let machine = module.iter().position(|part| part == "machine").map(|n| &module[..=n]);
    machine.or_else(|| {
        let listed = PURE.iter().find(|room| {
            module.len() >= room.len() && room.iter().zip(module).all(|(name, part)| name == part)
        })?;
        Some(&module[..listed.len()])
    })
}

/// Why a file in `from` may not name `path`, if it may not.
pub(crate) fn arrow(file: &File<'_>, from: &Room, path: &Names, exported: bool) -> Option<String> {
    let shown = format!("crate::{}", path.join("::"));
    if path.first().is_some_and(|name| name.starts_with("__")) {
        // The inner parts of exported macros: they live at the root, whichever room writes them.
        return None;
    }
    let Some(to) = room(path) else {
        return Some(format!(
            "`{shown}` leads to no room in FLOORS, and lib.rs re-exports no such name: \
             add the room to FLOORS in tests/architecture.rs, or name the module that holds the item"
        ));
    };
    if let Some(pure) = pure_room(&file.module) {
        let allowed = to.floor <= MODEL || path.starts_with(pure);
        return (!allowed)
            .then(|| format!("a machine imports only model, error and id, not `{shown}`"));
    }
    if to.floor > from.floor {
        return Some(format!("`{}` may not look down to the floor of `{shown}`", from.top));
    }
    if to == *from || from.floor > ENGINE {
        return None;
    }
    if from.floor == PORT && from.adapter.is_none() {
        if to.top == from.top {
            return (!exported)
                .then(|| format!("a port re-exports its adapters but never uses one: `{shown}`"));
        }
        let listed = to.top == "runtime" || PORT_ON_PORT.contains(&(&from.top, &to.top));
        if to.floor == PORT && (!listed || to.adapter.is_some()) {
            return Some(format!(
                "a port uses model, error, id and `runtime`, not `{shown}` (see PORT_ON_PORT)"
            ));
        }
    } else if to.adapter.is_some() {
        let who = if from.floor == ENGINE {
            "the engine imports no adapter"
        } else {
            "an adapter imports no other adapter"
        };
        return Some(format!("{who}: `{shown}`"));
    }
    None
}

/// Why a file may not name something outside the crate, if it may not.
pub(crate) fn outside(from: &Room, machine: bool, path: &Names) -> Option<String> {
    let first = path[0].as_str();
    let pure = machine || from.floor <= MODEL;
    let std =
        matches!(first, "std") && path.get(1).is_some_and(|m| STD_EFFECTS.contains(&m.as_str()));
    if pure && (std || EFFECTS.contains(&first) || ADAPTER_CRATES.contains(&first)) {
        return Some(format!("data and machines do no I/O and no waiting: `{}`", path.join("::")));
    }
    let allowed = from.adapter.is_some() || from.floor > ENGINE;
    (!allowed && ADAPTER_CRATES.contains(&first))
        .then(|| format!("only an adapter names the optional dependency `{first}`"))
}

/// Every broken rule among the sources `(path below src, text)`, one line each.
pub(crate) fn check(sources: &[(&str, &str)]) -> BTreeSet<String> {
    let mut test_files: BTreeSet<Names> = BTreeSet::new();
    let mut files = Vec::new();
    for (name, text) in sources {
        let module = module_of(name);
        let (tokens, tests) = without_tests(tokenize(text));
        test_files.extend(tests.into_iter().map(|test| [module.as_slice(), &[test]].concat()));
        files.push(File { name, module, tokens, lines: text.lines().count() });
    }
    let mut broken = BTreeSet::new();
    let mut lengths: Vec<usize> = files.iter().map(|file| file.lines).collect();
    lengths.sort_unstable();
    for file in files.iter().filter(|file| file.lines > LONGEST) {
        broken.insert(format!("{}: {} lines; a room has at most {LONGEST}", file.name, file.lines));
    }
    if let Some(median) = lengths.get(lengths.len() / 2).filter(|median| **median >= MEDIAN) {
        broken.insert(format!("the median file has {median} lines; it stays under {MEDIAN}"));
    }

    files.retain(|file| !test_files.iter().any(|test| file.module.starts_with(test)));
    let modules: BTreeSet<Names> = files
        .iter()
        .flat_map(|file| (1..=file.module.len()).map(|n| file.module[..n].to_vec()))
        .collect();
    let found: Vec<Vec<Reference>> = files.iter().map(|file| references(file, &modules)).collect();
    let exports = exports(&files, &found);
    for (file, references) in files.iter().zip(&found).filter(|(file, _)| !file.module.is_empty()) {
        let Some(from) = room(&file.module) else {
            let top = &file.module[0];
            broken.insert(format!(
                "{}: unknown room `{top}`: add it to FLOORS in tests/architecture.rs",
                file.name
            ));
            continue;
        };
        let machine = pure_room(&file.module).is_some();
        for (n, token) in file.tokens.iter().enumerate() {
            if machine && matches!(token.text.as_str(), "async" | "await") {
                broken.insert(format!(
                    "{}:{}: a machine is not `{}`",
                    file.name, token.line, token.text
                ));
            }
            let port =
                ADAPTERS.iter().find(|(port, ..)| from.adapter.is_none() && *port == from.top);
            let Some((port, named, _)) = port else {
                continue;
            };
            let rest = &file.tokens[n..];
            let for_pointer =
                rest.get(2).is_some_and(|t| matches!(t.text.as_str(), "Arc" | "Box" | "&"));
            if starts(rest, &format!("{named} for")) && !for_pointer {
                broken.insert(format!(
                    "{}:{}: implements `{named}`, so it is an adapter: add it to ADAPTERS under `{port}` \
                     in tests/architecture.rs",
                    file.name, token.line
                ));
            }
        }
        for r in references {
            let mut why = Vec::new();
            if r.outside {
                why.extend(outside(&from, machine, &r.path));
            } else {
                let path = exports.canonical(&r.path);
                let behind =
                    exports.names.iter().filter(|((module, _), _)| r.glob && *module == path);
                why.extend(behind.filter_map(|(_, target)| {
                    arrow(file, &from, &exports.canonical(target), false)
                }));
                let blind = r.glob
                    && r.exported
                    && room(&path).is_some_and(|to| to.adapter.is_some() && to != from);
                if blind {
                    why.push(
                        "re-export an adapter by name, so that the arrows can be followed".into(),
                    );
                }
                if !(path.is_empty() && r.glob) {
                    why.extend(arrow(file, &from, &path, r.exported));
                }
            }
            broken.extend(why.into_iter().map(|why| format!("{}:{}: {why}", file.name, r.line)));
        }
    }
    broken
}
