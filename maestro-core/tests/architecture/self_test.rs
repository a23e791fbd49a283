//! Proves on made-up sources that every rule fails when it is broken, and only then.

use std::collections::BTreeSet;

use crate::rules::check;
use crate::{LONGEST, MEDIAN};

/// A small house that keeps every rule, so that what is added to it is what breaks.
const HOUSE: &[(&str, &str)] = &[
    (
        "lib.rs",
        "mod error; mod storage; mod maestro; pub use error::{Error, Result}; pub use model::*;
         pub use storage::{Memory, Storage}; pub use crate::maestro::Maestro;",
    ),
    ("error.rs", "use crate::id::Id; pub struct Error;"),
    ("id.rs", "pub struct Id;"),
    ("model/mod.rs", "pub mod event; pub use event::Event;"),
    ("model/event.rs", "use crate::{error::Result, id::Id}; pub struct Event;"),
    ("runtime/mod.rs", "mod tokio; pub use tokio::Tokio; pub trait Runtime {}"),
    ("runtime/tokio.rs", "use tokio::runtime::Handle; impl super::Runtime for Tokio {}"),
    (
        "storage/mod.rs",
        "mod memory; pub mod sqlite; mod commit; pub use self::memory::Memory; pub use commit::Commit;
         use crate::runtime::Runtime; impl<T: Storage> Storage for Arc<T> {}",
    ),
    ("storage/commit.rs", "use crate::model::Event; pub struct Commit;"),
    ("storage/memory.rs", "use super::{Commit, Storage}; use crate::{Error, workspace::Workspace};"),
    ("storage/sqlite/mod.rs", "mod writer; use writer::Writer; use crate::storage::Storage; use rusqlite::Connection;"),
    ("storage/sqlite/writer.rs", "use super::super::Storage; use super::Pool; pub(crate) struct Writer;"),
    ("transport/process.rs", "use std::process::Command; use tokio::process; use crate::transport::guardian::Guardian;"),
    ("transport/guardian.rs", "use super::process::Started;"),
    ("workspace/mod.rs", "pub trait Workspace {}"),
    ("task/mod.rs", "mod machine; mod worker; pub(crate) use machine::Machine;"),
    ("task/machine.rs", "use crate::{Error, Event}; use std::time::Duration; pub(crate) struct Machine;"),
    ("task/worker.rs", "use super::Machine; use crate::storage::{self, Storage}; fn f() { storage::Commit::new(); }"),
    ("maestro.rs", "use crate::storage::sqlite::Sqlite; use crate::task::Machine; use tokio::runtime;"),
    ("testing/mod.rs", "use crate::{Maestro, Memory, storage::sqlite};"),
];

fn with(name: &str, text: &str) -> BTreeSet<String> {
    let mut sources: Vec<_> = HOUSE.iter().copied().filter(|(other, _)| *other != name).collect();
    sources.push((name, text));
    check(&sources)
}

#[test]
fn a_sound_house_has_nothing_to_report() {
    assert_eq!(check(HOUSE), BTreeSet::new());
}

#[test]
fn each_broken_rule_is_reported_once_and_where_it_is() {
    let cases = [
        // Floors.
        ("approval/rules/path.rs", "use crate::storage::Storage;", "a machine imports only"),
        ("approval/rules/path.rs", "use std::fs;", "do no I/O"),
        ("error.rs", "use crate::model::Event;", "look down"),
        ("model/task.rs", "fn f(s: &dyn crate::storage::Storage) {}", "look down"),
        ("blob/mod.rs", "use crate::task::Machine;", "look down"),
        ("storage/memory.rs", "use crate::task::Machine;", "look down"),
        ("session/mod.rs", "use crate::maestro::Maestro;", "look down"),
        ("session/mod.rs", "use crate::Maestro;", "look down"),
        ("maestro.rs", "use crate::testing::Case;", "look down"),
        // Ports.
        ("agent/mod.rs", "use crate::storage::Storage;", "PORT_ON_PORT"),
        ("agent/mod.rs", "use crate::runtime::tokio::Tokio;", "PORT_ON_PORT"),
        ("storage/url.rs", "use super::memory::Memory;", "never uses one"),
        ("storage/url.rs", "use super::Memory;", "never uses one"),
        // Adapters, by their own path, by a re-export, by an alias, relative, in a glob and in an expression.
        ("storage/memory.rs", "use crate::storage::sqlite::Writer;", "no other adapter"),
        ("storage/memory.rs", "use super::sqlite;", "no other adapter"),
        ("storage/sqlite_bell.rs", "use super::Memory;", "no other adapter"),
        ("workspace/git/mod.rs", "use crate::transport::process::Process;", "no other adapter"),
        (
            "agent/claude/wire.rs",
            "use crate::{\n  model::Event,\n  runtime::{Tokio, Runtime},\n};",
            "no other adapter",
        ),
        ("task/worker.rs", "use crate::storage::{Storage, sqlite::Sqlite};", "imports no adapter"),
        ("task/worker.rs", "use crate::Memory;", "imports no adapter"),
        ("task/worker.rs", "use crate::storage::Memory as Fast;", "imports no adapter"),
        (
            "task/worker.rs",
            "use crate::storage as s; fn f() { s::sqlite::open(); }",
            "imports no adapter",
        ),
        ("task/worker.rs", "fn f() { crate::storage::sqlite::open() }", "imports no adapter"),
        ("task/worker.rs", "use crate::storage::*;", "imports no adapter"),
        (
            "task/worker.rs",
            "mod inner { use super::super::super::storage::sqlite; }",
            "imports no adapter",
        ),
        ("storage/mod.rs", "mod sqlite; pub use sqlite::*;", "by name"),
        ("node/mod.rs", "use crate::transport::guardian::Guardian;", "imports no adapter"),
        ("transport/channel.rs", "use super::guardian;", "no other adapter"),
        // Machines.
        ("task/machine.rs", "use crate::storage::Storage;", "a machine imports only"),
        ("task/machine.rs", "use super::worker;", "a machine imports only"),
        ("session/machine/turn.rs", "use crate::node::Tail;", "a machine imports only"),
        ("task/machine.rs", "async fn f() {}", "not `async`"),
        ("task/machine.rs", "use std::fs;", "no I/O"),
        ("task/machine.rs", "use futures::Stream;", "no I/O"),
        // Optional dependencies.
        ("model/row.rs", "use rusqlite::Row;", "no I/O"),
        ("model/row.rs", "fn f() { tokio::spawn(g()); }", "no I/O"),
        ("task/worker.rs", "fn f() { tokio::spawn(g()); }", "optional dependency"),
        ("storage/commit.rs", "use ::rusqlite::Row;", "optional dependency"),
        // Rooms that the tables do not know.
        ("helpers.rs", "pub fn f() {}", "add it to FLOORS in tests/architecture.rs"),
        ("model/event.rs", "use crate::helpers::f;", "FLOORS in tests/architecture.rs"),
        ("storage/redis.rs", "impl Storage for Redis {}", "add it to ADAPTERS under `storage`"),
    ];
    for (name, text, reason) in cases {
        let broken = with(name, text);
        let told =
            broken.iter().filter(|line| line.starts_with(name) && line.contains(reason)).count();
        assert_eq!((told, broken.len()), (1, 1), "{name}: {text}\n{broken:#?}");
    }
}

