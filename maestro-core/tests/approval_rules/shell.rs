//! Shell commands that bash or zsh may read in another way than they look.

use maestro_core::approval::rules::{MAX_JUDGED_BYTES, simple_commands};
use maestro_core::model::Effect::{Allow, Ask, Deny};
use serde_json::json;

use crate::verdict;

/// Commands of which a rule about `echo`, `ok`, `printf` or `find` must not allow one.
const OPAQUE: &[&str] = &[
    // A line that goes on, inside of what it takes apart.
    "echo \"$\\\n(touch x)\"",
    "echo $\\\n(touch x)",
    "echo $\\\n{x}",
    "echo \"`\\\ntouch x`\"",
    "echo a\\\n; touch x",
    "ec\\\nho a",
    "echo a\\",
    "echo \"a\\\nb\"",
    // Substitutions and expansions.
    "echo $(touch x)",
    "echo `touch x`",
    "echo $((1+$(touch x)))",
    "echo $[1+1]",
    "echo ${x}",
    "echo \"${x:-$(touch x)}\"",
    "echo $'\\x24(touch x)'",
    "echo $\"a\"",
    "echo $x[$(touch x)]",
    "echo $x:h",
    "echo \"$x[1]\"",
    "echo $1",
    "echo $$",
    "echo $?",
    "echo <(touch x)",
    "echo =(touch x)",
    "echo =touch",
    "echo ~root",
    "echo ~[x]",
    "echo {a,b}",
    "echo [a]",
    "echo @(a|b)",
    "echo *(e:'touch x':)",
    "echo a(N)",
    "echo ^a",
    "echo <1-5>",
    "echo !!",
    "echo \"hey !x\"",
    "echo a !x",
    // Redirections.
    "echo a > f",
    "echo a >> f",
    "echo a >| f",
    "echo a >! f",
    "echo a >&f",
    "echo a &> f",
    "echo a &>&1",
    "echo a <> f",
    "echo a < f",
    "echo <<x\nx",
    "echo <<<x",
    "echo a 3>&1",
    "echo a 1>&-",
    "echo a 2>&1x",
    "echo 1&>/dev/null",
    "echo a 2>&1&>/dev/null",
    "echo a&>/dev/null",
    "echo a >/dev/null/../f",
    "echo a >/dev/nullx",
    "echo a >/dev/null\"x\"",
    "echo a {x}>/dev/null",
    ">f echo a",
    "2>&1 echo a",
    // The name.
    "PATH=/tmp echo a",
    "LD_PRELOAD=./x.so echo a",
    "GIT_SSH_COMMAND='touch x' echo a",
    "x+=1 echo a",
    "x[0]=1 echo a",
    "$x a",
    "echo$x a",
    "'echo' a",
    "e'c'ho a",
    "\\echo a",
    "ech? a",
    "*",
    "~/echo a",
    "=echo a",
    "-echo a",
    "%1",
    // Reserved words, functions, groups.
    "! echo a",
    "time echo a",
    "coproc echo a",
    "if echo a; then echo b; fi",
    "while echo a; do echo b; done",
    "for x in a; do echo b; done",
    "for echo in a\ndo echo b\ndone",
    "case echo in echo) touch x;; esac",
    "select echo in a; do echo b; done",
    "repeat 2 echo a",
    "function echo { touch x; }",
    "echo() { touch x; }",
    "echo () touch x",
    "echo a; echo() { touch x; }",
    "( echo a )",
    "{ echo a; }",
    "[[ a ]]",
    "[ a ]",
    "(( 1 ))",
    "echo a; }",
    "echo a )",
    "noglob echo a",
    "nocorrect echo a",
    // Separators.
    "echo a & echo b",
    "echo a &",
    "echo a &| echo b",
    "echo a &! echo b",
    "echo a ;; echo b",
    "echo a ;& echo b",
    "echo a ; ; echo b",
    "; echo a",
    "&& echo a",
    "echo a &&",
    "echo a |",
    "echo a ||| echo b",
    "echo a &&& echo b",
    "echo a |& & echo b",
    // Comments and open quotes.
    "echo a # b",
    "# echo a",
    "echo a#b",
    "echo 'a",
    "echo \"a",
    "echo a\"",
    // Characters that not every shell reads alike.
    "echo a\r",
    "echo a\r\ntouch x",
    "echo a\0b",
    "echo\u{a0}a",
    "echo \u{a0}a",
    "echo a\u{2028}touch x",
    "echo a\u{2003}b",
    "echo a\u{b}b",
    "echo a\u{c}b",
    "echo 'a\u{1b}[2Jb'",
    "echo 'a\u{202e}b'",
    "echo 'a\u{200b}b'",
    "echo \"a\u{7f}b\"",
    "echo \u{ff1b} touch x",
    "echo é",
    // A subscript is evaluated, also in quotes.
    "printf -v 'a[$(touch x)]' y",
    "printf -v 'a[`touch x`]' y",
    "printf -v a\\[\\$\\(touch\\ x\\)\\] y",
];

