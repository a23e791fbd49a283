//! Examples, made from the description alone.

use serde_json::{Map, Value, json};

use crate::schema::{Field, Schema, Shape};

pub(crate) struct Samples<'a>(pub(crate) &'a Schema);

impl Samples<'_> {
    /// An example with every field.
    pub(crate) fn full(&self, name: &str) -> Value {
        self.each(name).swap_remove(0)
    }

    /// A full example of each variant, or of the one that there is.
    pub(crate) fn each(&self, name: &str) -> Vec<Value> {
        match &self.0.types[name].shape {
            Shape::Record { fields, .. } => vec![Value::Object(self.object(fields))],
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
                variants.iter().map(one).collect()
            }
        }
    }

    /// An example with what no reader can do without, the first variant of unions.
    pub(crate) fn least(&self, name: &str) -> Value {
        match &self.0.types[name].shape {
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
            return match self.0.types.get(inner).map(|of| &of.shape) {
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
