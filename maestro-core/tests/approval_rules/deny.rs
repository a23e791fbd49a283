//! Denying reaches as far as the most careless reader of an address or a path.

use maestro_core::model::Effect::{self, Allow, Ask, Deny};
use serde_json::{Value, json};

use crate::{ROOT, verdict};

fn fetch(address: &str) -> Option<Effect> {
    let rules = [
        "deny WebFetch(domain:evil.test)",
        "deny WebFetch(domain:127.0.0.1)",
        "deny WebFetch(domain:xn--bcher-kva.test)",
        "deny WebFetch(domain:*.below.test)",
        "allow WebFetch",
    ];
    verdict(&rules, "WebFetch", &json!({ "url": address }), None)
}

const DENIED: &[&str] = &[
    "https://evil.test",
    "http://evil.test/x",
    "https:evil.test",
    "https:/evil.test",
    "https:///evil.test",
    "https:\\\\evil.test",
    "https:\\evil.test",
    "https:/\\evil.test",
    "//evil.test",
    "\\\\evil.test",
    "evil.test",
    "evil.test/x",
    "evil.test:443/x",
    "HTTPS://EVIL.TEST",
    "hTTps://Evil.Test:8443/x",
    "https://evil.test.",
    "https://evil.test../x",
    "https://evil.test:443",
    "https://evil.test?x",
    "https://evil.test#x",
    "https://evil.test\\x",
    "https://good.test@evil.test",
    "https://a:b@evil.test/x",
    "https://evil.test@good.test",
    "https://evil.test\\@good.test",
    "https://good.test\\@evil.test",
    "https://evil%2etest",
    "https://%65vil.test",
    "https://%65%76%69%6c%2e%74%65%73%74",
    "https://evil\u{3002}test",
    "https://evil\u{ff0e}test",
    "https://evil\u{ff61}test",
    "https://\u{ff45}\u{ff56}\u{ff49}\u{ff4c}.test",
    "https://e\u{ad}vil.test",
    "https://ev\u{200b}il.test",
    "https://\u{24d4}\u{24e5}\u{24d8}\u{24db}.test",
    "ht\ntps://evil.test",
    "https://ev\til.test",
    "https://evil.\ntest",
    "\u{1}https://evil.test",
    "  https://evil.test  ",
    "\u{a0}https://evil.test",
    "https:evil.test/..//x",
    "ftp://evil.test",
    "wss://evil.test",
    // Numbers are addresses.
    "http://127.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://0x7f.1",
    "http://127.0.0.1.",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://\u{ff11}27.0.0.1",
    "http://%31%32%37.0.0.1",
    // Other scripts.
    "https://b\u{fc}cher.test",
    "https://B\u{dc}CHER.test",
    "https://bu\u{308}cher.test",
    "https://xn--bcher-kva.test",
    "https://XN--BCHER-KVA.test",
    "https://a.below.test",
    "https://a.b.below.test.",
    "https:a\u{ff0e}below.test",
];

#[test]
fn an_address_is_denied_however_it_is_written() {
    for address in DENIED {
        assert_eq!(fetch(address), Some(Deny), "{address:?}");
    }
    for address in [
        "https://good.test",
        "https://evil.test.good.test",
        "https://notevil.test",
        "https://good.test/evil.test",
        "https://good.test?x=evil.test",
        "https://below.test",
        "http://127.0.0.2",
    ] {
        assert_eq!(fetch(address), Some(Allow), "{address:?}");
    }
    // What nobody can read is asked about.
    for address in ["", "https://", "https://[", "https:// /", "http://a b"] {
        assert_eq!(fetch(address), Some(Ask), "{address:?}");
    }
}

#[test]
fn an_address_is_allowed_only_as_everybody_reads_it() {
    let said = |address: &str| {
        verdict(&["allow WebFetch(domain:evil.test)"], "WebFetch", &json!({ "url": address }), None)
    };
    for address in [
        "https://evil.test",
        "http://evil.test/x",
        "https://evil.test:443",
        "HTTPS://EVIL.TEST",
        "https://evil.test?x",
        "https://evil.test#x",
        "https://evil.test.",
    ] {
        assert_eq!(said(address), Some(Allow), "{address:?}");
    }
    let strange = |address: &&&str| {
        ["@", "\\", "%", "\t", "\n", " ", "https:e", "https:/e", "https:///"]
            .iter()
            .any(|sign| address.contains(sign))
            || !address.is_ascii()
            || !address.contains("://")
            || address.starts_with(['f', 'w'])
    };
    for address in DENIED.iter().filter(strange) {
        assert_eq!(said(address), None, "{address:?}");
    }
}

