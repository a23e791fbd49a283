//! The pages of the guide show regions of files that the tests run, in four languages. A page says `<!-- snippet: NAME -->`, and
//! what follows up to `<!-- end -->` is written by `make guide`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A language: its name, that of its fences, and where its regions are.
struct Language {
    name: &'static str,
    fence: &'static str,
    /// Directories whose files are tests, which their runner finds by itself.
    tests: &'static str,
    /// Programs, each of which a test runs by its name.
    programs: &'static str,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "Rust",
        fence: "rust",
        tests: "examples/embed/tests",
        programs: "examples/embed/src/bin",
    },
    Language {
        name: "Python",
        fence: "python",
        tests: "bindings-python/tests",
        programs: "bindings-python/examples",
    },
    Language {
        name: "TypeScript",
        fence: "ts",
        tests: "bindings-node/tests",
        programs: "bindings-node/examples",
    },
    Language {
        name: "Swift",
        fence: "swift",
        tests: "bindings-swift/Tests",
        programs: "bindings-swift/Examples",
    },
];

const PAGES: &str = "docs/guide";

/// By the name of a snippet and of a language, its text.
type Snippets = BTreeMap<String, BTreeMap<&'static str, String>>;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
    {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with(['_', '.']) {
            found.extend(files(&path));
        } else if ["rs", "py", "ts", "swift"]
            .iter()
            .any(|end| path.extension().is_some_and(|found| found == *end))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The marker of a line, for example `snippet: needs` or `end`.
fn marker(line: &str) -> Option<&str> {
    let line = line.trim();
    let text = line.strip_prefix("//").or_else(|| line.strip_prefix('#'))?.trim();
    (text == "end" || text.starts_with("snippet: ")).then_some(text)
}

/// The regions of a file, with the indentation that all of their lines share taken away.
fn regions(path: &Path, text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for (at, line) in text.lines().enumerate() {
        let wrong = || format!("{}:{}: {}", path.display(), at + 1, line.trim());
        match (marker(line), &mut open) {
            (Some("end"), open) => {
                let (name, lines) =
                    open.take().unwrap_or_else(|| panic!("{} ends nothing", wrong()));
                assert!(
                    lines.iter().any(|line| !line.trim().is_empty()),
                    "{} ends an empty snippet",
                    wrong()
                );
                found.push((name, dedented(&lines)));
            }
            (Some(text), open @ None) => {
                *open = Some((text["snippet: ".len()..].to_owned(), Vec::new()));
            }
            (Some(_), Some(_)) => panic!("{} begins within another", wrong()),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a snippet has no end", path.display());
    found
}

fn dedented(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let mut text = lines
        .iter()
        .map(|line| line.get(shared..).unwrap_or("").trim_end())
        .collect::<Vec<_>>()
        .join("\n");
    text.push('\n');
    text
}

/// The name by which a test knows a program: that of its file, or in Swift of its directory.
fn program(path: &Path) -> String {
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    if stem == "main" {
        path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned()
    } else {
        stem
    }
}

/// Whether a test names a program, as each language does when it runs one.
fn runs(tests: &str, program: &str) -> bool {
    let names = ["\"#\"", "'#'", "CARGO_BIN_EXE_#\"", "\"#.py\"", "/#.js'", "/maestro-#\""];
    names.iter().any(|name| tests.contains(&name.replace('#', program)))
}

fn snippets() -> Snippets {
    let mut found = Snippets::new();
    for language in &LANGUAGES {
        let tests = files(&root().join(language.tests));
        let texts: String = tests.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        let programs = files(&root().join(language.programs));
        for path in tests.iter().chain(&programs) {
            let regions = regions(path, &fs::read_to_string(path).unwrap());
            let run = tests.contains(path) || runs(&texts, &program(path));
            assert!(run || regions.is_empty(), "{}: no test runs it", path.display());
            for (name, text) in regions {
                let again = found.entry(name.clone()).or_default().insert(language.name, text);
                assert!(again.is_none(), "two regions of {} are called {name}", language.name);
            }
        }
    }
    found
}

/// What a snippet looks like on a page. The first language is open, the others open with a click.
fn shown(languages: &BTreeMap<&str, String>) -> String {
    let mut shown = String::new();
    for (at, language) in
        LANGUAGES.iter().filter(|language| languages.contains_key(language.name)).enumerate()
    {
        let open = if at == 0 { " open" } else { "" };
        let (name, fence, text) = (language.name, language.fence, &languages[language.name]);
        let code = format!("```{fence}\n{text}```");
        shown.extend([format!(
            "\n<details{open}><summary>{name}</summary>\n\n{code}\n\n</details>\n"
        )]);
    }
    shown
}

/// A page with its snippets as they are now, and their names. `ONLY` after a name says which languages have it.
fn written(page: &str, text: &str, snippets: &Snippets) -> (String, Vec<String>) {
    let (mut written, mut names) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- snippet: ") {
        let (asked, after) =
            after.split_once(" -->\n").unwrap_or_else(|| panic!("{page}: a marker has no end"));
        let (name, only) = asked.split_once(" only ").unwrap_or((asked, ""));
        let languages =
            snippets.get(name).unwrap_or_else(|| panic!("{page}: no region is called {name}"));
        let wanted: Vec<_> = LANGUAGES
            .iter()
            .map(|language| language.name)
            .filter(|name| only.is_empty() || only.contains(*name))
            .collect();
        let has: Vec<_> = LANGUAGES
            .iter()
            .map(|language| language.name)
            .filter(|name| languages.contains_key(*name))
            .collect();
        assert_eq!(has, wanted, "{page}: the languages that have {name}");
        let (_, after) = after
            .split_once("<!-- end -->")
            .unwrap_or_else(|| panic!("{page}: {name} has no <!-- end -->"));
        let shown = shown(languages);
        written.extend([before, "<!-- snippet: ", asked, " -->\n", &shown, "\n<!-- end -->"]);
        names.push(name.to_owned());
        rest = after;
    }
    written.push_str(rest);
    (written, names)
}

fn pages() -> Vec<PathBuf> {
    let pages = fs::read_dir(root().join(PAGES)).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> =
        pages.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    pages
}

#[test]
fn every_page_shows_what_the_tests_run() {
    let snippets = snippets();
    let mut shown = BTreeSet::new();
    for path in pages() {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (written, names) = written(&page, &text, &snippets);
        assert!(written == text, "{page} is out of date; write it with `make guide`");
        let fences = text.lines().filter(|line| {
            LANGUAGES.iter().any(|language| line.starts_with(&format!("```{}", language.fence)))
        });
        let of_snippets: usize = names.iter().map(|name| snippets[name].len()).sum();
        assert_eq!(fences.count(), of_snippets, "{page} has code that is in no file");
        shown.extend(names);
    }
    let all: BTreeSet<_> = snippets.into_keys().collect();
    assert_eq!(
        all.difference(&shown).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "regions that no page shows"
    );
}

#[test]
fn every_page_is_listed() {
    let list = fs::read_to_string(root().join(PAGES).join("README.md")).unwrap();
    for path in pages() {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            page == "README.md" || list.contains(&format!("]({page})")),
            "{page} is not in the guide's README"
        );
    }
}

#[test]
fn regions_are_found_and_mistakes_are_named() {
    let of = |text: &str| regions(Path::new("a.rs"), text);
    let text = "fn f() {\n    // snippet: one\n    a;\n\n      b;\n    // end\n}\n# snippet: two\nc\n# end\n";
    assert_eq!(
        of(text),
        [("one".to_owned(), "a;\n\n  b;\n".to_owned()), ("two".to_owned(), "c\n".to_owned())]
    );
    for wrong in
        ["// end", "// snippet: a\n// snippet: b", "// snippet: a\nx", "// snippet: a\n// end"]
    {
        assert!(std::panic::catch_unwind(|| of(wrong)).is_err(), "{wrong}");
    }
    let snippets =
        Snippets::from([("one".to_owned(), BTreeMap::from([("Rust", "a;\n".to_owned())]))]);
    let page = "Text\n<!-- snippet: one only Rust -->\nold\n<!-- end -->\nmore\n";
    let (text, names) = written("p.md", page, &snippets);
    assert_eq!(names, ["one"]);
    assert!(
        text.contains("```rust\na;\n```") && !text.contains("old") && text.ends_with("more\n"),
        "{text}"
    );
    assert_eq!(written("p.md", &text, &snippets).0, text);
    for wrong in [
        "<!-- snippet: two -->\n<!-- end -->",
        "<!-- snippet: one -->\n<!-- end -->",
        "<!-- snippet: one only Rust -->\n",
    ] {
        assert!(std::panic::catch_unwind(|| written("p.md", wrong, &snippets)).is_err(), "{wrong}");
    }
}

#[test]
#[ignore = "writes the pages again, for `make guide`"]
fn write() {
    let snippets = snippets();
    for path in pages() {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, written(&page, &text, &snippets).0).unwrap();
    }
}
