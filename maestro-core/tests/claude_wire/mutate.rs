//! Broken lines.

use maestro_core::agent::claude::Mapper;
use serde_json::{Value, json};

use crate::story::fixture;

/// Breaks lines in many ways; nothing may panic, and what is JSON must stay whole.
#[test]
fn no_input_panics() {
    let fixtures = [
        fixture!("plain"),
        fixture!("background"),
        fixture!("restarted-message"),
        fixture!("tools"),
        fixture!("results"),
        fixture!("older"),
        fixture!("strange"),
    ];
    let lines: Vec<&str> = fixtures.iter().flat_map(|fixture| fixture.lines()).collect();
    for seed in 0..400 {
        let broken = std::panic::catch_unwind(|| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut mapper = Mapper::new("/src/shop");
            for _ in 0..200 {
                let line = lines[random.usize(..lines.len())];
                let line = mutate(&mut random, line);
                let report = mapper.frame(&line);
                assert!(report.raw.is_none_or(|raw| raw == line));
            }
        });
        assert!(broken.is_ok(), "seed {seed}");
    }
}

fn mutate(random: &mut fastrand::Rng, line: &str) -> String {
    match random.u8(..6) {
        0 => line.to_owned(),
        1 => line[..line.floor_char_boundary(random.usize(..=line.len()))].to_owned(),
        2 => {
            let mut bytes = line.as_bytes().to_vec();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => {
            let Ok(mut value) = serde_json::from_str::<Value>(line) else {
                return line.to_owned();
            };
            for _ in 0..random.usize(1..4) {
                disturb(random, &mut value);
            }
            value.to_string()
        }
    }
}

/// Puts something else into one place of a value.
fn disturb(random: &mut fastrand::Rng, value: &mut Value) {
    let children = match value {
        Value::Array(items) => items.iter_mut().collect::<Vec<_>>(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    let count = children.len();
    if count > 0 && random.u8(..5) > 0 {
        if let Some(child) = children.into_iter().nth(random.usize(..count)) {
            disturb(random, child);
        }
        return;
    }
    let others = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-1e308),
        json!(""),
        json!("ü".repeat(100)),
        json!([]),
        json!([[null], {}]),
        json!({ "type": "text" }),
        json!({ "type": "tool_result", "content": [{ "type": "text", "text": 5 }] }),
    ];
    *value = others[random.usize(..others.len())].clone();
}
