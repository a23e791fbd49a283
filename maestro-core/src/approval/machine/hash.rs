//! The hash that binds a grant to an input.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a value as canonical JSON: no white space, the keys of objects in the order of
/// their bytes. In hexadecimal.
pub(crate) fn input_hash(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        hex
    })
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::input_hash;

    #[test]
    fn the_order_of_keys_does_not_matter_and_that_of_items_does() {
        let one = json!({ "b": [1, 2], "a": { "d": "x", "c": null } });
        let other = json!({ "a": { "c": null, "d": "x" }, "b": [1, 2] });
        assert_eq!(input_hash(&one), input_hash(&other));
        assert_ne!(input_hash(&one), input_hash(&json!({ "b": [2, 1], "a": one["a"] })));
        // What `printf '{"a":1}' | sha256sum` gives.
        let known = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
        assert_eq!(input_hash(&json!({ "a": 1 })), known);
    }
}
