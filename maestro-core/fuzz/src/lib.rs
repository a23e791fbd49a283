//! What is read from agents, users and stores, as functions that any bytes can be given.
//!
//! Each target checks what must hold whatever comes, and panics where it does not. `cargo fuzz` drives them with
//! coverage; the test `fuzz` of `maestro-core` runs the corpus and changes it by seeds, with the toolchain of the tests.

pub mod cursor;
pub mod framing;
pub mod json;
pub mod redaction;
pub mod rules;
pub mod task_file;

/// A target: its name, which is that of its corpus, and the function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("framing", framing::target),
    ("lenient_json", json::target),
    ("shell_rules", rules::shell),
    ("path_rules", rules::path),
    ("redaction", redaction::target),
    ("cursor", cursor::target),
    ("task_file", task_file::target),
];

/// The first byte, by which a target chooses, and the rest.
pub(crate) fn chosen(data: &[u8]) -> (usize, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest))
}
