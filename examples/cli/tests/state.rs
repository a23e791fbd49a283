//! Where everything is kept when nobody names a place: not where agents write.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Where a user's state lies when only `HOME` is known.
const BELOW_HOME: &str =
    if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/state" };

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A project, and beside it what else a user has.
struct House(TempDir);

impl House {
    fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        fs::create_dir(house.project()).unwrap();
        fs::write(house.project().join("script.json"), r#"[{"do": "say", "text": "Hello."}]"#)
            .unwrap();
        house
    }

    fn project(&self) -> PathBuf {
        self.at("shop")
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run_in(&self, directory: &Path, variables: &[(&str, &Path)], arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
        command.env_remove("XDG_STATE_HOME").env_remove("HOME").envs(variables.iter().copied());
        command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs one task to its end.
    fn work(&self, variables: &[(&str, &Path)]) {
        let output =
            self.run_in(&self.project(), variables, &["run", "Hi", "--script=script.json"]);
        assert!(output.status.success(), "{output:?}");
    }

    fn listed(&self, directory: &Path, variables: &[(&str, &Path)]) -> usize {
        let output = self.run_in(directory, variables, &["--json", "ls"]);
        text(&output.stdout).lines().count()
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_store_lies_in_the_state_directory_and_not_in_the_project() {
    let house = House::new();
    let state = house.at("state");
    let variables: &[(&str, &Path)] = &[("XDG_STATE_HOME", &state)];
    let before = entries(&house.project());
    house.work(variables);
    assert_eq!(entries(&house.project()), before, "the project has something new");
    let [own] = &entries(&state.join("maestro"))[..] else { panic!("not one directory") };
    let name = own.file_name().unwrap().to_str().unwrap();
    let (directory, hash) = name.rsplit_once('-').unwrap();
    assert_eq!((directory, hash.len()), ("shop", 16), "{name}");
    assert!(own.join("maestro.db").is_file());
    assert_eq!((mode(own), mode(&state.join("maestro"))), (0o700, 0o700));
    // One that somebody opened to others is closed again.
    fs::set_permissions(own, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(house.listed(&house.project(), variables), 1);
    assert_eq!(mode(own), 0o700);
    // It is the directory that counts, not how it is reached, and not what it is called.
    symlink(house.project(), house.at("link")).unwrap();
    assert_eq!(house.listed(&house.at("link"), variables), 1);
    let other = house.at("others/shop");
    fs::create_dir_all(&other).unwrap();
    assert_eq!(house.listed(&other, variables), 0);
}

#[test]
fn without_a_state_directory_it_lies_below_the_home() {
    let house = House::new();
    let home = house.at("home");
    fs::create_dir(&home).unwrap();
    let nothing = Path::new("");
    for xdg in [&[][..], &[("XDG_STATE_HOME", nothing)], &[("XDG_STATE_HOME", Path::new("here"))]] {
        let variables = [xdg, &[("HOME", &*home)]].concat();
        house.work(&variables);
        assert_eq!(entries(&home.join(BELOW_HOME).join("maestro")).len(), 1);
        assert!(!house.project().join("here").exists());
    }
}

#[test]
fn without_a_home_it_has_to_be_named() {
    let house = House::new();
    for command in [&["ls"][..], &["run", "Hi", "--script=script.json"], &["resume"]] {
        let output = house.run_in(&house.project(), &[], command);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("`store`") && said.contains("`--store`"), "{said}");
    }
    let doctor = text(&house.run_in(&house.project(), &[], &["doctor"]).stdout);
    assert!(doctor.contains("missing  store: ") && doctor.contains("`--store`"), "{doctor}");
    let store = format!("--store={}", house.at("store.db").display());
    let named = ["run", "Hi", "--script=script.json", &store];
    assert!(house.run_in(&house.project(), &[], &named).status.success());
}

#[test]
fn a_store_in_the_project_is_named_and_not_used() {
    let house = House::new();
    let state = house.at("state");
    let variables: &[(&str, &Path)] = &[("XDG_STATE_HOME", &state)];
    let old = house.project().join(".maestro");
    fs::create_dir(&old).unwrap();
    // What an agent could have written there.
    fs::write(old.join("maestro.db"), "not a database").unwrap();
    let output = house.run_in(&house.project(), variables, &["run", "Hi", "--script=script.json"]);
    assert!(output.status.success(), "{output:?}");
    let said = text(&output.stderr);
    let lines: Vec<_> = said.lines().filter(|line| line.contains(".maestro/maestro.db")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("--store=.maestro/maestro.db"), "{said}");
    assert_eq!(fs::read(old.join("maestro.db")).unwrap(), b"not a database");
    assert_eq!(entries(&old).len(), 1);
    let named = ["--store=.maestro/maestro.db", "ls"];
    let output = house.run_in(&house.project(), variables, &named);
    assert!(!text(&output.stderr).contains("not used"), "{output:?}");
}

#[test]
fn a_state_directory_in_the_project_is_refused() {
    let house = House::new();
    let inside = house.project().join("state");
    symlink(house.project(), house.at("link")).unwrap();
    for state in [inside.clone(), house.project(), house.at("link/state")] {
        let variables: &[(&str, &Path)] = &[("XDG_STATE_HOME", &state)];
        let output =
            house.run_in(&house.project(), variables, &["run", "Hi", "--script=script.json"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("`--store`"), "{said}");
    }
    assert!(!inside.exists());
}
