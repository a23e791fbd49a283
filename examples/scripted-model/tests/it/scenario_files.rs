//! Scenario files: what is read, and what an error names.

use scripted_model::{Error, ModelConfig, Scenario, ScriptedModel, Step};

/// Every key that the format knows, in one text.
const EVERYTHING: &str = r#"
name = "everything"
about = "All keys."
defaults = { who = "you", n = "2" }

[[steps]]
delay_ms = "${n}"
pings = 2
stop_reason = "end_turn"
headers = { x-one = "1" }
usage = { input_tokens = 1, output_tokens = 2, cache_creation_input_tokens = 3, cache_read_input_tokens = 4 }
retry_on_error = true
max_repeats = 1
blocks = [
    { thinking = "Hm.", chunk_chars = 1 },
    { text = "Hello ${who}.", delay_ms = 1, repeat = "${n}" },
    { tool = "Bash", input = { command = "true", timeout = 5, list = ["${who}"] }, chunk_chars = 4 },
]
fail = [
    { status = 429, error = "rate_limit_error", message = "Wait", headers = { retry-after = "1" }, times = 2 },
    { hang = "before_headers" },
    { hang = "mid_stream" },
    { drop = "before_headers" },
    { drop = "mid_stream", times = "${n}" },
    { stream_error = "overloaded_error", message = "Overloaded" },
]
"#;

#[test]
fn every_key_is_read() {
    let scenario = Scenario::from_toml(EVERYTHING).unwrap();
    assert_eq!((scenario.name(), scenario.about()), ("everything", "All keys."));
}

#[test]
fn an_error_names_the_scenario_and_the_field() {
    let step = |line: &str| format!("name = \"x\"\n[[steps]]\n{line}\n");
    let cases = [
        (step("blocks = [{ text = \"a\" }]\ndely_ms = 3"), "unknown field `dely_ms`"),
        (step("blocks = [{ texts = \"a\" }]"), "unknown field `texts`"),
        (
            step("blocks = [{ text = \"a\", tool = \"Bash\" }]"),
            "exactly one of `text`, `thinking` and `tool`",
        ),
        (step("blocks = [{ text = \"a\", input = {} }]"), "`input` belongs to a block with `tool`"),
        (step("blocks = [{ tool = \"\" }]"), "`tool` is empty"),
        (step("blocks = [{ tool = \"T\", repeat = 2 }]"), "`repeat` belongs to"),
        (step("blocks = [{ text = \"a\", chunk_chars = 0 }]"), "`chunk_chars` must be at least 1"),
        (step("delay_ms = \"soon\""), "expected a whole number or \"${key}\""),
        (step("delay_ms = -1"), "expected a whole number or \"${key}\""),
        (step("usage = { tokens = 1 }"), "unknown field `tokens`"),
        (step("max_repeats = 2"), "steps[0].max_repeats: needs `retry_on_error = true`"),
        (step("headers = { \"a b\" = \"1\" }"), "steps[0]: header `a b: 1` is not valid"),
        (step("fail = [{ status = 200 }]"), "`status` is 200; a failure has 400 to 599"),
        (
            step("fail = [{ times = 2 }]"),
            "exactly one of `status`, `hang`, `drop` and `stream_error`",
        ),
        (
            step("fail = [{ hang = \"mid_stream\", error = \"e\" }]"),
            "belong to a failure with `status`",
        ),
        (step("fail = [{ drop = \"later\" }]"), "unknown variant `later`"),
        ("name = \"x\"\n".to_owned(), "missing field `steps`"),
    ];
    for (text, expected) in cases {
        let error = Scenario::from_toml(&text).unwrap_err().to_string();
        assert!(error.starts_with("inline scenario: scenario `x`: "), "{text}\n{error}");
        assert!(error.contains(expected), "{text}\nexpected {expected}\n{error}");
    }
    let error = Scenario::from_toml("name = \"two words\"\nsteps = []").unwrap_err().to_string();
    assert!(error.contains("name: `two words` must be one word"), "{error}");
    let error = Scenario::from_toml("name = ").unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn a_directory_is_read_and_an_error_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(dir.path().join(file), text).unwrap();
    write("one.toml", "name = \"one\"\nsteps = []");
    write("notes.md", "not a scenario");
    let config = ModelConfig::new().path(dir.path()).unwrap();
    assert!(config.scenarios().any(|scenario| scenario.name() == "one"));

    write("two.toml", "name = \"one\"\nsteps = []");
    let error = ModelConfig::new().path(dir.path()).unwrap_err().to_string();
    assert!(error.contains("two.toml: scenario `one`: name: "), "{error}");
    assert!(error.contains("one.toml has it already"), "{error}");

    write("two.toml", "name = \"two\"\nstep = []");
    let error = ModelConfig::new().path(dir.path().join("two.toml")).unwrap_err().to_string();
    assert!(error.contains("two.toml: scenario `two`: "), "{error}");
    assert!(error.contains("unknown field `step`"), "{error}");

    let error = ModelConfig::new().path(dir.path().join("absent")).unwrap_err();
    assert!(matches!(error, Error::Read { .. }), "{error}");
}

#[test]
fn the_built_in_scenarios_are_named_as_their_files() {
    let mut files: Vec<String> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
    files.sort();
    let config = ModelConfig::new();
    let names: Vec<&str> = config.scenarios().map(Scenario::name).collect();
    assert_eq!(names, files);
    assert!(config.scenarios().all(|scenario| !scenario.about().is_empty()));
}

#[test]
fn the_readme_shows_scenarios_that_are_read() {
    let readme = include_str!("../../README.md");
    let texts: Vec<&str> =
        readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!texts.is_empty());
    for text in texts {
        Scenario::from_toml(text).unwrap();
    }
    for scenario in ModelConfig::new().scenarios() {
        assert!(
            readme.contains(&format!("`{}`", scenario.name())),
            "{} is not listed",
            scenario.name()
        );
    }
}

#[tokio::test]
async fn start_refuses_what_it_cannot_play() {
    let bad = Scenario::new("bad").step(Step::new().header("a b", "1"));
    let error =
        ScriptedModel::start(ModelConfig::new().scenario(bad)).await.unwrap_err().to_string();
    assert!(error.contains("scenario `bad`: steps[0]: header"), "{error}");
    let error =
        ScriptedModel::start(ModelConfig::new().fallback("none")).await.unwrap_err().to_string();
    assert!(error.contains("scenario `none`: fallback"), "{error}");

    let first = ScriptedModel::start(ModelConfig::new()).await.unwrap();
    let port: u16 = first.base_url().rsplit(':').next().unwrap().parse().unwrap();
    let error = ScriptedModel::start(ModelConfig::new().port(port)).await.unwrap_err();
    assert!(matches!(error, Error::Bind { .. }), "{error}");
    first.stop().await;
    ScriptedModel::start(ModelConfig::new().port(port))
        .await
        .expect("a stopped endpoint frees its port");
}
