//! What holds for all events, in whatever order they come.

use fastrand::Rng;
use maestro_core::model::{Event, EventData, SessionView};
use serde_json::{Value, json};

use crate::support::{event, fold, id, is_durable};

const SEEDS: u64 = 400;

/// Any content: fields of all events, each with one of few values, so that they meet.
fn data(random: &mut Rng) -> Value {
    let mut data = serde_json::Map::new();
    let few = |random: &mut Rng, name: &str| format!("{name}-{}", random.u8(0..3));
    let mut put = |random: &mut Rng, key: &str, value: Value| {
        if random.u8(0..3) > 0 {
            data.insert(key.to_owned(), value);
        }
    };
    for key in ["tool_call_id", "parent_tool_call_id", "message_id", "agent_id", "path", "title"] {
        let value = few(random, key).into();
        put(random, key, value);
    }
    let text = ["", "a", "äöü", "some more text"][random.usize(0..4)];
    for (key, value) in [
        ("approval_id", json!(id(random.u64(0..3)))),
        ("into_turn_id", json!(id(random.u64(0..3)))),
        ("turn", json!(random.u64(0..4))),
        ("parent_agent_id", json!(few(random, "agent_id"))),
        ("block", json!(random.u32(0..3))),
        ("generation", json!(random.u32(0..3))),
        ("offset", json!(random.u64(0..8))),
        ("position", json!(random.u32(0..4))),
        ("added", json!(random.u32(..))),
        ("removed", json!(random.u32(..))),
        ("cost_micro_usd", json!(random.i64(..))),
        ("text", json!(text)),
        ("role", json!("assistant")),
        ("blocks", json!([{ "type": "text", "text": text }])),
        ("prompt", json!([{ "type": "text", "text": text }])),
        ("used", json!(random.u64(..))),
        ("after", json!(random.u64(..))),
        ("background", json!(random.bool())),
        ("entries", json!([{ "content": text, "status": "pending" }])),
        ("input", json!({ "command": text })),
        ("usage", json!({ "input_tokens": random.u64(..), "turns": 1 })),
        ("decision", json!({ "decision": "allow" })),
    ] {
        put(random, key, value);
    }
    Value::Object(data)
}

/// A story that makes no sense: events of all types, some twice, some missing, deltas between.
pub(crate) fn story(random: &mut Rng) -> Vec<Event> {
    let mut seq = 0;
    let mut all = Vec::new();
    for _ in 0..random.usize(1..60) {
        let event_type = match random.u8(0..4) {
            0 => ["message.delta", "thought.delta"][random.usize(0..2)],
            _ => EventData::TYPES[random.usize(0..EventData::TYPES.len())],
        };
        let durable = is_durable(event_type);
        match random.u8(0..10) {
            0 if !all.is_empty() => all.push(all[random.usize(0..all.len())]),
            number => {
                seq += u64::from(durable) * if number == 1 { 3 } else { 1 };
                all.push((durable.then_some(seq), event_type));
            }
        }
    }
    let content: std::collections::HashMap<_, _> =
        all.iter().filter_map(|(seq, _)| *seq).map(|seq| (seq, data(random))).collect();
    let told = all.into_iter().map(|(seq, event_type)| {
        let content = seq.map_or_else(|| data(random), |seq| content[&seq].clone());
        event(seq, event_type, content)
    });
    told.collect()
}

fn under_seeds(law: impl Fn(&mut Rng, &[Event])) {
    for seed in 0..SEEDS {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut random = Rng::with_seed(seed);
            let story = story(&mut random);
            law(&mut random, &story);
        }));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}

#[test]
fn the_stories_tell_of_every_type() {
    let mut random = Rng::with_seed(0);
    let mut types: std::collections::BTreeSet<&str> = EventData::TYPES.iter().copied().collect();
    for _ in 0..SEEDS {
        for event in story(&mut random) {
            if !matches!(event.data, EventData::Other { .. }) {
                types.remove(event.event_type());
            }
        }
    }
    assert!(types.is_empty(), "{types:?}");
}

#[test]
fn a_part_and_then_the_rest_give_what_all_give_also_through_json() {
    under_seeds(|random, story| {
        let (part, rest) = story.split_at(random.usize(0..=story.len()));
        let json = serde_json::to_string(&fold(part)).unwrap();
        let mut view: SessionView = serde_json::from_str(&json).unwrap();
        for event in rest {
            view.apply(event);
        }
        assert_eq!(view, fold(story));
    });
}

#[test]
fn durable_events_that_come_again_change_nothing() {
    under_seeds(|random, story| {
        let durable: Vec<Event> =
            story.iter().filter(|event| event.seq.is_some()).cloned().collect();
        let once = fold(&durable);
        let mut view = once.clone();
        for event in &durable {
            assert!(!view.apply(event));
        }
        assert_eq!(view, once);
        // One reader that went back now and then.
        let mut view = SessionView::default();
        let mut at = 0;
        while at < durable.len() {
            view.apply(&durable[at]);
            at = if random.u8(0..8) == 0 { random.usize(0..=at) } else { at + 1 };
        }
        assert_eq!(view, once);
    });
}

#[test]
fn pieces_leave_no_trace_when_all_is_over() {
    under_seeds(|_, story| {
        let over = event(Some(10_000), "session.idle", json!({}));
        let all: Vec<Event> = story.iter().cloned().chain([over]).collect();
        let durable: Vec<Event> = all.iter().filter(|event| event.seq.is_some()).cloned().collect();
        assert_eq!(fold(&all), fold(&durable));
    });
}

#[test]
fn items_change_with_their_revision_only() {
    under_seeds(|_, story| {
        let mut view = SessionView::default();
        for event in story {
            let before = view.clone();
            view.apply(event);
            for (old, new) in before.items.iter().zip(&view.items) {
                assert_eq!(old.id, new.id);
                assert!(old == new || new.revision == view.revision, "{old:?} {new:?}");
            }
            let changed = view.changed_since(before.revision).count();
            assert!(changed >= view.items.len() - before.items.len());
        }
    });
}

#[test]
fn a_view_that_keeps_less_shows_the_end_of_what_one_that_keeps_all_shows() {
    under_seeds(|random, story| {
        let keep = random.usize(0..10);
        let all = fold(story);
        let mut few = SessionView::default();
        few.keep(keep);
        for event in story {
            few.apply(event);
        }
        assert!(few.items.len() <= keep);
        assert_eq!((few.totals, &few.files, &few.plan), (all.totals, &all.files, &all.plan));
        assert_eq!(few.subagents, all.subagents);
        assert_eq!(all.tail(keep).len(), keep.min(all.items.len()));
    });
}
