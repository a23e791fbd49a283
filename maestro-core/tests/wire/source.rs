//! Reads the model's sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::{Attribute, Expr, Fields, GenericArgument, Item, Lit, Meta, PathArguments, Visibility};

use crate::schema::{Field, Shape, Type, Variant};

/// Where the types of the wire are, below `src`.
const FILES: &[&str] = &[
    "model",
    "error.rs",
    "agent/scripted/script.rs",
    "task/group.rs",
    "session/group.rs",
    "approval/group.rs",
    "approval/policies.rs",
];

/// The items of the sources by name, and the table of events as text.
pub(crate) struct Sources {
    items: BTreeMap<String, Item>,
    events: String,
}

impl Sources {
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut items = BTreeMap::new();
        for file in FILES {
            add(&root.join(file), &mut items);
        }
        let data = fs::read_to_string(root.join("model/event/data.rs")).unwrap();
        let table = data.split("\nevent_data! {").nth(1).unwrap();
        Self { items, events: table.split("\n}").next().unwrap().to_owned() }
    }

    /// Types of events with those of their content, in their order.
    pub(crate) fn events(&self) -> Vec<(String, String)> {
        let lines = self.events.lines().filter_map(|line| line.trim().split_once(" => "));
        let parts = |(name, of): (&str, &str)| {
            (name.trim_matches('"').to_owned(), of.trim_end_matches(',').to_owned())
        };
        lines.map(parts).collect()
    }

    pub(crate) fn describe(&self, name: &str) -> Type {
        match &self.items.get(name).unwrap_or_else(|| panic!("no source has the type {name}")) {
            Item::Struct(of) => {
                let all_default = serde(&of.attrs).contains("default");
                let (fields, open) = self.fields(&of.fields, all_default, false);
                Type { doc: doc(&of.attrs), shape: Shape::Record { fields, open } }
            }
            Item::Enum(of) => {
                let rules = serde(&of.attrs);
                let snake = rules.contains("rename_all");
                assert!(snake, "{name} is not in snake_case");
                let doc_of = doc(&of.attrs);
                let wire = |ident: &syn::Ident| snake_case(&ident.to_string());
                // What is kept of a newer version's is no value of this one's.
                let known: Vec<&syn::Variant> =
                    of.variants.iter().filter(|v| !is_kept(v)).collect();
                let Some(tag) = rules.values.get("tag").cloned() else {
                    let values = known.iter().map(|v| (wire(&v.ident), doc(&v.attrs)));
                    let is_default =
                        |v: &&&syn::Variant| v.attrs.iter().any(|a| a.path().is_ident("default"));
                    let default = known.iter().find(is_default).map(|v| wire(&v.ident));
                    let shape = Shape::Strings { values: values.collect(), default };
                    return Type { doc: doc_of, shape };
                };
                assert!(
                    !rules.values.contains_key("content"),
                    "{name} is tagged beside its content"
                );
                let variants = known.iter().map(|variant| {
                    let record = match &variant.fields {
                        Fields::Unnamed(one) => named_type(&one.unnamed[0].ty),
                        _ => None,
                    };
                    let fields = match &record {
                        None => self.fields(&variant.fields, false, true).0,
                        Some(record) => match self.describe(record).shape {
                            Shape::Record { fields, .. } => fields,
                            _ => panic!("{name} has a variant that is no record"),
                        },
                    };
                    Variant {
                        wire: wire(&variant.ident),
                        name: variant.ident.to_string(),
                        doc: doc(&variant.attrs),
                        fields,
                        record,
                    }
                });
                Type { doc: doc_of, shape: Shape::Union { tag, variants: variants.collect() } }
            }
            _ => panic!("{name} is neither a struct nor an enum"),
        }
    }

    /// The fields, and whether fields that nobody knows are kept.
    fn fields(&self, fields: &Fields, all_default: bool, of_variant: bool) -> (Vec<Field>, bool) {
        let (mut described, mut open) = (Vec::new(), false);
        for field in fields {
            let rules = serde(&field.attrs);
            if !of_variant && !matches!(field.vis, Visibility::Public(_)) {
                // Of the real type's own business, to be kept as it is.
                open = true;
                continue;
            }
            let name = field.ident.as_ref().expect("fields have names").to_string();
            let name = rules.values.get("rename").cloned().unwrap_or(name);
            let mut of = written(&field.ty);
            if rules.contains("flatten") {
                match of.as_str() {
                    "map<json>" => open = true,
                    // `type` and `data`, which `events` describes.
                    "event" => {
                        let part = |name: &str, of: &str, doc: &str| Field {
                            name: name.to_owned(),
                            doc: doc.to_owned(),
                            of: of.to_owned(),
                            has_default: false,
                            omit: false,
                            flat: false,
                        };
                        described.push(part("type", "string", "Its type."));
                        described.push(part("data", "json", "What it says, typed by `type`."));
                    }
                    name_of => match self.describe(name_of).shape {
                        Shape::Record { fields, .. } => described.extend(fields),
                        _ => described.push(Field {
                            name,
                            doc: doc(&field.attrs),
                            of,
                            has_default: false,
                            omit: false,
                            flat: true,
                        }),
                    },
                }
                continue;
            }
            for (end, unit) in [("_ms", "duration"), ("_micro_usd", "money")] {
                if name.ends_with(end) || name == end.trim_start_matches('_') {
                    of = of.replace("int", unit);
                }
            }
            described.push(Field {
                has_default: all_default || rules.contains("default") || of.ends_with('?'),
                omit: rules.values.contains_key("skip_serializing_if"),
                doc: doc(&field.attrs),
                flat: false,
                name,
                of,
            });
        }
        (described, open)
    }
}

