//! Configuration is not content: what makes a later command run is allowed by no broad rule.

use maestro_core::approval::rules::{
    PROTECTED_DIRECTORIES, PROTECTED_FILES, is_protected, remembered,
};
use maestro_core::model::Effect::{self, Allow, Deny};
use serde_json::{Value, json};

use crate::{ROOT, verdict};

const BROAD: &[&str] = &[
    "allow Edit",
    "allow Write",
    "allow Edit(./**)",
    "allow Write(./**)",
    "allow Edit(**)",
    "allow Edit(/**)",
    "allow Edit(//**)",
    "allow Edit(*)",
    "allow Edit(.claude/**)",
    "allow Edit(.claude)",
    "allow Edit(.claude/)",
    "allow Edit(*.json)",
    "allow Edit(.*)",
    "allow Edit(.git/hooks/*)",
];

fn write(rules: &[&str], path: &str, real: &str) -> Option<Effect> {
    verdict(rules, "Write", &json!({ "file_path": path, "content": "x" }), Some(real))
}

#[test]
fn no_broad_rule_covers_configuration() {
    let mut paths: Vec<String> = Vec::new();
    for directory in PROTECTED_DIRECTORIES {
        paths.push((*directory).to_owned());
        paths.push(format!("{directory}/x"));
        paths.push(format!("web/deep/{directory}/hooks/x.json"));
        paths.push(format!("src/../{}/x", directory.to_uppercase()));
    }
    for file in PROTECTED_FILES {
        paths.extend([(*file).to_owned(), format!("a/b/{file}"), file.to_uppercase()]);
    }
    let more = [
        ".claude/settings.json",
        ".Claude/Settings.json",
        ".git/config",
        "sub/.GIT/hooks/post-commit",
        ".git",
        "Makefile",
        "web/package.json",
        ".github/workflows/ci.yml",
        "x.pth",
        // Names that a file system may take for these.
        ".git./config",
        ".git /config",
        ".claude::$INDEX_ALLOCATION/settings.json",
        ".envrc.",
        ".g\u{200c}it/config",
        ".\u{feff}git/config",
        ".g\u{131}t/config",
        ".hu\u{17f}ky/x",
        ".\u{ff47}it/config",
        " .envrc",
        ".envrc ",
        ".envrc\0x",
        ".git\\hooks\\x",
        "~/.bashrc",
    ];
    paths.extend(more.map(str::to_owned));
    for path in &paths {
        assert!(
            is_protected(path.trim().trim_end_matches("\0x"), ROOT) || path.contains('\\'),
            "{path:?}"
        );
        let plain = format!("{ROOT}/plain.txt");
        for rule in BROAD {
            let said = verdict(&[rule], "Write", &json!({ "file_path": path }), Some(&plain));
            assert_eq!(said, None, "{rule} on {path:?}");
        }
        let asked = json!({ "path": path, "content": "x" });
        assert_eq!(
            verdict(&["allow mcp__fs"], "mcp__fs__write_file", &asked, None),
            None,
            "{path:?}"
        );
        // Reading is no change.
        assert_eq!(
            verdict(&["allow Read"], "Read", &json!({ "file_path": path }), None),
            Some(Allow)
        );
    }
}

#[test]
fn a_link_to_configuration_is_configuration() {
    for real in ["/work/shop/.git/hooks/post-commit", "/work/shop/.CLAUDE/x", "/home/me/.bashrc"] {
        for rule in ["allow Edit", "allow Edit(./**)", "allow Edit(//**)", "allow Edit(notes.txt)"]
        {
            assert_eq!(write(&[rule], "notes.txt", real), None, "{rule} to {real}");
        }
    }
}

