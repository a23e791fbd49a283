//! Secrets are taken out of text, however they are spelled and wherever it is cut.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use maestro_core::model::Secret;
use maestro_core::secret::{Redactor, Tail};
use serde_json::{Value, json};

/// Looks like a key, and is none.
const KEY: &str = "sk-ant-test-Zq3vX81mPb0nLw7cTa5Rk9Yd2Hs6Gf4Je_UoIiAa-nnQrBtCwDx";
/// All that encodings dislike.
const ODD: &str = "p\"ss\\w\u{f6}rd &+/=?~ tab\tend";

fn redactor() -> Redactor {
    let (key, odd) = (Secret::new(KEY), Secret::new(ODD));
    Redactor::new([("ANTHROPIC_API_KEY", &key), ("ODD", &odd)])
}

fn wrapped(text: &str, width: usize, with: &str) -> String {
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    lines.join(with)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Whether a stretch of 16 bytes of one text is left in another.
fn shows(text: &str, secret: &str) -> bool {
    let windows = secret.as_bytes().windows(16);
    let text = text.as_bytes();
    windows.into_iter().any(|part| text.windows(16).any(|there| there == part))
}

#[test]
fn finds_a_secret_in_every_spelling() {
    let redactor = redactor();
    for secret in [KEY, ODD] {
        for (before, after) in [("", ""), ("A", ""), ("AB=", "\nPATH=/bin"), ("ABCD=", "x")] {
            let around = format!("{before}{secret}{after}");
            let inner = json!({ "env": around }).to_string();
            let spellings = [
                around.clone(),
                inner.clone(),
                json!({ "partial_json": inner }).to_string(),
                STANDARD.encode(&around),
                wrapped(&STANDARD.encode(&around), 76, "\n"),
                wrapped(&STANDARD.encode(&around), 64, "\r\n"),
                json!(wrapped(&STANDARD.encode(&around), 76, "\n")).to_string(),
                URL_SAFE_NO_PAD.encode(&around),
                format!("{before}{}{after}", hex(secret)),
            ];
            for spelling in spellings {
                let redacted = redactor.redact(&spelling);
                for lost in [secret.to_owned(), STANDARD.encode(secret), hex(secret)] {
                    assert!(!shows(&redacted, &lost), "{spelling}\n{redacted}");
                }
                assert!(redacted.contains("[redacted:"), "{spelling}");
                if serde_json::from_str::<Value>(&spelling).is_ok() {
                    serde_json::from_str::<Value>(&redacted).expect("it is JSON still");
                }
            }
        }
    }
    let encoded = url_encoded(ODD);
    assert!(!redactor.redact(&format!("https://host/?key={encoded}&x=1")).contains(&encoded));
}

fn url_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let one =
        |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[test]
fn leaves_everything_else_alone() {
    let redactor = redactor();
    // The beginning that all keys share is no secret, and neither are short values.
    for text in ["sk-ant-test- is a prefix", "", "\\n\\n", "plain [redacted:X] text", "sk-"] {
        assert!(matches!(redactor.redact(text), std::borrow::Cow::Borrowed(same) if same == text));
    }
    let short = Secret::new("hunter2");
    assert!(Redactor::new([("SHORT", &short)]).is_empty());
    assert_eq!(
        redactor.redact(&format!("{KEY}, then {KEY}!")),
        "[redacted:ANTHROPIC_API_KEY], then [redacted:ANTHROPIC_API_KEY]!"
    );
    assert!(!format!("{redactor:?}").contains("Zq3v"));
}

#[test]
fn a_cut_off_secret_is_found_too() {
    let redactor = redactor();
    let head = &KEY[..40];
    assert_eq!(
        redactor.redact(&format!("{head}... (27 more)")),
        "[redacted:ANTHROPIC_API_KEY]... (27 more)"
    );
    assert_eq!(redactor.redact_cut("key: sk-ant-test"), "key: [redacted:ANTHROPIC_API_KEY]");
}

/// Every way to cut a text in two, and in steps of every size.
#[test]
fn no_cut_between_pieces_lets_a_secret_through() {
    let redactor = redactor();
    for secret in [KEY.to_owned(), ODD.to_owned(), STANDARD.encode(format!("K={KEY}\n"))] {
        let text = format!("so \u{e4} it is sk-ant, {secret} and {secret}s.");
        let whole = redactor.redact(&text).into_owned();
        let chars: Vec<char> = text.chars().collect();
        for size in 1..=chars.len() {
            let mut tail = Tail::default();
            let mut shown = String::new();
            for piece in chars.chunks(size) {
                shown.push_str(&tail.push(&redactor, &piece.iter().collect::<String>()));
                assert!(whole.starts_with(&shown), "size {size}\n{shown}\n{whole}");
            }
            shown.push_str(&tail.finish(&redactor));
            assert_eq!(shown, whole, "size {size}");
        }
    }
}

#[test]
fn random_neighbourhoods_keep_json_valid() {
    let seed = 7;
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let redactor = redactor();
    let scraps =
        ["\n", "\\", "\"", "n", "\\n", "r", KEY, ODD, &KEY[1..], &KEY[..30], "\u{e9}", "=="];
    for _ in 0..20_000 {
        let text: String =
            (0..random.usize(1..8)).map(|_| scraps[random.usize(..scraps.len())]).collect();
        let text = if random.bool() { wrapped(&STANDARD.encode(text), 76, "\n") } else { text };
        let line = json!({ "a": text, "b": [text] }).to_string();
        let redacted = redactor.redact(&line);
        let value: Value =
            serde_json::from_str(&redacted).unwrap_or_else(|e| panic!("{e}: {line}\n{redacted}"));
        assert!(value["a"].is_string() && value["b"][0].is_string(), "{redacted}");
        assert!(!redacted.contains(KEY), "{redacted}");
    }
}

/// `cargo test --release -p maestro-core --test redactor -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn cost() {
    let redactor = redactor();
    let one = json!({"type":"assistant","message":{"content":[{"type":"text","text":"fn main() { println!(\"words and code, sk-ant\"); }\n"}]}}).to_string();
    let line = one.repeat(5_000_000 / one.len());
    for (what, text) in [
        ("5 MB without a secret", line.clone()),
        (
            "5 MB with one in each 10 kB",
            line.as_bytes()
                .chunks(10_000)
                .map(|part| format!("{}{KEY}", String::from_utf8_lossy(part)))
                .collect::<Vec<_>>()
                .concat(),
        ),
    ] {
        let start = std::time::Instant::now();
        for _ in 0..10 {
            std::hint::black_box(redactor.redact(&text));
        }
        println!("{what}: {:?} each", start.elapsed() / 10);
    }
    let start = std::time::Instant::now();
    let mut tail = Tail::default();
    for _ in 0..100_000 {
        std::hint::black_box(tail.push(&redactor, "some words "));
    }
    println!("a delta: {:?}", start.elapsed() / 100_000);
    let start = std::time::Instant::now();
    for _ in 0..100 {
        std::hint::black_box(self::redactor());
    }
    println!("a redactor: {:?}", start.elapsed() / 100);
}
