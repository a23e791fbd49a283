//! The driver with the real Claude Code CLI and a scripted model on loopback, in each of two releases:
//! the newest and the oldest that it is tested with. Needs npm once; see `examples/fetch-claude.sh`.
#![cfg(all(unix, feature = "tokio", feature = "process"))]
#![expect(clippy::print_stderr, reason = "what runs is worth knowing")]

#[path = "../support/claude_program.rs"]
mod claude_program;

mod approvals;
mod basics;
mod big;
mod compared;
mod confined;
mod content;
mod controls;
mod endings;
mod failures;
mod house;
mod interrupts;
mod private;
mod program;
mod questions;
mod read;
mod record;
mod resumes;
mod ruled;
mod scenarios;
mod served;
mod subagents;
mod talk;
mod warm;

/// Runs async functions of a release as tests, once for each release, and once more for the release
/// that is named when they are run, which `make matrix` does.
macro_rules! for_each_release {
    ($($test:ident),* $(,)?) => {
        mod newest {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::program::Release::NEWEST).await;
            })*
        }

        mod oldest {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::program::Release::OLDEST).await;
            })*
        }

        mod chosen {
            $(#[tokio::test]
            #[ignore = "of a release that is named when it is run: make matrix"]
            async fn $test() {
                super::$test(crate::program::Release::chosen()).await;
            })*
        }
    };
}
use for_each_release;
