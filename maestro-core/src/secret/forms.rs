//! The ways in which a secret shows itself in text.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// One way, as text.
pub(super) type Form = Zeroizing<String>;

/// The value itself, and what common encodings make of it, each once.
pub(super) fn forms(secret: &str) -> Vec<Form> {
    let escaped = escaped(secret);
    let mut forms: Vec<Form> = vec![Zeroizing::new(secret.to_owned())];
    // A document inside a document is escaped twice.
    forms.push(self::escaped(&escaped));
    forms.push(escaped);
    forms.push(percent(secret, false));
    forms.push(percent(secret, true));
    forms.push(hex(secret, false));
    forms.push(hex(secret, true));
    for before in 0..3 {
        forms.push(base64(secret, before, &STANDARD_NO_PAD));
        forms.push(base64(secret, before, &URL_SAFE_NO_PAD));
    }
    let mut once: Vec<Form> = Vec::with_capacity(forms.len());
    for form in forms {
        if !once.contains(&form) {
            once.push(form);
        }
    }
    once
}

/// As it stands between the quotes of a JSON text.
fn escaped(text: &str) -> Form {
    let quoted = Zeroizing::new(serde_json::Value::from(text).to_string());
    Zeroizing::new(quoted[1..quoted.len() - 1].to_owned())
}

/// As it stands in the query of a URL.
fn percent(text: &str, lower: bool) -> Form {
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            push_hex(&mut out, byte, lower);
        }
    }
    out
}

fn hex(text: &str, lower: bool) -> Form {
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 2));
    text.bytes().for_each(|byte| push_hex(&mut out, byte, lower));
    out
}

fn push_hex(out: &mut String, byte: u8, lower: bool) {
    for nibble in [byte >> 4, byte & 15] {
        let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        out.push(if lower { digit } else { digit.to_ascii_uppercase() });
    }
}

/// What is the same in the base64 of every text that holds the secret after `before` bytes, modulo
/// three: the characters that no neighbouring byte has a part in.
fn base64(secret: &str, before: usize, engine: &impl base64::Engine) -> Form {
    let mut bytes = Zeroizing::new(vec![0; before]);
    bytes.extend_from_slice(secret.as_bytes());
    let whole = Zeroizing::new(engine.encode(&*bytes));
    let first = (before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    Zeroizing::new(whole[first..end].to_owned())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn every_neighbourhood_of_a_secret_holds_one_of_its_base64_forms() {
        let secret = "sk-ant-test-0123456789?>~";
        let forms = forms(secret);
        for before in ["", "a", "ab", "abc", "KEY=", "x\u{ff}"] {
            for after in ["", "z", "yz", "\n", "xyz"] {
                let text = format!("{before}{secret}{after}");
                for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    let held = forms.iter().any(|form| encoded.contains(form.as_str()));
                    assert!(held, "{before:?} {after:?}: {encoded}");
                }
            }
        }
    }

    #[test]
    fn plain_keys_have_few_forms() {
        // JSON and URLs leave these characters alone.
        assert_eq!(forms("sk-ant-0123456789").len(), 1 + 2 + 3);
    }
}
