//! The tables of `docs/errors.md`, and what the tests saw.

use std::collections::HashMap;
use std::fmt::Write as _;

use futures::future::LocalBoxFuture;
use maestro_core::{Error, ErrorKind, Maestro, Result};

use crate::den::{everything, without_names};

const BOOK: &str = include_str!("../../../docs/errors.md");
const HEADER: &str = "| mistake | kind | message | what to do |";

/// One table: a mistake, the kind and the message that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    mistake: String,
    kind: String,
    message: String,
}

/// What was seen of one section of the book.
#[derive(Debug)]
pub(crate) struct Section {
    title: &'static str,
    seen: Vec<Row>,
}

impl Section {
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, seen: Vec::new() }
    }

    /// Makes a mistake: it is refused, and the store is as it was before.
    pub(crate) fn refused<'a, T: std::fmt::Debug>(
        &'a mut self,
        maestro: &'a Maestro,
        mistake: &'a str,
        call: impl Future<Output = Result<T>> + 'a,
    ) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let before = everything(maestro).await;
            let error = match call.await {
                Err(error) => error,
                Ok(value) => panic!("{mistake}: it was taken: {value:?}"),
            };
            assert_eq!(everything(maestro).await, before, "{mistake}: something changed");
            self.saw(mistake, &error);
        })
    }

    /// Notes what a mistake was answered with.
    pub(crate) fn saw(&mut self, mistake: &str, error: &Error) {
        if error.kind() == ErrorKind::InvalidArgument {
            let field = error.context().find(|(key, _)| *key == "field");
            let (_, field) = field.unwrap_or_else(|| panic!("{mistake}: no field: {error}"));
            assert!(error.message().starts_with(&format!("`{field}` ")), "{mistake}: {error}");
        }
        // Reading an id is not an operation.
        let parsed = error.message().contains("is not an id");
        assert!(parsed || !error.operation().is_empty(), "{mistake}: doing what? {error}");
        self.seen.push(Row {
            mistake: mistake.to_owned(),
            kind: error.kind().to_string(),
            message: without_names(&error.to_string()),
        });
    }

    /// Notes the same mistake, made in another way.
    pub(crate) fn saw_again(&mut self, mistake: &str, error: &Error) {
        self.saw(mistake, error);
        let again = self.seen.pop();
        assert_eq!(again.as_ref(), self.seen.last(), "{mistake}: it is said in other words");
    }

    /// Compares with the book.
    ///
    /// # Panics
    /// When they differ, with the table as it has to be.
    pub(crate) fn check(self) {
        let book = sections();
        let (written, advice) = book.get(self.title).cloned().unwrap_or_default();
        if written == self.seen {
            return;
        }
        let mut table = format!("{HEADER}\n|---|---|---|---|\n");
        for Row { mistake, kind, message } in &self.seen {
            let advice = advice.get(mistake).map_or("", String::as_str);
            writeln!(table, "| {mistake} | `{kind}` | {} | {advice} |", quoted(message)).unwrap();
        }
        panic!("docs/errors.md, `{}`, should be:\n\n## {0}\n\n{table}", self.title);
    }
}

/// A message as code, which may itself hold code.
fn quoted(message: &str) -> String {
    format!("`` {} ``", message.replace('|', "\\|"))
}

/// The tables by their titles, and what the last column says by the mistake.
fn sections() -> HashMap<&'static str, (Vec<Row>, HashMap<String, String>)> {
    let mut sections: HashMap<_, (Vec<Row>, HashMap<String, String>)> = HashMap::new();
    let mut title = "";
    for line in BOOK.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            title = heading;
        }
        let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            continue;
        };
        let cells: Vec<&str> = row.split(" | ").collect();
        if let [mistake, kind, message, advice] = cells[..]
            && let Some(message) = message.strip_prefix("`` ")
        {
            let (rows, advices) = sections.entry(title).or_default();
            rows.push(Row {
                mistake: mistake.to_owned(),
                kind: kind.trim_matches('`').to_owned(),
                message: message.trim_end_matches(" ``").replace("\\|", "|"),
            });
            advices.insert(mistake.to_owned(), advice.to_owned());
        }
    }
    sections
}

/// Every table of the book is tested, and says what to do about each of its mistakes.
#[test]
fn the_book_has_no_other_tables() {
    let tested = [
        crate::building::SECTION,
        crate::stores::SECTION,
        crate::projects::SECTION,
        crate::tasks::SECTION,
        crate::sessions::SECTION,
        crate::approvals::SECTION,
        crate::workspaces::SECTION,
        crate::agents::SECTION,
    ];
    let sections = sections();
    for (title, (rows, advice)) in &sections {
        assert!(tested.contains(title), "no test makes the mistakes of {title:?}");
        for row in rows {
            let advice = &advice[&row.mistake];
            assert!(advice.len() > 10, "{title}, {}: what is to be done?", row.mistake);
        }
    }
    assert_eq!(sections.len(), tested.len(), "{:?}", sections.keys());
}
