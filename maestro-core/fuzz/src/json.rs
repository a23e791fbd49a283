//! JSON as agents write it, which serde may refuse.

use serde_json::Value;

#[path = "../../src/agent/claude/lenient.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of the driver, of which less is needed here")]
mod lenient;

/// What a strict reader takes is read as the strict reader does; what is made readable can be read or was no JSON.
pub fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for line in text.lines() {
        let read = lenient::value(line);
        if let Ok(strict) = serde_json::from_str::<Value>(line) {
            if !lenient::is_deep(line) {
                assert_eq!(read.as_ref(), Some(&strict), "{line:?}");
            }
        }
        if let Some(read) = read {
            let again = serde_json::to_string(&read).unwrap_or_default();
            // Not compared: a float may change by its last digit.
            assert!(lenient::value(&again).is_some(), "{again:?}");
        }
        let _ = lenient::find(line, &["request", "subtype"]);
        let _ = lenient::text(line);
        for text in lenient::texts(line) {
            let _ = lenient::text(text);
        }
    }
}
