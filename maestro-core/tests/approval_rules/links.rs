//! Rules about paths where links lead somewhere else.

use maestro_core::model::Effect::{Allow, Deny};
use serde_json::json;

use crate::verdict;

#[test]
fn a_link_does_not_lead_out_of_what_a_rule_allows() {
    let input = json!({ "file_path": "src/link/passwd" });
    let rules = ["allow Edit(src/**)"];
    assert_eq!(verdict(&rules, "Edit", &input, Some("/etc/passwd")), None);
    assert_eq!(verdict(&rules, "Edit", &input, Some("/work/shop/docs/passwd")), None);
    assert_eq!(verdict(&rules, "Edit", &input, Some("/work/shop/src/real/passwd")), Some(Allow));
}

#[test]
fn a_link_does_not_lead_into_what_is_not_allowed_under_its_own_name() {
    // The file is allowed, the way to it is not.
    let input = json!({ "file_path": "docs/link" });
    let rules = ["allow Edit(src/**)"];
    assert_eq!(verdict(&rules, "Edit", &input, Some("/work/shop/src/a.rs")), None);
}

#[test]
fn denying_holds_for_the_name_and_for_what_it_leads_to() {
    let input = json!({ "file_path": "docs/link" });
    let rules = ["deny Read(secrets/**)", "allow Read"];
    assert_eq!(verdict(&rules, "Read", &input, Some("/work/shop/secrets/key")), Some(Deny));
    let input = json!({ "file_path": "secrets/link" });
    assert_eq!(verdict(&rules, "Read", &input, Some("/work/shop/docs/a.md")), Some(Deny));
}
