//! Examples, made from the description alone.

use serde_json::{Map, Value, json};

use crate::schema::{Field, Schema, Shape};

pub(crate) struct Samples<'a> {
    schema: &'a Schema,
    newer: bool,
}

/// A value of every enumeration, and a variant of every union, that only a newer version knows.
const NEW: &str = "x-new-value";

impl<'a> Samples<'a> {
    /// Of this version.
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema, newer: false }
    }

    /// As a newer version writes them, in which every enumeration has one value more, and every union one
    /// variant.
    pub(crate) fn newer(schema: &'a Schema) -> Self {
        Self { schema, newer: true }
    }

    /// An example with every field.
    pub(crate) fn full(&self, name: &str) -> Value {
        self.each(name).swap_remove(0)
    }

    /// A full example of each variant, or of the one that there is.
    pub(crate) fn each(&self, name: &str) -> Vec<Value> {
        match &self.schema.types[name].shape {
            Shape::Record { fields, .. } => vec![Value::Object(self.object(fields))],
            Shape::Strings { .. } if self.newer => vec![json!(NEW)],
            // Not the default one, which may be left out.
            Shape::Strings { values, .. } => {
                values.iter().rev().map(|(wire, _)| json!(wire)).collect()
            }
            Shape::Union { tag, variants } => {
                let one = |variant: &crate::schema::Variant| {
                    let mut object = Map::new();
                    object.insert(tag.clone(), json!(variant.wire));
                    object.extend(self.object(&variant.fields));
                    Value::Object(object)
                };
                let mut all: Vec<Value> = variants.iter().map(one).collect();
                if self.newer {
                    // First, so that it stands wherever one variant is shown.
                    all.insert(0, json!({ tag: NEW, "with": { "more": [1, null] } }));
                }
                all
            }
        }
    }

    /// An example with what no reader can do without, the first variant of unions.
    pub(crate) fn least(&self, name: &str) -> Value {
        match &self.schema.types[name].shape {
            Shape::Strings { values, .. } => json!(values[0].0),
            Shape::Record { fields, .. } => Value::Object(self.needed(fields)),
            Shape::Union { tag, variants } => {
                let mut object = Map::new();
                object.insert(tag.clone(), json!(variants[0].wire));
                object.extend(self.needed(&variants[0].fields));
                Value::Object(object)
            }
        }
    }

    fn needed(&self, fields: &[Field]) -> Map<String, Value> {
        let needed: Vec<Field> =
            fields.iter().filter(|field| !field.has_default).cloned().collect();
        self.object(&needed)
    }

    fn object(&self, fields: &[Field]) -> Map<String, Value> {
        let mut object = Map::new();
        for field in fields {
            let value = self.of(&field.name, &field.of);
            match value {
                Value::Object(inner) if field.flat => object.extend(inner),
                value => {
                    object.insert(field.name.clone(), value);
                }
            }
        }
        object
    }

    fn of(&self, name: &str, of: &str) -> Value {
        let of = of.trim_end_matches('?');
        if let Some(inner) = of.strip_prefix("list<") {
            let inner = inner.strip_suffix('>').unwrap();
            // All variants of a union, so that one example shows each.
            return match self.schema.types.get(inner).map(|of| &of.shape) {
                Some(Shape::Union { .. }) => json!(self.each(inner)),
                _ => json!([self.of(name, inner)]),
            };
        }
        if let Some(inner) = of.strip_prefix("map<") {
            return json!({ "key": self.of(name, inner.strip_suffix('>').unwrap()) });
        }
        match of {
            "string" if name == "type" => json!("gap"),
            "json" if name == "data" => json!({ "reason": "trimmed", "missing": 7 }),
            "string" => json!(format!("the {name}")),
            "id" => json!("01990000-0000-7000-8000-000000000001"),
            "bool" => json!(true),
            "int" => json!(7),
            "float" => json!(0.5),
            "json" => json!({ "any": [1, "two", null] }),
            "time" => json!("2026-01-02T03:04:05.678901Z"),
            "duration" => json!(1500),
            "money" => json!(1_234_567),
            "secret" => json!("env:NAME"),
            "pairs" => json!([["key", "value"]]),
            "event" => json!({ "type": "gap", "data": self.full("Gap") }),
            of => self.full(of),
        }
    }
}
