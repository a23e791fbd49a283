//! Cursors that callers kept.

use maestro_core::model::{Cursor, CursorParts, EventFilter};

/// Any text is refused or read; what was packed is read again, by its own store and filter alone.
pub fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let filter = EventFilter::default();
    let _ = Cursor::from_text(text.as_ref()).unpack("epoch", &filter);
    let position: String = text.chars().filter(|found| *found != '\n').collect();
    let filtered = Some(filter.fingerprint());
    let parts = CursorParts { epoch: "epoch".to_owned(), filter: filtered, position };
    let packed = Cursor::from_text(Cursor::pack(&parts).as_str());
    assert_eq!(packed.unpack("epoch", &filter).ok(), Some(parts.position));
    assert!(packed.unpack("another", &filter).is_err());
}