const READ: &[&str] = &["deny Read(./secret/**)", "deny Read(.env)", "deny Read(//etc/shadow)"];

fn says(tool: &str, input: &Value, real: Option<&str>) -> Option<Effect> {
    let rules: Vec<&str> = READ[..3]
        .iter()
        .copied()
        .chain([
            "allow Read",
            "allow Bash",
            "allow Monitor",
            "allow mcp__fs",
            "allow Peek",
            "allow Grep",
            "allow Glob",
            "allow LS",
        ])
        .collect();
    verdict(&rules, tool, input, real)
}

#[test]
fn reading_is_denied_however_a_path_is_written() {
    let paths = [
        "secret/key",
        "./secret/key",
        "SECRET/key",
        "Secret/Key",
        "secret//key",
        "secret/./key",
        "secret/key/",
        "src/../secret/key",
        "/work/shop/secret/key",
        "//work//shop/secret/key",
        "../shop/secret/key",
        " secret/key",
        "secret/key ",
        "\tsecret/key\n",
        "secret/key\0.txt",
        "secret\0",
        "secret",
        "secret/",
        "s\u{200b}ecret/key",
        "\u{ff53}ecret/key",
        ".env",
        "a/b/.env",
        ".ENV",
        ".Env",
        ".env ",
        ".env.",
        ".env::$DATA",
        "sub/.env/x",
        "/etc/shadow",
        "/etc/./SHADOW",
        "../../etc/shadow",
        "secret\\key",
        ".env\0",
        "/work/shop/../shop/secret",
    ];
    for path in paths {
        assert_eq!(says("Read", &json!({ "file_path": path }), None), Some(Deny), "{path:?}");
        assert_eq!(
            says("NotebookRead", &json!({ "notebook_path": path }), None),
            Some(Deny),
            "{path:?}"
        );
        for tool in ["Grep", "Glob", "LS"] {
            let input = json!({ "pattern": "x", "path": path });
            assert_eq!(says(tool, &input, None), Some(Deny), "{tool} {path:?}");
        }
        // Tools that nobody knows are asked about.
        for tool in ["mcp__fs__read", "Peek"] {
            for field in ["path", "file_path", "filename", "uri", "sourcePath"] {
                let said = says(tool, &json!({ field: path }), None);
                assert_eq!(said, Some(Ask), "{tool} {field} {path:?}");
            }
        }
    }
    let composed = "deny Read(caf\u{e9}/**)";
    for path in ["caf\u{e9}/x", "cafe\u{301}/x", "CAF\u{c9}/x", "CAFE\u{301}/x"] {
        let said = verdict(&[composed, "allow Read"], "Read", &json!({ "file_path": path }), None);
        assert_eq!(said, Some(Deny), "{path:?}");
    }
    for path in ["src/a.rs", "secrets/x", "src/secret/x", "env", ".envy", "/etc/hosts"] {
        assert_eq!(says("Read", &json!({ "file_path": path }), None), Some(Allow), "{path:?}");
        assert!(says("mcp__fs__read", &json!({ "path": path }), None).is_some(), "{path:?}");
    }
}

#[test]
fn a_home_directory_is_not_known_so_people_are_asked() {
    for path in ["~/x", "~", "~root/x", " ~/x", "$HOME/x", "${HOME}/x"] {
        assert_eq!(says("Read", &json!({ "file_path": path }), None), Some(Ask), "{path:?}");
        let rules = ["allow Edit(./**)", "allow Edit(**)", "allow Edit(//**)"];
        let input = json!({ "file_path": path });
        assert_eq!(verdict(&rules, "Edit", &input, Some("/work/shop/x")), None, "{path:?}");
    }
}