#[test]
fn a_rule_that_names_the_file_exactly_covers_it() {
    let real = "/work/shop/.claude/settings.json";
    for rule in [
        "allow Edit(.claude/settings.json)",
        "allow Write(./.claude/settings.json)",
        "allow Edit(//work/shop/.claude/settings.json)",
    ] {
        assert_eq!(write(&[rule], ".claude/settings.json", real), Some(Allow), "{rule}");
        let other = "/work/shop/.claude/settings.local.json";
        assert_eq!(write(&[rule], ".claude/settings.local.json", other), None, "{rule}");
        assert_eq!(
            write(&[rule], ".Claude/settings.json", "/work/shop/.Claude/settings.json"),
            None
        );
    }
    let makefile = "/work/shop/Makefile";
    assert_eq!(write(&["allow Edit(Makefile)"], "Makefile", makefile), Some(Allow));
    assert_eq!(write(&["allow Edit(Makefile)"], "sub/Makefile", "/work/shop/sub/Makefile"), None);
}

#[test]
fn content_stays_content() {
    let paths = [
        "src/main.rs",
        "README.md",
        ".gitignore",
        "docs/claude.md",
        "git/x",
        ".github/README.md",
        "claude/settings.json",
        "src/makefile.rs",
        "package.json.md",
        "dotgit/.keep",
    ];
    for path in paths {
        let real = format!("{ROOT}/{path}");
        for rule in ["allow Edit", "allow Edit(./**)", "allow Edit(**)"] {
            assert_eq!(write(&[rule], path, &real), Some(Allow), "{rule} on {path}");
        }
    }
    // What lies above the directory of the call says nothing about what is in it.
    assert!(!is_protected("/home/me/.claude/worktrees/x/src/a.rs", "/home/me/.claude/worktrees/x"));
    assert!(is_protected("/home/me/.claude/settings.json", "/home/me/.claude/worktrees/x"));
}

#[test]
fn a_command_that_names_configuration_is_not_covered() {
    let rules = [
        "allow Bash(cp:*)",
        "allow Bash(tee:*)",
        "allow Bash(mv:*)",
        "allow Bash(sed:*)",
        "allow Bash(git:*)",
        "allow Bash(dd:*)",
        "allow Bash(cd:*)",
        "allow Bash(cat:*)",
        "allow Bash(echo:*)",
        "allow Bash(curl:*)",
        "allow Bash(ln:*)",
    ];
    let said = |command: &str| verdict(&rules, "Bash", &json!({ "command": command }), None);
    let asked = [
        "cp x .git/hooks/post-commit",
        "cp x .claude/settings.json",
        "cp x sub/.GIT/config",
        "echo x | tee .envrc",
        "mv x package.json",
        "sed -i s/a/b/ .bashrc",
        "dd if=x of=.git/config",
        "cd .claude && cp ../x settings.json",
        "cp x \"$HOME/.bashrc\"",
        "cp x ~/.bashrc",
        "cp x .g*/config",
        "cp x .gi?/config",
        "curl --output=.mcp.json a.test",
        "curl -o.mcp.json a.test",
        "git diff --output=.git/hooks/x",
        "cp -t .git/hooks x",
        "ln -sf x .git/hooks/pre-push",
        "cp x '.g'\"it\"/config",
        "cp x a/../.git/config",
        "cp x /work/shop/.husky/pre-commit",
        "echo x > .envrc",
    ];
    for command in asked {
        assert_eq!(said(command), None, "{command:?}");
    }
    for command in [
        "cp a b",
        "cat .npmrc",
        "git add package.json Makefile",
        "git status .github",
        "cp *.txt d",
    ] {
        assert_eq!(said(command), Some(Allow), "{command:?}");
    }
    let exact = ["allow Bash(cp x .git/hooks/post-commit)"];
    let input = json!({ "command": "cp x .git/hooks/post-commit" });
    assert_eq!(verdict(&exact, "Bash", &input, None), Some(Allow));
}

fn texts(tool: &str, input: &Value, suggestions: &[Value]) -> Option<Vec<String>> {
    let rules = remembered(tool, input, suggestions, Some(ROOT))?;
    Some(rules.iter().map(ToString::to_string).collect())
}

