//! Keeps the arrows of the house: which room of `maestro-core/src` may import which.
//!
//! The sources are read as text. Comments, strings and `#[cfg(test)]` items are ignored; `crate::`,
//! `self::`, `super::`, local aliases and `pub use` are followed to the room that really holds the name,
//! so a re-export opens no back door. What the tables below do not know fails: add a new room there.

#[path = "architecture/growth.rs"]
mod growth;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/self_test.rs"]
mod self_test;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use rules::check;

/// The floors, from the foundation on: a room imports its own floor and those above it in this list.
const FLOORS: &[&[&str]] = &[
    &["error", "id", "text", "time", "unknown"],
    &["model"],
    PORTS,
    &[
        "account",
        "agents",
        "session",
        "task",
        "scheduler",
        "approval",
        "ledger",
        "recording",
        "node",
        "event",
        "project",
        "command",
    ],
    &["maestro", "builder"],
    &["testing", "ffi"],
];
const PORTS: &[&str] = &["runtime", "secret", "storage", "blob", "transport", "workspace", "agent"];
const MODEL: usize = 1;
const PORT: usize = 2;
const ENGINE: usize = 3;

/// The adapters of each port: `sqlite` covers `sqlite.rs`, `sqlite/` and `sqlite_*.rs`. Every other file
/// of a port is part of the port itself, unless `ADAPTER_PARTS` gives it to an adapter.
const ADAPTERS: &[(&str, &str, &[&str])] = &[
    ("runtime", "Runtime", &["tokio", "smol", "manual"]),
    ("secret", "SecretStore", &["local"]),
    ("storage", "Storage", &["memory", "sqlite", "postgres"]),
    ("blob", "BlobStore", &["memory", "directory", "object_store"]),
    ("transport", "Transport", &["process", "channel"]),
    ("workspace", "Workspace", &["git", "directory"]),
    ("agent", "Agent", &["claude", "acp", "scripted", "replay", "function", "guarded"]),
];
/// Rooms beside an adapter that belong to it: (port, room, adapter).
const ADAPTER_PARTS: &[(&str, &str, &str)] =
    &[("transport", "guardian", "process"), ("transport", "proc_table", "process")];
/// Rooms that are as pure as a machine, under another name.
const PURE: &[&[&str]] = &[&["approval", "rules"]];
/// Ports that another port may build on. Every port may use `runtime`; nothing else until it is listed here.
const PORT_ON_PORT: &[(&str, &str)] = &[("agent", "secret"), ("agent", "transport")];

/// Optional dependencies: only an adapter or the composition root may name them.
const ADAPTER_CRATES: &[&str] = &["tokio", "smol", "rusqlite"];
/// What data and pure machines cannot need.
const EFFECTS: &[&str] = &["futures", "async_channel", "async_trait"];
const STD_EFFECTS: &[&str] = &["fs", "net", "process", "thread"];

const LONGEST: usize = 600;
const MEDIAN: usize = 170;

fn read(folder: &Path, below: &str, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the source folder can be listed") {
        let entry = entry.expect("the source folder can be listed");
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), out);
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            out.push((name, fs::read_to_string(entry.path()).expect("a source is UTF-8 text")));
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    assert!(
        sources.iter().any(|(name, _)| name == "lib.rs"),
        "the sources are where this test looks"
    );
    sources
}

#[test]
fn public_types_may_grow() {
    let sources = sources();
    let broken = growth::check(sources.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn the_house_keeps_its_arrows() {
    let sources = sources();
    let sources: Vec<(&str, &str)> =
        sources.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let broken: Vec<String> = check(&sources).into_iter().collect();
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
