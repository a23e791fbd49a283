//! What an agent writes never runs: every key by which git runs a program, wherever an agent could
//! write it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures::executor::block_on;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::{GitEnvironment, GitOptions, GitWorkspace};
use maestro_core::workspace::{Merged, Release, Workspace as _};
use tempfile::TempDir;

use crate::edges::script;
use crate::fixture::{Den, ready, spec, worked};

/// Notes that it ran, with its environment, and does what a filter does.
const CANARY: &str = "#!/bin/sh\nenv > \"$0.ran.$1\"\ncat\n";

/// Settings that name programs, from git's list of settings. `%` is the program. Attributes make
/// every file pass the filter, the drivers and the text conversion `x`.
const SETTINGS: &[(&str, &str)] = &[
    ("core.fsmonitor", "[core]\nfsmonitor = %\nfsmonitorHookVersion = 1\n"),
    ("core.hooksPath", "[core]\nhooksPath = %.hooks\n"),
    (
        "core.sshCommand",
        "[core]\nsshCommand = %\n[remote \"p\"]\nurl = ssh://h/r\npromisor = true\n",
    ),
    ("core.gitProxy", "[core]\ngitProxy = %\n[remote \"p\"]\nurl = git://h/r\npromisor = true\n"),
    ("remote.uploadpack", "[remote \"p\"]\nurl = /tmp\nuploadpack = %\npromisor = true\n"),
    (
        "extensions.partialClone",
        "[extensions]\npartialClone = p\n[remote \"p\"]\nurl = /tmp\nuploadpack = %\n",
    ),
    (
        "remote.url ext",
        "[protocol]\nallow = always\n[remote \"p\"]\nurl = ext::%\npromisor = true\n",
    ),
    (
        "url.insteadOf",
        "[protocol]\nallow = always\n[url \"ext::%\"]\ninsteadOf = x:\n[remote \"p\"]\nurl = x:\npromisor = true\n",
    ),
    ("remote.vcs", "[remote \"p\"]\nurl = x\nvcs = ext\npromisor = true\n"),
    (
        "credential.helper",
        "[credential]\nhelper = !%\n[remote \"p\"]\nurl = https://127.0.0.1:1/r\npromisor = true\n",
    ),
    ("core.askPass", "[core]\naskPass = %\n"),
    ("core.alternateRefsCommand", "[core]\nalternateRefsCommand = %\n"),
    ("uploadpack.packObjectsHook", "[uploadpack]\npackObjectsHook = %\n"),
    ("core.editor", "[core]\neditor = %\n[sequence]\neditor = %\n"),
    ("core.pager", "[core]\npager = %\n[pager]\ndiff = %\nstatus = %\n"),
    ("diff.external", "[diff]\nexternal = %\n"),
    ("diff.command", "[diff \"x\"]\ncommand = %\n"),
    ("diff.textconv", "[diff \"x\"]\ntextconv = %\n"),
    ("merge.driver", "[merge \"x\"]\nname = x\ndriver = %\n"),
    ("filter.clean", "[filter \"x\"]\nclean = %\n"),
    ("filter.smudge", "[filter \"x\"]\nsmudge = %\n"),
    ("filter.process", "[filter \"x\"]\nprocess = %\n"),
    ("gpg.program", "[gpg]\nprogram = %\n[commit]\ngpgSign = true\n[log]\nshowSignature = true\n"),
    (
        "gpg.ssh",
        "[gpg]\nformat = ssh\n[gpg \"ssh\"]\nprogram = %\ndefaultKeyCommand = %\n[commit]\ngpgSign = true\n",
    ),
    ("alias", "[alias]\nstatus = !%\nadd = !%\nshow = !%\n"),
    (
        "submodule.update",
        "[submodule]\nrecurse = true\n[submodule \"x\"]\nupdate = !%\nactive = true\n",
    ),
    ("trailer.command", "[trailer \"x\"]\nkey = x\ncommand = %\ncmd = %\n"),
    (
        "hook.command",
        "[hook \"x\"]\ncommand = %\nevent = pre-commit\nevent = post-checkout\nevent = reference-transaction\nevent = post-index-change\n",
    ),
    ("core.worktree", "[core]\nworktree = /tmp\nfsmonitor = %\n"),
    ("include.path", "[include]\npath = %.included\n"),
    ("includeIf", "[includeIf \"gitdir:/**\"]\npath = %.included\n"),
    ("config.worktree", "[extensions]\nworktreeConfig = true\n"),
];

