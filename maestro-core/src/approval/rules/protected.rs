//! Files that are configuration: what is in them makes a later command run.

use super::fold::fold;
use super::path::names_of;
use super::target::{Name, Taken, Target};

/// Directories of which every file is protected, wherever they lie. The first nine are Claude Code's
/// own list.
pub const PROTECTED_DIRECTORIES: &[&str] = &[
    ".git",
    ".vscode",
    ".idea",
    ".claude",
    ".husky",
    ".cargo",
    ".devcontainer",
    ".yarn",
    ".mvn",
    // Other agents and editors.
    ".agents",
    ".codex",
    ".cursor",
    ".fleet",
    ".gemini",
    ".vim",
    ".windsurf",
    ".zed",
    // Hooks of version control, and what a continuous integration runs.
    ".bzr",
    ".circleci",
    ".githooks",
    ".hg",
    ".jj",
    ".svn",
    ".github/actions",
    ".github/workflows",
    // What programs and shells of the user read when they start.
    ".bundle",
    ".config/fish",
    ".config/git",
    ".config/mise",
    ".config/systemd",
    ".direnv",
    ".gnupg",
    ".gradle",
    ".mise",
    ".ssh",
];

/// Files that are protected in every directory. Those up to `pyrightconfig.json` are Claude Code's own
/// list.
pub const PROTECTED_FILES: &[&str] = &[
    ".gitconfig",
    ".gitmodules",
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".zprofile",
    ".profile",
    ".zshenv",
    ".zlogin",
    ".zlogout",
    ".bash_login",
    ".bash_aliases",
    ".bash_logout",
    ".envrc",
    ".ripgreprc",
    ".mcp.json",
    ".claude.json",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    ".pnp.js",
    ".pnp.data.json",
    ".pnpmfile.cjs",
    "bunfig.toml",
    ".bunfig.toml",
    ".bazelrc",
    ".bazelversion",
    ".bazeliskrc",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    ".lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yaml",
    "gradle-wrapper.properties",
    "maven-wrapper.properties",
    ".devcontainer.json",
    "pyrightconfig.json",
    // Scripts that a package manager or a task runner starts.
    "package.json",
    "makefile",
    "gnumakefile",
    "justfile",
    ".justfile",
    "taskfile.yml",
    "taskfile.yaml",
    "rakefile",
    "build.rs",
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "conftest.py",
    "tox.ini",
    "noxfile.py",
    "sitecustomize.py",
    "usercustomize.py",
    "pip.conf",
    ".pypirc",
    // Hooks, environments and continuous integration.
    ".gitattributes",
    ".huskyrc",
    ".lintstagedrc",
    ".pre-commit-hooks.yaml",
    ".mise.toml",
    "mise.toml",
    ".tool-versions",
    ".gitlab-ci.yml",
    ".travis.yml",
    ".drone.yml",
    "jenkinsfile",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    // What shells, editors and debuggers read when they start.
    ".bash_env",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".inputrc",
    ".vimrc",
    ".exrc",
    ".nvimrc",
    ".gdbinit",
    ".lldbinit",
    ".pythonrc",
    ".irbrc",
    ".pryrc",
    ".rprofile",
    ".wgetrc",
    ".curlrc",
    ".netrc",
    ".editorconfig.local",
    ".code-workspace",
];

/// Ends of names that are protected.
const PROTECTED_ENDINGS: &[&str] = &[".pth", ".code-workspace"];

/// Whether a path is that of configuration. Names are compared without case, without characters that
/// nobody sees, and without what Windows cuts off their ends. In the directory of the call, only what is
/// below it counts.
///
/// # Examples
/// ```
/// use maestro_core::approval::rules::is_protected;
///
/// assert!(is_protected("web/.Claude/settings.json", "/work/shop"));
/// assert!(!is_protected("web/src/main.rs", "/work/shop"));
/// ```
pub fn is_protected(path: &str, root: &str) -> bool {
    let (path, root) = (fold(path), fold(root));
    let target = Target::read(&root, &path, Taken::default());
    target.is_some_and(|target| may_be_protected(&target, &root, false))
}

/// Whether a target may be a protected file. The root is folded. Patterns fit names that begin with a
/// dot where they do so themselves, or where they fit `hidden` ones.
pub(super) fn may_be_protected(target: &Target<'_>, root: &str, hidden: bool) -> bool {
    let above: Vec<Name<'_>> = names_of(root).into_iter().map(Name::Plain).collect();
    let names = target.names.strip_prefix(above.as_slice()).unwrap_or(&target.names);
    let names: Vec<_> = names.iter().map(|name| (*name, name.cut())).collect();
    let is = |at: usize, wanted: &str| {
        names.get(at).is_some_and(|(name, cut)| name.may_be_file(cut, wanted, hidden))
    };
    let directory = (0..names.len()).any(|at| {
        PROTECTED_DIRECTORIES.iter().any(|directory| match directory.split_once('/') {
            None => is(at, directory),
            Some((above, below)) => is(at, above) && is(at + 1, below),
        })
    });
    directory
        || names.last().is_some_and(|(last, cut)| {
            PROTECTED_FILES.iter().any(|file| last.may_be_file(cut, file, hidden))
                || PROTECTED_ENDINGS.iter().any(|ending| last.may_end(cut, ending))
        })
}

/// Whether a target may be a directory of which only a part is protected: `.github`.
pub(super) fn may_hold_protected(target: &Target<'_>, hidden: bool) -> bool {
    target.names.last().is_some_and(|last| {
        let cut = last.cut();
        let above = PROTECTED_DIRECTORIES.iter().filter_map(|name| name.split_once('/'));
        above.into_iter().any(|(above, _)| last.may_be_file(&cut, above, hidden))
    })
}
