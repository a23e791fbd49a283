//! Making and finding projects.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use maestro_core::model::ProjectSpec;

use crate::book::Section;
use crate::den::{Den, project};

pub(crate) const SECTION: &str = "Projects";

#[tokio::test]
async fn what_is_wrong_with_a_project_is_named() {
    let den = Den::new();
    let maestro = den.observer().await;
    let shop = project(&maestro, &den.directory("shop")).await;
    let projects = maestro.projects();
    let file = den.path().join("file");
    fs::write(&file, "").unwrap();
    let here = &den.path();
    let latin = OsStr::from_bytes(b"proj\xe9");
    fs::create_dir(here.join(latin)).unwrap();
    std::os::unix::fs::symlink(here.join(latin), here.join("good")).unwrap();
    let cases = [
        ("a directory that is not there", ProjectSpec::new("a", here.join("nowhere"))),
        ("a file for a directory", ProjectSpec::new("a", &file)),
        ("a directory below a file", ProjectSpec::new("a", file.join("a"))),
        ("no directory", ProjectSpec::new("a", "")),
        ("a path with a NUL", ProjectSpec::new("a", here.join("a\0b"))),
        ("a path of bytes that are no text", ProjectSpec::new("a", here.join(latin))),
        ("a link to a directory whose name is no text", ProjectSpec::new("a", here.join("good"))),
        ("no name", ProjectSpec::new("", here)),
        ("a name of 201 bytes", ProjectSpec::new("n".repeat(201), here)),
        ("a name of two lines", ProjectSpec::new("a\nb", here)),
        ("a limit of no task", ProjectSpec::new("a", here).max_running(0)),
        ("an empty base", ProjectSpec::new("a", here).base("")),
        ("the name of another directory's project", ProjectSpec::new("shop", here)),
    ];
    let mut section = Section::new(SECTION);
    for (mistake, spec) in cases {
        section.refused(&maestro, mistake, projects.ensure(spec)).await;
    }
    let unknown = projects.get("shpo");
    section.refused(&maestro, "a name that no project has", unknown).await;
    assert_eq!(projects.list().await.unwrap(), [shop.info]);
    section.check();
}

#[tokio::test]
async fn one_directory_is_one_project_whatever_path_leads_there() {
    let den = Den::new();
    let maestro = den.observer().await;
    let real = den.directory("real");
    den.directory("other");
    std::os::unix::fs::symlink(&real, den.path().join("link")).unwrap();
    for path in ["real", "link", "other/../real", "./link/../real/."] {
        let path = den.path().join(path);
        let made = maestro.projects().ensure(ProjectSpec::new("shop", &path)).await.unwrap();
        assert_eq!(made.info.path.as_path(), real, "{}", path.display());
    }
    // The current directory of a test is its package.
    let here = maestro.projects().ensure(ProjectSpec::new("here", "tests/..")).await.unwrap();
    let package = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(here.info.path.as_path(), package);
}
