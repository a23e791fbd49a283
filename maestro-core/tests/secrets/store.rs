//! The secret store of this machine.

use std::sync::Arc;
use std::time::Duration;

use maestro_core::ErrorKind;
use maestro_core::model::SecretRef;
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::secret::SecretStore as _;
use maestro_core::secret::local::LocalSecrets;

fn store() -> LocalSecrets {
    LocalSecrets::new(Arc::new(TokioRuntime::current().expect("a runtime")))
}

#[tokio::test]
async fn resolves_what_is_on_this_machine() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "from a file\n\n").expect("a disk");
    let path = std::env::var_os("PATH").expect("a PATH").into_string().expect("text");
    let cases = [
        (SecretRef::env("PATH"), path.trim_end()),
        (SecretRef::file(file.path()), "from a file"),
        (SecretRef::command(["printf", "%s\n", "$HOME; from a command"]), "$HOME; from a command"),
        (SecretRef::value("from memory"), "from memory"),
    ];
    for (reference, value) in cases {
        let secret = store().resolve(&reference).await.expect("it is there");
        assert_eq!(secret.expose(), value, "{reference}");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}

#[tokio::test]
async fn says_what_is_wrong_and_never_what_was_read() {
    let cases = [
        (SecretRef::env("MAESTRO_TEST_NOT_SET"), ErrorKind::NotFound),
        (SecretRef::file("/has/no/such/file"), ErrorKind::NotFound),
        (SecretRef::command(["/has/no/such/program"]), ErrorKind::NotFound),
        (SecretRef::command(["true"]), ErrorKind::NotFound),
        (
            SecretRef::command(["sh", "-c", "echo hush; echo hush >&2; exit 3"]),
            ErrorKind::Unavailable,
        ),
        ("vault:kv/x".parse().expect("a reference"), ErrorKind::Unsupported),
    ];
    for (reference, kind) in cases {
        let error = store().resolve(&reference).await.expect_err("it fails");
        assert_eq!(error.kind(), kind, "{error:?}");
        let text = error.to_string().replace(&reference.to_string(), "");
        assert!(!text.contains("hush"), "{text}");
    }
    let slow = SecretRef::command(["sleep", "600"]);
    let error = store().timeout(Duration::from_millis(50)).resolve(&slow).await;
    assert_eq!(error.expect_err("it is slow").kind(), ErrorKind::Timeout);
}