/// A program, and the files that make the settings lead to it.
struct Trap {
    den: Den,
    program: PathBuf,
    _dir: TempDir,
}

impl Trap {
    fn new() -> Self {
        let den = Den::new();
        // Settings are split at spaces where a shell reads them.
        let dir = tempfile::Builder::new().prefix("maestro-trap-").tempdir().unwrap();
        let program = dir.path().join("canary");
        script(&program, CANARY);
        let hooks = PathBuf::from(format!("{}.hooks", program.display()));
        for hook in ["pre-commit", "post-checkout", "reference-transaction", "post-index-change"] {
            script(&hooks.join(hook), &format!("#!/bin/sh\nexec {} hook\n", program.display()));
        }
        let included = format!("{}.included", program.display());
        let all = "[core]\nfsmonitor = %\n[filter \"x\"]\nclean = %\nsmudge = %\n";
        fs::write(included, all.replace('%', program.to_str().unwrap())).unwrap();
        Self { den, program, _dir: dir }
    }

    fn text(&self, setting: &str) -> String {
        setting.replace('%', self.program.to_str().unwrap())
    }

    /// Fails if the program ran.
    fn is_quiet(&self, what: &str) {
        let dir = self.program.parent().unwrap();
        let ran: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains(".ran"))
            .collect();
        assert_eq!(ran, Vec::<String>::new(), "{what}: what an agent wrote was run");
    }

    /// A hostile repository in a directory, with a commit of which objects are missing.
    fn repository(&self, dir: &Path, setting: &str) {
        fs::create_dir_all(dir).unwrap();
        self.den.git(dir, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(dir.join(".gitattributes"), "* filter=x diff=x merge=x\n").unwrap();
        fs::write(dir.join("file"), "1\n").unwrap();
        self.den.git(dir, &["add", "--all"]);
        self.den.git(dir, &["commit", "--quiet", "--message=Nested"]);
        let blob = self.den.git(dir, &["rev-parse", "HEAD:file"]);
        let tree = self.den.git(dir, &["rev-parse", "HEAD^{tree}"]);
        for object in [blob, tree] {
            let _ = fs::remove_file(dir.join(".git/objects").join(&object[..2]).join(&object[2..]));
        }
        fs::write(dir.join("file"), "2\n").unwrap();
        self.set(&dir.join(".git"), &dir.join(".git"), setting);
    }

    /// Adds a setting to a repository's configuration, and all of them to the worktree's own one.
    fn set(&self, common: &Path, own: &Path, setting: &str) {
        let mut text = fs::read_to_string(common.join("config")).unwrap();
        text.push_str(&self.text(setting));
        fs::write(common.join("config"), text).unwrap();
        let all =
            "[core]\nfsmonitor = %\n[filter \"x\"]\nclean = %\nsmudge = %\n[diff]\nexternal = %\n";
        fs::write(own.join("config.worktree"), self.text(all)).unwrap();
    }
}

