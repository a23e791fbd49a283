//! Filters that refuse a file: it is named with its filter, and everything else goes on.

use std::fs;
use std::path::Path;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::workspace::git::{GitEnvironment, GitOptions, GitWorkspace};
use maestro_core::workspace::{Committed, Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec};

/// A port whose user has these settings.
fn port(den: &Den, settings: &str, change: impl FnOnce(&mut GitOptions)) -> GitWorkspace {
    let global = den.path().join("global");
    fs::write(&global, settings).unwrap();
    let mut environment = den.environment();
    environment.retain(|(name, _)| name != "GIT_CONFIG_GLOBAL");
    environment.push(("GIT_CONFIG_GLOBAL".into(), global.into()));
    let mut options = den.options();
    options.environment = GitEnvironment::Exactly(environment);
    change(&mut options);
    den.port_with(options)
}

/// The one file that was refused, for people.
fn only(done: &Committed) -> String {
    assert_eq!((done.refused.len(), done.left_out.len()), (1, 0), "{done:?}");
    done.refused[0].to_string()
}

const MISSING: &str = "[filter \"lfs\"]\nclean = maestro-no-such-lfs clean -- %f\nsmudge = maestro-no-such-lfs smudge -- %f\nprocess = maestro-no-such-lfs filter-process\nrequired = true\n";

#[test]
fn a_file_that_is_refused_is_named_and_the_others_are_committed() {
    let utf16 = "*.txt working-tree-encoding=UTF-16\n";
    for (settings, attributes, file, content, says) in [
        (MISSING, "*.bin filter=lfs\n", "a.bin", "binary\n", "filter lfs"),
        (
            "[filter \"no\"]\nclean = false\nrequired\n",
            "*.x filter=no\n",
            "a.x",
            "x\n",
            "filter no",
        ),
        (
            "[core]\nsafecrlf = true\nautocrlf = input\n",
            "*.crlf text\n",
            "a.crlf",
            "x\r\ny\r\n",
            "CRLF",
        ),
        ("", utf16, "a.txt", "no UTF-16", "UTF-16"),
    ] {
        let den = Den::new();
        let (port, project) = (port(&den, settings, |_| {}), den.project());
        let workspace = block_on(ready(&port, &spec(&project, 1)));
        let root = workspace.root.as_path();
        fs::write(root.join(".gitattributes"), attributes).unwrap();
        fs::create_dir(root.join("dir [a]*")).unwrap();
        fs::write(root.join("dir [a]*").join(file), content).unwrap();
        for good in ["good", "dir [a]*/good", ":(top)odd"] {
            fs::write(root.join(good), "good\n").unwrap();
        }
        let done = block_on(port.commit(&workspace, "Work")).unwrap();
        assert!(done.commit.is_some());
        let text = only(&done);
        assert!(text.starts_with(&format!("dir [a]*/{file}")) && text.contains(says), "{text}");
        let tree = den.git(
            &project,
            &["ls-tree", "-r", "-z", "--name-only", workspace.branch.as_deref().unwrap()],
        );
        let mut names: Vec<&str> = tree.split('\0').filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        let expected =
            [".gitattributes", ".gitignore", ":(top)odd", "README", "dir [a]*/good", "good"];
        assert_eq!(names, expected, "{text}");
        // Once more, there is nothing else, and it is said again.
        let done = block_on(port.commit(&workspace, "Work")).unwrap();
        assert_eq!(done.commit, None);
        assert!(only(&done).starts_with(&format!("dir [a]*/{file}")), "{done:?}");
        let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        fs::remove_file(root.join("dir [a]*").join(file)).unwrap();
        block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    }
}