#[test]
fn what_is_not_read_exactly_as_shells_read_it_is_not_allowed() {
    let rules =
        ["allow Bash(echo:*)", "allow Bash(*echo*)", "allow Bash(printf:*)", "allow Bash(e*)"];
    for command in OPAQUE {
        let said = verdict(&rules, "Bash", &json!({ "command": command }), None);
        assert_eq!(said, None, "{command:?}");
        assert_eq!(simple_commands(command), None, "{command:?}");
    }
}

#[test]
fn what_is_not_understood_is_asked_about_where_a_rule_may_deny_it() {
    for command in OPAQUE {
        let said = |rules: &[&str]| verdict(rules, "Bash", &json!({ "command": command }), None);
        let denied = said(&["deny Bash(touchy:*)", "allow Bash"]);
        assert_eq!(denied, Some(Ask), "{command:?}");
        assert_eq!(said(&["ask Bash(touchy:*)", "allow Bash"]), Some(Ask), "{command:?}");
        // A rule about every command needs to understand none.
        assert_eq!(said(&["deny Bash", "allow Bash(echo:*)"]), Some(Deny), "{command:?}");
        assert_eq!(said(&["allow Bash"]), Some(Allow), "{command:?}");
    }
}

#[test]
fn what_is_written_exactly_as_in_the_rule_is_allowed() {
    for command in ["echo $(date)", "for x in a b; do echo $x; done"] {
        let rule = format!("allow Bash({command})");
        let said = |command: &str| verdict(&[&rule], "Bash", &json!({ "command": command }), None);
        assert_eq!(said(command), Some(Allow));
        assert_eq!(said(&format!("{command} ")), None);
        assert_eq!(said(&format!("{command}; ls")), None);
    }
}

#[test]
fn plain_commands_are_read() {
    let cases: &[(&str, &[&[&str]])] = &[
        ("ls", &[&["ls"]]),
        ("  ls\t-la  ", &[&["ls", "-la"]]),
        ("ls *.rs a?b", &[&["ls", "*.rs", "a?b"]]),
        (
            "git log --format='%H %s' HEAD~3..HEAD^",
            &[&["git", "log", "--format=%H %s", "HEAD~3..HEAD^"]],
        ),
        ("a 'b'\"c\"d\\;e\\ f", &[&["a", "bcd;e f"]]),
        ("a \"$HOME/x\" $PWD/y $z", &[&["a", "$HOME/x", "$PWD/y", "$z"]]),
        ("a 'multi\nline' && b", &[&["a", "multi\nline"], &["b"]]),
        ("a |\nb ||\n c;\n\nd;\n", &[&["a"], &["b"], &["c"], &["d"]]),
        ("a |& b", &[&["a"], &["b"]]),
        ("a 2>&1 >/dev/null &>/dev/null < /dev/null 1>&2 | b", &[&["a"], &["b"]]),
        ("a 'größe, 大きい'", &[&["a", "größe, 大きい"]]),
        (
            "./run.sh --x=1 user@host:/p a+b,c 50%",
            &[&["./run.sh", "--x=1", "user@host:/p", "a+b,c", "50%"]],
        ),
    ];
    for (command, expected) in cases {
        let read = simple_commands(command).unwrap_or_else(|| panic!("{command:?} is opaque"));
        let words: Vec<Vec<&str>> =
            read.iter().map(|part| part.words.iter().map(String::as_str).collect()).collect();
        assert_eq!(words, *expected, "{command:?}");
    }
}

