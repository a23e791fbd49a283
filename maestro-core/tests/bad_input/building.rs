//! Building a node.

use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use maestro_core::agent::agent_fn;
use maestro_core::model::Outcome;
use maestro_core::task::task_fn;
use maestro_core::{LeaseTimes, MaestroBuilder};

use crate::book::Section;
use crate::den::Den;

pub(crate) const SECTION: &str = "Building a node";

#[test]
fn what_is_wrong_with_a_builder_is_named() {
    let den = Den::new();
    let mut section = Section::new(SECTION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut wrong = |mistake: &str, builder: MaestroBuilder| {
        let error = runtime.block_on(builder.build()).expect_err(mistake);
        section.saw(mistake, &error);
        assert!(!den.store().exists(), "{mistake}: a store was made");
    };
    let agent = || agent_fn(|_| async { Ok(String::new()) });
    let task = task_fn(|_| async { Outcome::succeeded("") });
    wrong("two agents under one name", den.builder().agent("echo", agent()));
    wrong("an agent with no name", den.builder().agent("", agent()));
    wrong("two task kinds under one name", den.builder().task("done", task));
    let times = LeaseTimes::new(Duration::from_millis(5));
    let worktrees = den.path().join(std::ffi::OsStr::from_bytes(b"trees\xe9"));
    wrong("worktrees in a directory whose name is no text", den.builder().worktrees(worktrees));
    wrong("leases that nobody can renew in time", den.builder().lease_times(times));
    wrong("no process may start", den.builder().starts_at_once(0));
    wrong("a sweeper that never rests", den.builder().sweep_every(Duration::ZERO));
    let error = futures::executor::block_on(den.builder().build()).expect_err("no runtime");
    section.saw("no runtime to run in", &error);
    section.check();
}
