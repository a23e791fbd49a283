use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Scenario, builtin};
use crate::Error;

/// The scenarios that an endpoint knows, by name; a later one takes the place of an earlier one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Library {
    scenarios: BTreeMap<String, Arc<Scenario>>,
}

impl Library {
    /// The scenarios that come with the crate.
    pub(crate) fn builtin() -> Self {
        let mut library = Self::default();
        for text in builtin::FILES {
            let scenario = Scenario::from_toml(text)
                .expect("the embedded scenario files are read by a test of this crate");
            library.insert(scenario);
        }
        library
    }

    pub(crate) fn insert(&mut self, scenario: Scenario) {
        self.scenarios.insert(scenario.name().to_owned(), Arc::new(scenario));
    }

    /// Reads one file, or every `*.toml` directly in a directory.
    pub(crate) fn read(&mut self, path: &Path) -> Result<(), Error> {
        let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
        for file in files(path)? {
            let failed = |source| Error::Read { path: file.clone(), source };
            let text = std::fs::read_to_string(&file).map_err(failed)?;
            let scenario =
                Scenario::from_toml(&text).map_err(|error| error.in_file(file.clone()))?;
            if let Some(other) = seen.insert(scenario.name().to_owned(), file.clone()) {
                return Err(Error::Scenario {
                    file: Some(file),
                    scenario: Some(scenario.name().to_owned()),
                    message: format!("name: {} has it already", other.display()),
                });
            }
            self.insert(scenario);
        }
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Scenario>> {
        self.scenarios.get(name).cloned()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.keys().map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.values().map(Arc::as_ref)
    }
}

/// The scenario files that a path names, in order.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
