//! What Rust does, case by case, is what the other languages do.

use parity::{case, compare, drive};

#[test]
fn every_case_comes_out_as_expected() {
    let cases = case::all(&case::directory()).unwrap();
    let traces = case::read(&drive::all(&cases).unwrap()).unwrap();
    let differences = compare::language(&cases, "rust", &traces);
    assert!(differences.is_empty(), "{}", compare::report(&cases, &["rust"], &differences));
}

#[test]
fn every_case_says_what_is_expected_of_each_step() {
    let cases = case::all(&case::directory()).unwrap();
    assert!(cases.len() >= 30, "there were more cases than {}", cases.len());
    for case in cases {
        assert_eq!(case.steps.len(), case.expected.len(), "{}", case.name);
    }
}
