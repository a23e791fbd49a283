use futures::executor::block_on;
use maestro_core::testing::workspace::check;

use crate::fixture::Local;

#[test]
fn git_worktrees_conform() {
    block_on(check(&Local::git()));
}

#[test]
fn the_project_directory_conforms() {
    block_on(check(&Local::directory()));
}
