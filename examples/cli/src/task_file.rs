//! A file of tasks, as `run --file` takes it.

use std::collections::BTreeSet;

use maestro_core::{Error, Result};
use serde::Deserialize;

/// A file of tasks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The tasks; each may need those before it.
    pub(crate) task: Vec<Task>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    /// Its name in this file.
    pub(crate) name: String,
    pub(crate) prompt: String,
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    #[serde(default)]
    pub(crate) priority: i32,
    /// Tools that run without asking.
    #[serde(default)]
    pub(crate) allow: Vec<String>,
}

/// Reads a file of tasks, and checks it whole, so that none of it is submitted when a part is wrong.
pub(crate) fn parse(text: &str) -> Result<File> {
    let file: File = toml::from_str(text)
        .map_err(|error| Error::invalid("file", "is not a file of tasks").caused_by(error))?;
    let mut names = BTreeSet::new();
    for task in &file.task {
        if let Some(need) = task.needs.iter().find(|need| !names.contains(need.as_str())) {
            let why = format!("names no task before it: {need:?}");
            return Err(Error::invalid("needs", why).with("task", &task.name));
        }
        if !names.insert(task.name.as_str()) {
            return Err(Error::invalid("name", format!("is given to two tasks: {:?}", task.name)));
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_readme_is_a_file_of_tasks() {
        let readme = include_str!("../README.md");
        let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let file = parse(example).unwrap();
        let names: Vec<&str> = file.task.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["theme", "guide", "release"]);
        assert_eq!(file.task[2].needs, ["theme", "guide"]);
    }

    #[test]
    fn a_wrong_file_is_refused_whole() {
        let task =
            |name: &str, more: &str| format!("[[task]]\nname = {name:?}\nprompt = \"x\"\n{more}\n");
        let cases = [
            (task("a", "") + &task("a", ""), "is given to two tasks: \"a\""),
            (task("a", "needs = [\"b\"]") + &task("b", ""), "names no task before it: \"b\""),
            (task("a", "promt = \"y\""), "unknown field `promt`"),
        ];
        for (text, why) in cases {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