fn suggest(tool: &str, content: &str) -> Value {
    let rules = json!([{ "toolName": tool, "ruleContent": content }]);
    json!({ "type": "addRules", "rules": rules, "behavior": "allow", "destination": "session" })
}

#[test]
fn an_agent_cannot_propose_more_than_it_asked_for() {
    let wide = [
        "**",
        "*",
        "*:*",
        "* *",
        "n*:*",
        "npm:*",
        "npm *",
        "npm*",
        "npm run *:*",
        "npm r*",
        "rm:*",
        "npm run build *x",
        "npm run",
        "npm run buil",
        "npm run build -x:*",
        "\\npm run build:*",
        "",
        "npm run build) Bash(*",
        "npm run test:*",
        "npm  run:*",
    ];
    for content in wide {
        let input = json!({ "command": "npm run build" });
        let kept = texts("Bash", &input, &[suggest("Bash", content)]);
        assert_eq!(kept.unwrap(), ["Bash(npm run build)"], "{content:?}");
    }
    for (command, content) in [
        ("bash -c 'a b'", "bash -c:*"),
        ("sudo ls x", "sudo ls:*"),
        ("env a b", "env a:*"),
        ("python -m x", "python -m:*"),
        ("xargs rm x", "xargs rm:*"),
        ("npx x y", "npx x:*"),
        ("find . -name x", "find .:*"),
        ("/bin/sh x y", "/bin/sh x:*"),
    ] {
        let kept = texts("Bash", &json!({ "command": command }), &[suggest("Bash", content)]);
        assert_eq!(kept.unwrap(), [format!("Bash({command})")], "{content:?}");
    }
    // Of two parts both have to be proposed for.
    let input = json!({ "command": "npm run build && git push" });
    let kept = texts("Bash", &input, &[suggest("Bash", "npm run:*")]);
    assert_eq!(kept.unwrap(), ["Bash(npm run build && git push)"]);
    let both =
        [suggest("Bash", "npm run:*"), suggest("Bash", "git push"), suggest("Bash", "rm -rf:*")];
    assert_eq!(texts("Bash", &input, &both).unwrap(), ["Bash(npm run:*)", "Bash(git push)"]);
    for content in ["/**", "//**", "**", "//etc/**", "./**", "*"] {
        let input = json!({ "file_path": "/etc/hosts" });
        for tool in ["Edit", "Write", "Read"] {
            let kept = texts(tool, &input, &[suggest(tool, content)]);
            assert_eq!(kept.unwrap(), [format!("{tool}(//etc/hosts)")], "{content:?}");
        }
    }
    assert_eq!(
        texts("Monitor", &json!({ "command": "tail -f x" }), &[suggest("Monitor", "")]),
        None
    );
    assert_eq!(texts("Edit", &json!({ "file_path": "~/x" }), &[]), None);
}

#[test]
fn a_remembered_edit_covers_its_like_and_no_configuration() {
    let kept = texts("Write", &json!({ "file_path": "src/a.rs" }), &[]).unwrap();
    assert_eq!(kept, ["Write(./**)"]);
    let allow = format!("allow {}", kept[0]);
    assert_eq!(write(&[&allow], "src/b.rs", "/work/shop/src/b.rs"), Some(Allow));
    assert_eq!(write(&[&allow], ".claude/settings.json", "/work/shop/.claude/settings.json"), None);
    let kept = texts("Write", &json!({ "file_path": ".claude/settings.json" }), &[]).unwrap();
    assert_eq!(kept, ["Write(//work/shop/.claude/settings.json)"]);
    let allow = format!("allow {}", kept[0]);
    assert_eq!(
        write(&[&allow], ".claude/settings.json", "/work/shop/.claude/settings.json"),
        Some(Allow)
    );
    assert_eq!(write(&[&allow, "deny Edit(.claude)"], ".claude/settings.json", "/x"), Some(Deny));
}