fn add(path: &Path, items: &mut BTreeMap<String, Item>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add(&entry.unwrap().path(), items);
        }
        return;
    }
    let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    for item in file.items {
        let name = match &item {
            Item::Struct(of) if matches!(of.vis, Visibility::Public(_)) => of.ident.to_string(),
            Item::Enum(of) if matches!(of.vis, Visibility::Public(_)) => of.ident.to_string(),
            _ => continue,
        };
        items.insert(name, item);
    }
}

/// How the schema writes a type.
fn written(of: &syn::Type) -> String {
    if matches!(of, syn::Type::Tuple(_)) {
        return "pair".to_owned();
    }
    let name = named_type(of).unwrap_or_else(|| panic!("a type without a name"));
    let inner = || {
        let arguments = arguments(of);
        written(arguments.last().unwrap())
    };
    match name.as_str() {
        "Option" => format!("{}?", inner()),
        "Vec" => match inner().as_str() {
            "pair" => "pairs".to_owned(),
            inner => format!("list<{inner}>"),
        },
        "BTreeMap" => format!("map<{}>", inner()),
        "Extra" => "map<json>".to_owned(),
        "String" | "str" | "PathBuf" | "StopReason" | "TenantId" | "Cursor" | "Place" => {
            "string".to_owned()
        }
        "bool" => "bool".to_owned(),
        "u16" | "u32" | "u64" | "i32" | "i64" | "usize" | "LeaseToken" | "MicroUsd" => {
            "int".to_owned()
        }
        "f64" => "float".to_owned(),
        "Value" => "json".to_owned(),
        "Timestamp" => "time".to_owned(),
        "SecretRef" => "secret".to_owned(),
        "EventData" => "event".to_owned(),
        id if id.ends_with("Id") => "id".to_owned(),
        _ => name,
    }
}

/// The last name of a path; that of the content for a box.
fn named_type(of: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = of else { return None };
    let last = path.path.segments.last()?;
    match last.ident.to_string().as_str() {
        "Box" => named_type(&arguments(of)[0]),
        name => Some(name.to_owned()),
    }
}

fn arguments(of: &syn::Type) -> Vec<syn::Type> {
    let syn::Type::Path(path) = of else { return Vec::new() };
    let Some(last) = path.path.segments.last() else { return Vec::new() };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(of) => Some(of.clone()),
        _ => None,
    });
    types.collect()
}

/// What `#[serde(…)]` says.
#[derive(Default)]
struct Rules {
    words: BTreeSet<String>,
    values: BTreeMap<String, String>,
}

impl Rules {
    fn contains(&self, word: &str) -> bool {
        self.words.contains(word) || self.values.contains_key(word)
    }
}

fn serde(attributes: &[Attribute]) -> Rules {
    let mut rules = Rules::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute
            .parse_nested_meta(|meta| {
                let name = meta.path.get_ident().unwrap().to_string();
                match meta.value() {
                    Ok(value) => {
                        rules.values.insert(name, value.parse::<syn::LitStr>()?.value());
                    }
                    Err(_) => {
                        rules.words.insert(name);
                    }
                }
                Ok(())
            })
            .unwrap();
    }
    rules
}

/// The documentation up to its first heading, with links as plain code.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(of) if of.path.is_ident("doc") => match &of.value {
            Expr::Lit(text) => match &text.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.split("\n#").next().unwrap().trim().replace("[`", "`").replace("`]", "`");
    let mut plain = String::new();
    for (at, part) in text.split("`(").enumerate() {
        let part = if at == 0 { part } else { part.split_once(')').map_or(part, |(_, rest)| rest) };
        plain.push_str(if at == 0 { "" } else { "`" });
        plain.push_str(part);
    }
    plain
}

/// Whether a variant holds what a newer version wrote.
fn is_kept(variant: &syn::Variant) -> bool {
    let rules = serde(&variant.attrs);
    rules.contains("untagged") || rules.contains("skip")
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