/// Every verb, twice where the first one changes what the second one sees. What they come to is for
/// the tests of those verbs: some of these workspaces hold nothing that can be committed.
fn every_verb(port: &GitWorkspace, project: &Path, workspace: &WorkspaceRef, task: u128) {
    let root = workspace.root.as_path();
    for round in 0..2 {
        fs::write(root.join("own"), format!("{round}\n")).unwrap();
        let again = crate::fixture::again(spec(project, task), workspace);
        drop(block_on(port.prepare(&again)));
        drop(block_on(port.changes(workspace)));
        drop(block_on(port.diff(workspace)));
        drop(block_on(port.commit(workspace, "Work")));
        drop(block_on(port.release(workspace, Release::IfEmpty)));
        drop(block_on(port.merge(workspace, "main", "Merge")));
    }
    let mut after = spec(project, task + 1);
    after.needs = vec![workspace.clone()];
    drop(block_on(port.prepare(&after)));
    drop(block_on(port.release(workspace, Release::IfEmpty)));
    drop(block_on(port.release(workspace, Release::Discard)));
}

#[test]
fn nothing_runs_that_a_repository_inside_the_workspace_names() {
    let trap = Trap::new();
    let port = trap.den.port();
    for (number, (name, setting)) in SETTINGS.iter().enumerate() {
        let project = trap.den.project();
        let task = 1000 + 10 * number as u128;
        let workspace = block_on(ready(&port, &spec(&project, task)));
        let root = workspace.root.as_path();
        trap.repository(&root.join("sub"), setting);
        trap.repository(&root.join("deep/er"), setting);
        if number % 2 == 0 {
            // As a part of the index, it is entered to see whether it has changed.
            trap.den.try_git(root, &["update-index", "--add", "sub"]);
        }
        every_verb(&port, &project, &workspace, task);
        trap.is_quiet(name);
    }
}

#[test]
fn nothing_runs_that_the_repositorys_own_configuration_names() {
    let trap = Trap::new();
    let port = trap.den.port();
    for (number, (name, setting)) in SETTINGS.iter().enumerate() {
        let project = trap.den.project();
        let task = 5000 + 10 * number as u128;
        let workspace = block_on(ready(&port, &spec(&project, task)));
        let root = workspace.root.as_path();
        let admin = trap.den.git(root, &["rev-parse", "--absolute-git-dir"]);
        trap.set(&project.join(".git"), Path::new(&admin), setting);
        fs::write(root.join(".gitattributes"), "* filter=x diff=x merge=x\n").unwrap();
        fs::write(project.join(".git/info/attributes"), "* filter=x diff=x merge=x\n").unwrap();
        every_verb(&port, &project, &workspace, task);
        trap.is_quiet(name);
    }
}

#[test]
fn nothing_runs_that_a_git_directory_names_to_which_the_pointer_leads() {
    let trap = Trap::new();
    let port = trap.den.port();
    for (number, (name, setting)) in SETTINGS.iter().enumerate() {
        let project = trap.den.project();
        let task = 9000 + 10 * number as u128;
        let workspace = block_on(ready(&port, &spec(&project, task)));
        let root = workspace.root.as_path();
        trap.repository(&root.join("sub"), setting);
        fs::remove_file(root.join(".git")).unwrap();
        match number % 3 {
            0 => fs::write(root.join(".git"), "gitdir: sub/.git\n").unwrap(),
            1 => std::os::unix::fs::symlink("sub/.git", root.join(".git")).unwrap(),
            _ => fs::rename(root.join("sub/.git"), root.join(".git")).unwrap(),
        }
        every_verb(&port, &project, &workspace, task);
        trap.is_quiet(name);
    }
}