/// The filter goes away after the files were checked out: what git shows of a file that changed
/// without changing its size would be asked of the filter.
#[test]
fn a_tracked_file_whose_filter_went_away_is_named() {
    const USED: &str =
        "[filter \"lfs\"]\nclean = tr a-z A-Z\nsmudge = tr A-Z a-z\nrequired = true\n";
    for content in ["other\n", "another\n", "same.\n"] {
        let den = Den::new();
        let project = den.project();
        fs::write(project.join(".gitattributes"), "*.bin filter=lfs\n").unwrap();
        fs::write(project.join("a.bin"), "SAME.\n").unwrap();
        den.git(&project, &["add", "--all"]);
        den.git(&project, &["commit", "--quiet", "--message=Large"]);
        let workspace = block_on(ready(&port(&den, USED, |_| {}), &spec(&project, 1)));
        let root = workspace.root.as_path();
        assert_eq!(fs::read_to_string(root.join("a.bin")).unwrap(), "same.\n");
        fs::write(root.join("a.bin"), content).unwrap();
        fs::write(root.join("good"), "good\n").unwrap();
        let broken = port(&den, MISSING, |_| {});
        let done = block_on(broken.commit(&workspace, "Work")).unwrap();
        assert!(only(&done).starts_with("a.bin (filter lfs: "), "{done:?}");
        let branch = workspace.branch.as_deref().unwrap();
        assert_eq!(den.git(&project, &["show", &format!("{branch}:good")]), "good");
        assert_eq!(den.git(&project, &["show", &format!("{branch}:a.bin")]), "SAME.");
        assert_eq!(block_on(broken.changes(&workspace)).unwrap().files.len(), 2);
        let patch = String::from_utf8(block_on(broken.diff(&workspace)).unwrap()).unwrap();
        assert!(patch.contains(&format!("+{content}")), "{patch}");
        let held = block_on(broken.release(&workspace, Release::IfEmpty)).unwrap();
        assert!(matches!(held, Released::Kept { .. }), "{held:?}");
        let whole = port(&den, USED, |_| {});
        let done = block_on(whole.commit(&workspace, "Work")).unwrap();
        assert_eq!(done.refused, []);
        block_on(whole.merge(&workspace, "main", "Merge")).unwrap();
        assert_eq!(den.git(&project, &["show", "main:a.bin"]), content.trim().to_uppercase());
    }
}

#[test]
fn a_file_that_cannot_be_checked_out_is_named_and_nothing_is_left() {
    let den = Den::new();
    let project = den.project();
    fs::write(project.join(".gitattributes"), "*.bin filter=lfs\n").unwrap();
    fs::write(project.join("a.bin"), "pointer\n").unwrap();
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Large"]);
    let broken = port(&den, MISSING, |_| {});
    let error = block_on(broken.prepare(&spec(&project, 1))).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("a.bin") && text.contains("lfs"), "{text}");
    let listed = den.git(&project, &["worktree", "list", "--porcelain"]);
    assert_eq!(listed.matches("worktree ").count(), 1, "{listed}");
    // With the filter at hand, the same task goes on.
    let whole = port(&den, "", |_| {});
    let workspace = block_on(ready(&whole, &spec(&project, 1)));
    assert!(workspace.root.as_path().join("a.bin").exists());
}

#[test]
fn a_filter_of_the_repository_alone_commits_nothing_as_something_else() {
    let den = Den::new();
    let project = den.project();
    den.git(&project, &["config", "filter.crypt.clean", "tr a-z A-Z"]);
    let content = |commit: &str| den.git(&project, &["show", &format!("{commit}:a.key")]);
    let write = |root: &Path| {
        fs::write(root.join(".gitattributes"), "*.key filter=crypt\n").unwrap();
        fs::write(root.join("a.key"), "secret\n").unwrap();
        fs::write(root.join("b"), "b\n").unwrap();
    };
    let sealed = port(&den, "", |_| {});
    let workspace = block_on(ready(&sealed, &spec(&project, 1)));
    write(workspace.root.as_path());
    let done = block_on(sealed.commit(&workspace, "Work")).unwrap();
    assert!(only(&done).starts_with("a.key (filter crypt: "), "{done:?}");
    let tree = den.git(&project, &["ls-tree", "--name-only", workspace.branch.as_deref().unwrap()]);
    assert_eq!(tree, ".gitattributes\n.gitignore\nREADME\nb");
    // The embedder may trust the repository, or the user may define the filter.
    let trusting = port(&den, "", |options| options.repository_filters = true);
    let again = crate::fixture::again(spec(&project, 1), &workspace);
    block_on(ready(&trusting, &again));
    block_on(trusting.commit(&workspace, "Work")).unwrap();
    assert_eq!(content(workspace.branch.as_deref().unwrap()), "SECRET");
    let users = port(&den, "[filter \"crypt\"]\nclean = tr a-z X\n", |_| {});
    let workspace = block_on(ready(&users, &spec(&project, 2)));
    write(workspace.root.as_path());
    block_on(users.commit(&workspace, "Work")).unwrap();
    assert_eq!(content(workspace.branch.as_deref().unwrap()), "XXXXXX");
}
