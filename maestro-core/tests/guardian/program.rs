//! The program as a file.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use maestro_core::transport::guardian::{GuardSpec, Guardian};

use crate::scene::{Scene, end_of};

#[test]
fn a_guardian_in_a_directory_is_private_and_used_again() {
    let scene = Scene::new();
    let directory = scene.path("private");
    // Many at once, while others fork: nobody may hit a file that is still being written.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let guardian = Guardian::in_directory(&directory).unwrap();
                let mut agent =
                    scene.shell(&guardian, &GuardSpec::default(), "exit 9").spawn().unwrap();
                let status = end_of(&mut agent);
                assert_eq!(status.code(), Some(9));
            });
        }
    });
    let program = only_entry(&directory);
    let before = std::fs::metadata(&program).unwrap();
    assert_eq!(before.permissions().mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    Guardian::in_directory(&directory).unwrap();
    assert_eq!(std::fs::metadata(&program).unwrap().ino(), before.ino());

    std::fs::write(&program, "#!/bin/sh\nexit 0\n").unwrap();
    Guardian::in_directory(&directory).unwrap();
    assert_eq!(std::fs::metadata(only_entry(&directory)).unwrap().len(), before.len());

    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o770)).unwrap();
    let refused = Guardian::in_directory(&directory).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
}

fn only_entry(directory: &Path) -> PathBuf {
    let entries: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.into_iter().next().unwrap()
}
