//! Public types may get more fields and variants without breaking those who use them.

use std::collections::BTreeSet;

use syn::{Attribute, Fields, Item, Visibility};

/// Where types are exhaustive, by file or by file and name, and why.
const EXHAUSTIVE: &[(&[&str], &str)] = &[
    (
        &[
            "storage/claim.rs",
            "storage/commit.rs",
            "storage/query.rs",
            "storage/record.rs",
            "storage/watch.rs",
            "model/envelope.rs",
            "model/event/mod.rs StreamKey",
            "model/event/mod.rs NewEvent",
            "model/event/mod.rs StoredEvent",
            "model/feed.rs CursorParts",
            "model/feed.rs Position",
            "model/feed.rs EventQuery",
            "model/feed.rs EventPage",
            "model/ledger.rs",
        ],
        "what a store takes and gives: one that overlooks a new part would lose it",
    ),
    (
        &["transport/mod.rs StopGrace", "transport/mod.rs Handed", "transport/mod.rs HandedBy"],
        "what a transport has to do whole: one that overlooks a part would leave a program running, or \
         without its secret",
    ),
    (
        &["transport/mod.rs Frame", "workspace/mod.rs Release"],
        "an adapter that has no arm for a kind of output, or of removal, would lose what it is about",
    ),
    (
        &["approval/rules/judge.rs Call", "approval/rules/judge.rs RealPaths"],
        "a call that is judged by only some of its parts would be judged wrongly",
    ),
    (&["ffi/"], "the facade is for the bindings of the same version, and no part of semver"),
    (
        &[
            "testing/adversarial.rs Adversarial",
            "testing/agent.rs AgentHouse",
            "testing/storage/bench.rs Fresh",
        ],
        "what a test says whole, so that none runs with less than it means",
    ),
    (
        &["transport/guardian/journal.rs", "transport/proc_table/scan.rs ProcessStamp"],
        "the format of a file that a guardian of the same version writes",
    ),
];

/// Types that other crates can build by a literal, or match without a wildcard, and that are not
/// listed; and what is listed without need.
pub(crate) fn check<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut used = BTreeSet::new();
    for (file, text) in sources {
        let items = syn::parse_file(text).expect("a source is Rust").items;
        for name in items.iter().filter_map(exhaustive) {
            let full = format!("{file} {name}");
            let listed = EXHAUSTIVE.iter().flat_map(|(places, _)| *places).find(|place| {
                full == **place
                    || file == **place
                    || place.ends_with('/') && file.starts_with(**place)
            });
            match listed {
                Some(place) => drop(used.insert(*place)),
                None => broken.push(format!(
                    "{file}: `{name}` is public and may grow: make it #[non_exhaustive], with a constructor \
                     where others build it, or say in EXHAUSTIVE why not"
                )),
            }
        }
    }
    let places = EXHAUSTIVE.iter().flat_map(|(places, _)| *places);
    let idle = places.filter(|place| !used.contains(*place));
    broken.extend(idle.map(|place| format!("EXHAUSTIVE lists {place} without need")));
    broken
}

/// The name of a type that breaks others when it grows.
fn exhaustive(item: &Item) -> Option<String> {
    let (visibility, attributes, name, open) = match item {
        Item::Enum(of) => (&of.vis, &of.attrs, &of.ident, true),
        // Only a struct whose fields are all public, by name, can be built by a literal.
        Item::Struct(of) => {
            let is_public = |field: &syn::Field| matches!(field.vis, Visibility::Public(_));
            let open = match &of.fields {
                Fields::Named(fields) => fields.named.iter().all(is_public),
                _ => false,
            };
            (&of.vis, &of.attrs, &of.ident, open)
        }
        _ => return None,
    };
    let grows = |attribute: &Attribute| attribute.path().is_ident("non_exhaustive");
    let found =
        open && matches!(visibility, Visibility::Public(_)) && !attributes.iter().any(grows);
    found.then(|| name.to_string())
}

#[test]
fn only_what_can_be_built_or_matched_from_outside_is_found() {
    let found = |text: &str| {
        let items = syn::parse_file(text).expect("Rust").items;
        items.iter().filter_map(exhaustive).collect::<Vec<_>>()
    };
    assert_eq!(found("pub struct A { pub a: u8 } pub enum B { C }"), ["A", "B"]);
    let quiet = "#[non_exhaustive] pub struct A { pub a: u8 } #[non_exhaustive] pub enum B { C }
        pub(crate) struct D { pub a: u8 } enum E { F } pub struct G { pub a: u8, b: u8 } pub struct H(pub u8);";
    assert!(found(quiet).is_empty());
}
