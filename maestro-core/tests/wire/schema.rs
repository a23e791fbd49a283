//! The description of the wire.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::source::Sources;

/// Every type, and the type of every event's `data`.
pub(crate) struct Schema {
    pub(crate) types: BTreeMap<String, Type>,
    pub(crate) events: Vec<(String, String)>,
}

pub(crate) struct Type {
    pub(crate) doc: String,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    /// An object. An open one keeps fields that it does not know.
    Record { fields: Vec<Field>, open: bool },
    /// One of some texts; the first is the default where there is one.
    Strings { values: Vec<(String, String)>, default: Option<String> },
    /// An object whose field `tag` says which of the variants it is.
    Union { tag: String, variants: Vec<Variant> },
}

pub(crate) struct Variant {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field>,
    /// The record whose fields these are, where they have a name of their own.
    pub(crate) record: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) doc: String,
    /// See [`Schema::TYPES`].
    pub(crate) of: String,
    /// Whether a reader may do without it.
    pub(crate) has_default: bool,
    /// Whether it is left out when it is empty: none, false, zero, or nothing in it.
    pub(crate) omit: bool,
    /// Whether it is a union whose fields stand beside this record's own.
    pub(crate) flat: bool,
}

impl Schema {
    /// How types are written.
    const TYPES: &[(&str, &str)] = &[
        ("string", "a text"),
        ("id", "a UUID as text"),
        ("bool", "true or false"),
        ("int", "an integer"),
        ("float", "a number"),
        ("json", "anything"),
        ("time", "RFC 3339 in UTC with microseconds"),
        ("duration", "an integer of milliseconds; the field's name ends with `_ms`"),
        ("money", "an integer of micro-USD; the field's name ends with `_micro_usd`"),
        ("secret", "a reference to a secret as text, for example `env:NAME`"),
        ("pairs", "a list of lists of two texts"),
        ("event", "an object of `type` and `data`, as in `events`"),
        ("list<T>", "a list"),
        ("map<T>", "an object with any keys"),
        ("T?", "the same, or not there"),
        ("Name", "one of `types`"),
    ];

    pub(crate) fn read(roots: &[&str]) -> Self {
        let sources = Sources::read();
        let events = sources.events();
        let mut types = BTreeMap::new();
        let payloads = events.iter().map(|(_, payload)| payload.clone());
        let mut wanted: Vec<String> =
            roots.iter().map(|&root| root.to_owned()).chain(payloads).collect();
        while let Some(name) = wanted.pop() {
            if types.contains_key(&name) {
                continue;
            }
            let found = sources.describe(&name);
            let fields: Vec<&Field> = match &found.shape {
                Shape::Record { fields, .. } => fields.iter().collect(),
                Shape::Union { variants, .. } => variants.iter().flat_map(|v| &v.fields).collect(),
                Shape::Strings { .. } => Vec::new(),
            };
            wanted.extend(fields.iter().filter_map(|field| named(&field.of)));
            if let Shape::Union { variants, .. } = &found.shape {
                wanted.extend(variants.iter().filter_map(|variant| variant.record.clone()));
            }
            types.insert(name, found);
        }
        Self { types, events }
    }

    pub(crate) fn to_value(&self) -> Value {
        let types = self.types.iter().map(|(name, of)| {
            let mut described = match &of.shape {
                Shape::Record { fields: of_record, open } => {
                    json!({ "shape": "record", "open": open, "fields": fields(of_record) })
                }
                Shape::Strings { values, default } => {
                    let values =
                        values.iter().map(|(wire, doc)| json!({ "wire": wire, "doc": doc }));
                    let values: Vec<_> = values.collect();
                    json!({ "shape": "strings", "default": default, "values": values })
                }
                Shape::Union { tag, variants } => {
                    let variants = variants.iter().map(|variant| {
                        json!({
                            "wire": variant.wire, "name": variant.name, "doc": variant.doc,
                            "record": variant.record, "fields": fields(&variant.fields),
                        })
                    });
                    let variants: Vec<_> = variants.collect();
                    json!({ "shape": "union", "tag": tag, "variants": variants })
                }
            };
            if let Some(default) = crate::real::default(name) {
                described["default"] = default;
            }
            described["doc"] = json!(of.doc);
            (name.clone(), described)
        });
        let types: serde_json::Map<String, Value> = types.collect();
        let events = self.events.iter().map(|(name, of)| (name.clone(), json!(of)));
        let events: serde_json::Map<String, Value> = events.collect();
        let notation = Self::TYPES.iter().map(|&(name, about)| (name.to_owned(), json!(about)));
        let notation: serde_json::Map<String, Value> = notation.collect();
        json!({ "notation": notation, "events": events, "types": types })
    }
}

fn fields(fields: &[Field]) -> Vec<Value> {
    let described = fields.iter().map(|field| {
        let mut described = json!({ "name": field.name, "type": field.of });
        for (name, holds) in
            [("has_default", field.has_default), ("omit", field.omit), ("flat", field.flat)]
        {
            if holds {
                described[name] = json!(true);
            }
        }
        described["doc"] = json!(field.doc);
        described
    });
    described.collect()
}

/// The type of `types` that a type is made of, if there is one.
pub(crate) fn named(of: &str) -> Option<String> {
    let of = of.trim_end_matches('?');
    let inner = of.strip_prefix("list<").or_else(|| of.strip_prefix("map<"));
    match inner {
        Some(inner) => named(inner.strip_suffix('>').unwrap()),
        None => of.starts_with(char::is_uppercase).then(|| of.to_owned()),
    }
}