#[test]
fn what_is_no_import_is_ignored() {
    let quiet = [
        "// use crate::storage::sqlite;\n/* crate::maestro::X /* nested */ crate::ffi::Y */",
        "/// ```\n/// use crate::storage::sqlite::Sqlite;\n/// ```\npub fn f() {}",
        r##"const A: &str = "use crate::storage::sqlite; \" crate::ffi::X"; const B: &str = r#"crate::ffi::"Y" "#;"##,
        "fn f<'a>(c: char) -> &'a str { if c == '\"' || c == '\\'' { \"crate::ffi::X\" } else { \"\" } }",
        "#[cfg(test)]\nmod tests { use super::*; use crate::storage::sqlite::Sqlite; use crate::testing::X; }",
        "#[cfg(all(test, unix))]\n#[expect(dead_code)]\nfn f(a: u8, b: u8) { crate::ffi::x() }\nstruct S;",
        "#[cfg(test)]\nuse crate::storage::{memory, sqlite};\nuse crate::model::Event;",
        "pub(in crate::task) struct S; use std::fs; use crate::storage::Storage;",
        "fn f() -> impl Sized + use<> {} struct tokio; fn g(x: X) { x.tokio() }",
    ];
    for text in quiet {
        assert_eq!(with("task/worker.rs", text), BTreeSet::new(), "{text}");
    }
}

#[test]
fn what_follows_an_ignored_item_is_read_again() {
    let forbidden = "use crate::storage::sqlite::Sqlite;";
    let before = [
        "/* a /* b */ c */",
        "// a line",
        r##"const A: &str = r#"""#;"##,
        "const A: char = '\"'; const B: &str = \"\\\\\"; fn f<'a>() {}",
        "#[cfg(test)]\nmod tests { fn f() { if a {} } }",
        "#[cfg(test)]\nmod tests;",
        "#[cfg(test)]\nuse crate::storage::{memory, sqlite};",
        "mod inner { fn f() {} }",
        "struct S { #[cfg(test)] a: u8, b: u8 }",
        "#[cfg(not(test))]",
        "#[cfg(feature = \"sqlite\")]",
    ];
    for before in before {
        let broken = with("task/worker.rs", &format!("{before}\n{forbidden}"));
        let line = format!("task/worker.rs:{}:", before.matches('\n').count() + 2);
        assert_eq!(broken.len(), 1, "{before}\n{broken:#?}");
        assert!(broken.iter().all(|told| told.starts_with(&line)), "{line} {broken:#?}");
    }
}

#[test]
fn a_test_module_in_its_own_file_is_no_room() {
    let mut sources = HOUSE.to_vec();
    sources.retain(|(name, _)| *name != "task/worker.rs");
    sources.push(("task/worker.rs", "#[cfg(test)]\nmod tests;"));
    sources.push(("task/worker/tests.rs", "use crate::storage::sqlite::Sqlite;"));
    assert_eq!(check(&sources), BTreeSet::new());
    sources.retain(|(name, _)| *name != "task/worker.rs");
    assert_eq!(check(&sources).len(), 1, "the same file without the attribute is one");
}

#[test]
fn rooms_stay_small() {
    let lines = |n: usize| "\n".repeat(n);
    assert_eq!(with("task/worker.rs", &lines(LONGEST)), BTreeSet::new());
    let broken = with("task/worker.rs", &lines(LONGEST + 1));
    assert!(
        broken.len() == 1 && broken.iter().all(|told| told.contains("601 lines")),
        "{broken:#?}"
    );

    let grown = |n| {
        HOUSE.iter().map(|(name, text)| (*name, format!("{text}{}", lines(n)))).collect::<Vec<_>>()
    };
    for (n, count) in [(MEDIAN - 10, 0), (MEDIAN, 1)] {
        let grown = grown(n);
        let sources: Vec<_> = grown.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(check(&sources).len(), count, "{:#?}", check(&sources));
    }
}