#[test]
fn looking_through_what_holds_denied_files_is_asked_about() {
    let cases = [
        ("Grep", json!({ "pattern": "x" }), Ask),
        ("Grep", json!({ "pattern": "x", "path": "." }), Ask),
        ("Grep", json!({ "pattern": "x", "path": "/" }), Ask),
        ("Grep", json!({ "pattern": "x", "path": "/work" }), Ask),
        ("Grep", json!({ "pattern": "x", "path": ".." }), Ask),
        ("Grep", json!({ "pattern": "x", "glob": "secret/**" }), Deny),
        ("Grep", json!({ "pattern": "x", "glob": "**/*.pem" }), Ask),
        ("Glob", json!({ "pattern": "secret/*" }), Deny),
        ("Glob", json!({ "pattern": "/work/shop/secret/*" }), Deny),
        ("Glob", json!({ "pattern": "**" }), Ask),
        ("Glob", json!({ "pattern": "*", "path": "SECRET" }), Deny),
        ("LS", json!({ "path": "secret" }), Deny),
        ("LS", json!({ "path": "." }), Ask),
    ];
    for (tool, input, expected) in cases {
        assert_eq!(says(tool, &input, None), Some(expected), "{tool} {input}");
    }
    let rules = ["deny Read(./secret/**)", "allow Read"];
    for input in
        [json!({ "pattern": "x", "path": "src" }), json!({ "pattern": "x", "path": "src/deep" })]
    {
        assert_eq!(verdict(&rules, "Grep", &input, None), Some(Allow), "{input}");
    }
    let deep = ["deny Read(src/*/secret/**)", "allow Read"];
    for (path, expected) in
        [("src", Ask), ("src/a", Ask), ("src/a/secret", Deny), ("src/a/b", Allow), ("docs", Allow)]
    {
        let input = json!({ "pattern": "x", "path": path });
        assert_eq!(verdict(&deep, "Grep", &input, None), Some(expected), "{path}");
    }
    // A link into it.
    let input = json!({ "pattern": "x", "path": "docs/link" });
    let real = format!("{ROOT}/secret");
    assert_eq!(verdict(&rules, "Grep", &input, Some(&real)), Some(Deny));
}

#[test]
fn a_command_that_names_a_denied_file_is_not_allowed() {
    let cases = [
        ("cat .env", Deny),
        ("tail -f secret/log", Deny),
        ("grep -r x ./secret", Deny),
        ("cat 'secret/key' | wc", Deny),
        ("cat /work/shop/SECRET/key", Deny),
        ("cat a; head ../shop/secret/key", Deny),
        ("python secret/run.py", Ask),
        ("dd if=secret/key", Ask),
        ("cp .env x", Ask),
        ("echo $(cat .env)", Deny),
        ("bash -c 'cat .env'", Deny),
        ("cat < .env", Deny),
        ("cat <.env | wc", Deny),
        ("< secret/key cat", Deny),
        ("python3 <\"secret/key\"", Ask),
        ("sudo cat .env", Ask),
        ("ls src", Allow),
    ];
    for (command, expected) in cases {
        for tool in ["Bash", "Monitor"] {
            assert_eq!(
                says(tool, &json!({ "command": command }), None),
                Some(expected),
                "{tool}: {command}"
            );
        }
    }
}

#[test]
fn a_rule_about_addresses_holds_for_tools_that_nobody_knows() {
    let rules = ["deny WebFetch(domain:evil.test)", "allow mcp__browser"];
    let said = |input: Value| verdict(&rules, "mcp__browser__go", &input, None);
    assert_eq!(said(json!({ "url": "https:\\\\evil.test" })), Some(Ask));
    assert_eq!(said(json!({ "target": "https://evil.test/x" })), Some(Ask));
    assert_eq!(said(json!({ "url": "https://good.test" })), Some(Allow));
}

#[test]
fn writing_through_a_redirection_is_asked_about() {
    let rules = ["deny Edit(secret/**)", "allow Bash"];
    for command in
        ["echo a > secret/x", "echo a >>./SECRET/x", "echo a 2>'secret/x'", "tee secret/x"]
    {
        let said = verdict(&rules, "Bash", &json!({ "command": command }), None);
        assert_eq!(said, Some(Ask), "{command}");
    }
    assert_eq!(verdict(&rules, "Bash", &json!({ "command": "echo a > b" }), None), Some(Allow));
}

#[test]
fn looking_for_names_outside_of_what_is_allowed_is_not_allowed() {
    for pattern in ["/etc/*", "../*", "*/../../x", "~/x", "{/etc,x}/*", "{..,x}/*", "$HOME/*"] {
        for (tool, field) in [("Glob", "pattern"), ("Grep", "glob")] {
            let input = json!({ field: pattern, "path": "." });
            assert_eq!(verdict(&["allow Read(./**)"], tool, &input, Some(ROOT)), None, "{pattern}");
        }
    }
    let input = json!({ "pattern": "src/**/*.rs" });
    assert_eq!(verdict(&["allow Read(./**)"], "Glob", &input, Some(ROOT)), Some(Allow));
}
