//! Many workspaces of one project at once: git's own locks stand between them.

use std::fs;
use std::sync::Barrier;
use std::thread;

use futures::executor::block_on;
use maestro_core::workspace::{Merged, Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec, worked};

/// Runs `work` for every number at the same time.
pub(crate) fn at_once<T: Send>(count: u128, work: impl Fn(u128) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::try_from(count).unwrap());
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn eight_are_made_worked_in_merged_and_released_at_once() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspaces = at_once(8, |number| {
        block_on(worked(&port, &project, 100 + number, &format!("file {number}"), "x\n"))
    });
    let merged = at_once(8, |number| {
        let workspace = &workspaces[usize::try_from(number).unwrap()];
        block_on(port.merge(workspace, "main", "Merge")).unwrap()
    });
    assert!(merged.iter().all(|merged| matches!(merged, Merged::Done { already: false, .. })));
    for number in 0..8 {
        assert!(project.join(format!("file {number}")).exists(), "{number}");
    }
    assert_eq!(den.git(&project, &["status", "--porcelain"]), "");
    let released = at_once(8, |number| {
        let workspace = &workspaces[usize::try_from(number).unwrap()];
        block_on(port.release(workspace, Release::IfEmpty)).unwrap()
    });
    assert!(released.iter().all(|released| *released == Released::Removed));
    assert_eq!(den.git(&project, &["worktree", "list"]).lines().count(), 1);
}

#[test]
fn two_that_hold_each_others_work_do_not_both_go() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    for round in 0..8 {
        let first =
            block_on(worked(&port, &project, 200 + 2 * round, "work", &format!("{round}\n")));
        let mut next = spec(&project, 201 + 2 * round);
        next.base.clone_from(&first.branch);
        let second = block_on(ready(&port, &next));
        let work = den.git(second.root.as_path(), &["rev-parse", "HEAD"]);
        let both = [first, second];
        let released = at_once(2, |number| {
            block_on(port.release(&both[usize::try_from(number).unwrap()], Release::IfEmpty))
                .unwrap()
        });
        assert_ne!(released, [Released::Removed, Released::Removed], "round {round}");
        let held = den.git(&project, &["for-each-ref", "--contains", &work, "refs/heads"]);
        assert_ne!(held, "", "round {round}: {released:?}");
        for (workspace, released) in both.iter().zip(&released) {
            let there = fs::exists(workspace.root.as_path().join("work")).unwrap();
            assert_eq!(there, *released != Released::Removed, "round {round}");
        }
    }
}
