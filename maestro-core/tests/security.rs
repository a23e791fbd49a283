//! Each promise of `SECURITY.md` names tests, and they are there.

use std::fs;
use std::path::Path;

const BOOK: &str = include_str!("../../SECURITY.md");

/// The tests that a text names: `file.rs::name` in backticks.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    let tests = quoted.filter_map(|name| name.split_once("::"));
    tests.filter(|(file, _)| Path::new(file).extension().is_some_and(|kind| kind == "rs")).collect()
}

/// Whether a source has a test of this name: a function under an attribute of tests, or one that
/// stands in a list of cases.
fn has_test(source: &str, name: &str) -> bool {
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let attributes = before.rsplit_once("\n\n").map_or(before, |(_, last)| last);
    let listed = source.split("for_each_release! {").skip(1);
    let mut listed = listed.filter_map(|rest| rest.split_once('}'));
    // Cases of a port are called by their list, or the compiler complains.
    before.ends_with("pub(super) async ")
        || attributes.contains("#[test]")
        || attributes.contains("#[tokio::test")
        || listed.any(|(names, _)| names.split([' ', ',', '\n']).any(|one| one == name))
}

#[test]
fn each_promise_is_held_by_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let promises = BOOK.split("## What Maestro promises").nth(1).expect("the part is there");
    let promises = promises.split("\n## ").next().expect("it has an end");
    let rows =
        promises.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    let mut count = 0;
    for row in rows {
        count += 1;
        let tests = named(row);
        assert!(!tests.is_empty(), "no test holds: {row}");
        for (file, name) in tests {
            let places = [root.join("maestro-core/tests").join(file), root.join(file)];
            let source = places.iter().find_map(|path| fs::read_to_string(path).ok());
            let source = source.unwrap_or_else(|| panic!("there is no {file}, for: {row}"));
            assert!(has_test(&source, name), "{file} has no test {name}, for: {row}");
        }
    }
    assert!(count > 20, "{count} rows were found");
}

#[test]
fn a_test_is_told_from_another_function() {
    let source = "#[test]\nfn one() {}\n\nfn two() {}\n\nfor_each_release! { three, four }\n\nasync fn four(";
    assert!(has_test(source, "one") && has_test(source, "four"));
    assert!(!has_test(source, "two") && !has_test(source, "on") && !has_test(source, "three"));
    assert_eq!(
        named("| a | `x/y.rs::z`, `b.rs`, `C::d`, `e.rs::f` |"),
        [("x/y.rs", "z"), ("e.rs", "f")]
    );
}