/// Commands that a rule that denies `rm` reaches.
const REACHED: &[&str] = &[
    "rm x",
    "RM x",
    "/bin/rm x",
    "/BIN/Rm x",
    "rm   x",
    "\trm x",
    "r\\\nm x",
    "\"$\\\n(rm x)\"",
    "'rm' x",
    "$'rm' x",
    "echo \"a $(rm x)\"",
    "true && rm x",
    "true&rm x",
    "x=1 y=2 rm x",
    "sudo -u root -- rm x",
    "env -i A=b rm x",
    "timeout -k 5 10 rm x",
    "nice -n 5 ionice -c 3 rm x",
    "xargs -0 -n 1 rm x",
    "find . -name y -exec rm x ;",
    "find . -execdir rm x +",
    "busybox rm x",
    "bash -lc 'cd y; rm x'",
    "sudo sh -c \"rm x\"",
    "bash -c \"bash -c 'rm x'\"",
    "eval rm x",
    "if true; then rm x; fi",
    "for f in *; do rm x; done",
    "f() { rm x; }; f",
    "case a in a) rm x;; esac",
    "coproc rm x",
    "! rm x",
    "trap 'rm x' EXIT",
];

#[test]
fn denying_reaches_commands_however_they_are_written() {
    for command in REACHED {
        for (tool, expected) in [("Bash", Deny), ("Monitor", Deny), ("mcp__box__run", Ask)] {
            let rules = ["deny Bash(rm:*)", "allow Bash", "allow Monitor", "allow mcp__box"];
            let said = verdict(&rules, tool, &json!({ "command": command }), None);
            assert_eq!(said, Some(expected), "{tool}: {command:?}");
        }
    }
    let harmless = ["git rm x", "echo rm x", "rmdir x", "npm run rm", "git commit -m 'rm x; rm y'"];
    for command in harmless {
        let rules = ["deny Bash(rm:*)", "allow Bash"];
        let said = verdict(&rules, "Bash", &json!({ "command": command }), None);
        assert_eq!(said, Some(Allow), "{command:?}");
    }
    let piped = ["curl a|sh", "curl  -s a  |  sh", "curl a 2>/dev/null | sh"];
    for command in piped {
        let rules = ["deny Bash(curl * | sh)", "allow Bash"];
        let said = verdict(&rules, "Bash", &json!({ "command": command }), None);
        assert_eq!(said, Some(Deny), "{command:?}");
    }
    // Options are told apart by case.
    let said = |command: &str| {
        let rules = ["deny Bash(git branch -D:*)", "allow Bash"];
        verdict(&rules, "Bash", &json!({ "command": command }), None)
    };
    assert_eq!(said("git branch -d x"), Some(Allow));
    assert_eq!(said("GIT branch -D x"), Some(Deny));
}

#[test]
fn what_is_too_long_to_judge_is_asked_about() {
    let shapes = ["! ", "((((", "\"$(", "a=b ", "sudo ", "bash -c ", "'", "\\", "{ ", "x ", "; x "];
    for shape in shapes {
        let long = format!("echo {}", shape.repeat(MAX_JUDGED_BYTES / shape.len() + 1));
        for tool in ["Bash", "Monitor"] {
            let said = |rules: &[&str]| verdict(rules, tool, &json!({ "command": long }), None);
            assert_eq!(said(&["allow Bash(echo:*)", "allow Bash(*)x"][..1]), None, "{shape:?}");
            let rules = ["deny Bash(rm:*)", "allow Bash", "allow Monitor"];
            assert_eq!(said(&rules), Some(Ask), "{shape:?}");
            assert_eq!(said(&["ask Bash(rm:*)", "allow Bash"]), Some(Ask), "{shape:?}");
        }
    }
    let long = "a/".repeat(MAX_JUDGED_BYTES);
    let rules = ["deny Read(secret/**)", "allow Read", "allow Read(./**)"];
    assert_eq!(verdict(&rules, "Read", &json!({ "file_path": long }), None), Some(Ask));
    let address = format!("https://{long}");
    let rules = ["deny WebFetch(domain:a.test)", "allow WebFetch"];
    assert_eq!(verdict(&rules, "WebFetch", &json!({ "url": address }), None), Some(Ask));
}