/// A signature is checked by a program, which an agent that commits can make git ask for.
#[test]
fn a_signed_commit_and_alternates_ask_no_program() {
    let trap = Trap::new();
    let (port, project) = (trap.den.port(), trap.den.project());
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    let tree = trap.den.git(root, &["rev-parse", "HEAD^{tree}"]);
    let head = trap.den.git(root, &["rev-parse", "HEAD"]);
    let mut commit = format!("tree {tree}\nparent {head}\n");
    commit.push_str("author a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n");
    commit.push_str(
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nSigned\n",
    );
    fs::write(root.join("commit.ignored"), commit).unwrap();
    let signed = trap.den.git(root, &["hash-object", "-t", "commit", "-w", "commit.ignored"]);
    trap.den.git(root, &["reset", "--quiet", &signed]);
    fs::create_dir_all(root.join("objects.ignored")).unwrap();
    let alternates = project.join(".git/objects/info/alternates");
    fs::write(alternates, format!("{}\n", root.join("objects.ignored").display())).unwrap();
    let mut setting = String::from("[gpg]\nprogram = %\n[log]\nshowSignature = true\n");
    write!(setting, "[core]\nalternateRefsCommand = %\n").unwrap();
    trap.set(&project.join(".git"), &project.join(".git"), &setting);
    every_verb(&port, &project, &workspace, 1);
    trap.is_quiet("signatures");
}

/// The user's own filters run, with nothing of the host's secrets.
#[test]
fn a_filter_of_the_users_own_runs_without_the_hosts_secrets() {
    const INSIDE: &str = "MAESTRO_TEST_INSIDE";
    let secrets = [
        ("ANTHROPIC_API_KEY", "sk-secret"),
        ("CLAUDE_CODE_OAUTH_TOKEN", "sk-secret"),
        ("AWS_SECRET_ACCESS_KEY", "sk-secret"),
        ("SSH_AUTH_SOCK", "/sk-secret"),
        ("https_proxy", "http://sk-secret@proxy"),
        ("SOMETHING_NEW", "sk-secret"),
        ("GIT_INDEX_FILE", "/sk-secret"),
        ("GIT_DIR", "/sk-secret"),
    ];
    if std::env::var_os(INSIDE).is_none() {
        let trap = Trap::new();
        let global = trap.den.path().join("global");
        let text = "[filter \"own\"]\nclean = % clean\nsmudge = % smudge\nrequired = true\n";
        fs::write(&global, trap.text(text)).unwrap();
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "traps::a_filter_of_the_users_own_runs_without_the_hosts_secrets"]);
        again.envs(secrets).env(INSIDE, "1").env("HOME", trap.den.path().join("home"));
        let done = again.env("GIT_CONFIG_GLOBAL", global).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        for ran in ["clean", "smudge"] {
            let environment = format!("{}.ran.{ran}", trap.program.display());
            let environment = fs::read_to_string(environment).expect("the filter ran");
            assert!(!environment.contains("sk-secret"), "{environment}");
            assert!(environment.contains("\nPATH=") || environment.starts_with("PATH="));
        }
        return;
    }
    let den = Den::new();
    let project = den.project();
    let port = den.port_with(GitOptions::default());
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    fs::write(workspace.root.as_path().join(".gitattributes"), "*.own filter=own\n").unwrap();
    fs::write(workspace.root.as_path().join("a.own"), "a\n").unwrap();
    block_on(port.commit(&workspace, "Work")).unwrap();
    let merged = block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert!(matches!(merged, Merged::Done { .. }), "{merged:?}");
    assert_eq!(fs::read_to_string(project.join("a.own")).unwrap(), "a\n");
}

/// What an embedder gives is given, but never what leads git elsewhere.
#[test]
fn an_exact_environment_does_not_lead_git_elsewhere() {
    let den = Den::new();
    let (project, other) = (den.project(), den.project());
    let mut options = den.options();
    let mut environment = den.environment();
    let elsewhere = other.join(".git");
    for name in ["GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF"] {
        environment.push((name.into(), elsewhere.clone().into()));
    }
    environment.push(("GIT_INDEX_FILE".into(), elsewhere.join("index").into()));
    options.environment = GitEnvironment::Exactly(environment);
    let port = den.port_with(options);
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    assert_ne!(block_on(port.diff(&workspace)).unwrap().len(), 0);
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert_eq!(den.git(&project, &["show", "main:a"]), "a");
    assert_eq!(den.git(&other, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    assert_eq!(den.git(&other, &["status", "--porcelain"]), "");
}
