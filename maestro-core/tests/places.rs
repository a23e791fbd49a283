//! Which place a node is at: containers made anew over the same volume, and stores from before.
#![cfg(all(feature = "sqlite", feature = "tokio", feature = "process"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use maestro_core::model::{Place, ProjectSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{ErrorKind, Maestro, MaestroBuilder, Running};

fn builder(directory: &Path) -> MaestroBuilder {
    Maestro::builder().storage(Sqlite::at(directory.join("maestro.db"))).concurrency(0)
}

/// Makes sure of the project in `directory` and gives the place that it is at.
async fn place(node: MaestroBuilder, name: &str, directory: &Path) -> maestro_core::Result<String> {
    let node = node.build().await?;
    let ensured = node.projects().ensure(ProjectSpec::new(name, directory)).await;
    node.close(Running::Park).await?;
    Ok(ensured?.info.path.place.to_string())
}

fn place_file(directory: &Path) -> PathBuf {
    directory.join("maestro.db-state/place")
}

#[test]
#[ignore = "a role: another test starts it under other host names"]
fn role_container() {
    let Some(directory) = std::env::var_os("MAESTRO_TEST_DIRECTORY") else { return };
    let directory = PathBuf::from(directory);
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let place = tokio.block_on(place(builder(&directory), "shop", &directory)).unwrap();
    println!("place={place}.");
}

/// Runs the role with another host name, machine id and pid namespace, as far as this user may.
///
/// # Errors
/// What stands in the way.
fn container(directory: &Path, host: &str) -> Result<String, String> {
    let script = "hostname \"$1\" && shift && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--uts", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", host])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "role_container", "--ignored", "--nocapture"])
        .env("MAESTRO_TEST_DIRECTORY", directory)
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if errors.contains("unshare") || errors.contains("hostname:") {
        return Err(errors);
    }
    let place = said.split_once("place=").and_then(|(_, rest)| rest.split_once('.'));
    Ok(place.unwrap_or_else(|| panic!("{said}{errors}")).0.to_owned())
}

#[test]
fn a_container_made_anew_is_at_the_same_place() {
    let directory = tempfile::tempdir().unwrap();
    let first = match container(directory.path(), "first-container") {
        Ok(first) => first,
        Err(why) => return println!("skipped, since this user may make no namespaces: {why}"),
    };
    assert_eq!(container(directory.path(), "second-container"), Ok(first.clone()));
    // Without what stands beside the store, its records say it.
    std::fs::remove_dir_all(directory.path().join("maestro.db-state")).unwrap();
    assert_eq!(container(directory.path(), "third-container"), Ok(first.clone()));
    assert_eq!(std::fs::read_to_string(place_file(directory.path())).unwrap().trim(), first);
}

#[tokio::test]
async fn a_store_from_before_is_at_the_one_place_of_its_projects() {
    let directory = tempfile::tempdir().unwrap();
    let (here, old) = (directory.path(), Place::new("host:of-before"));
    assert_eq!(place(builder(here).place(old.clone()), "shop", here).await.unwrap(), old.as_str());
    assert!(!place_file(here).exists(), "what is configured is not written down");
    for _ in 0..2 {
        assert_eq!(place(builder(here), "shop", here).await.unwrap(), old.as_str());
        assert!(place_file(here).exists());
    }
    // Somebody says otherwise: the same directory, at another place.
    let other = builder(here).place(Place::new("host:another"));
    let error = place(other, "shop", here).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let text = format!("{error}");
    assert!(text.contains("another place") && text.contains("host:of-before"), "{text}");
}

#[tokio::test]
async fn where_projects_are_at_several_places_the_host_says() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for name in ["one", "two"] {
        let node = builder(here).place(Place::new(format!("host:{name}")));
        place(node, name, here).await.unwrap();
    }
    let found = place(builder(here), "three", here).await.unwrap();
    assert!(found.starts_with("host:") && found.len() > 12, "{found}");
    assert!(!place_file(here).exists());
}

#[tokio::test]
async fn nodes_that_start_at_once_agree() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let nodes = (0..8).map(|_| builder(here).build());
    let nodes = futures::future::join_all(nodes).await;
    let mut places = std::collections::BTreeSet::new();
    for (index, node) in nodes.into_iter().enumerate() {
        let node = node.unwrap();
        let spec = ProjectSpec::new(format!("{index}"), here);
        places.insert(node.projects().ensure(spec).await.unwrap().info.path.place);
        node.close(Running::Park).await.unwrap();
    }
    assert_eq!(places.len(), 1, "{places:?}");
    let entries = std::fs::read_dir(here.join("maestro.db-state")).unwrap();
    let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["place"], "nothing half-made stays");
}

#[tokio::test]
async fn a_name_or_a_file_that_is_none_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for wrong in [String::new(), "a\nb".to_owned(), "x".repeat(201)] {
        let error = builder(here).place(Place::new(wrong)).build().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains("`place`"), "{error}");
    }
    std::fs::create_dir(here.join("maestro.db-state")).unwrap();
    std::fs::write(place_file(here), "").unwrap();
    let error = builder(here).build().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.to_string().contains("maestro.db-state/place"), "{error}");
}
