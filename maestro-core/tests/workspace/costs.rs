//! What a call costs beside the few commands of a plain git that do about the same, in one run.
//!
//! `cargo test --release -p maestro-core --all-features --test workspace costs -- --ignored --nocapture`

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use maestro_core::workspace::git::{GitEnvironment, GitWorkspace};
use maestro_core::workspace::{Release, Workspace as _};

use crate::edges::script;
use crate::fixture::{Den, ready, spec};

/// How many files the project has.
const FILES: usize = 1000;
/// How often each is measured.
const ROUNDS: u128 = 9;

/// A git that notes each start.
const COUNTING: &str = "#!/bin/sh\necho >> \"$COUNT\"\nexec git \"$@\"\n";

struct Row {
    what: &'static str,
    ours: Vec<Duration>,
    plain: Vec<Duration>,
    gits: usize,
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    times.push(began.elapsed());
    done
}

fn counting(den: &Den) -> GitWorkspace {
    let program = den.path().join("counting");
    script(&program, COUNTING);
    let mut options = den.options();
    options.program = program;
    let mut environment = den.environment();
    environment.push(("COUNT".into(), den.path().join("count").into()));
    options.environment = GitEnvironment::Exactly(environment);
    den.port_with(options)
}

fn starts(den: &Den) -> usize {
    let count = den.path().join("count");
    let lines = fs::read(&count).map_or(0, |text| text.len());
    let _ = fs::remove_file(count);
    lines
}

fn edit(root: &Path, round: u128) {
    for number in 0..10 {
        fs::write(root.join(format!("src/{number}.txt")), format!("{round}\n")).unwrap();
    }
    fs::write(root.join(format!("new-{round}")), "new\n").unwrap();
}

#[test]
#[ignore = "measures, and prints what it measured"]
fn what_each_call_costs_beside_a_plain_git() {
    let den = Den::new();
    let (port, counting, project) = (den.port(), counting(&den), den.project());
    fs::create_dir(project.join("src")).unwrap();
    for number in 0..FILES {
        fs::write(project.join(format!("src/{number}.txt")), "line\n".repeat(100)).unwrap();
    }
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Many"]);
    let row = |what| Row { what, ours: Vec::new(), plain: Vec::new(), gits: 0 };
    let mut rows = ["prepare", "changes", "diff", "commit", "merge", "remove"].map(row);
    for round in 0..=ROUNDS {
        // The first one warms caches up, and counts.
        let counts = round == 0;
        let port = if counts { &counting } else { &port };
        let mut gits = Vec::new();
        let mut ours: Vec<Vec<Duration>> = vec![Vec::new(); rows.len()];
        let spec = spec(&project, round + 1);
        starts(&den);
        let workspace = timed(&mut ours[0], || block_on(ready(port, &spec)));
        gits.push(starts(&den));
        let root = workspace.root.as_path();
        edit(root, round);
        timed(&mut ours[1], || block_on(port.changes(&workspace))).unwrap();
        gits.push(starts(&den));
        timed(&mut ours[2], || block_on(port.diff(&workspace))).unwrap();
        gits.push(starts(&den));
        timed(&mut ours[3], || block_on(port.commit(&workspace, "Work"))).unwrap();
        gits.push(starts(&den));
        timed(&mut ours[4], || block_on(port.merge(&workspace, "main", "Merge"))).unwrap();
        gits.push(starts(&den));
        timed(&mut ours[5], || block_on(port.release(&workspace, Release::IfEmpty))).unwrap();
        gits.push(starts(&den));

        let mut plain: Vec<Vec<Duration>> = vec![Vec::new(); rows.len()];
        let (dir, branch) = (den.path().join(format!("plain {round}")), format!("plain-{round}"));
        let at = dir.to_str().unwrap();
        timed(&mut plain[0], || {
            den.git(&project, &["worktree", "add", "--quiet", "-b", &branch, at])
        });
        edit(&dir, round + 100);
        timed(&mut plain[1], || {
            den.git(&dir, &["status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all"]);
            den.git(&dir, &["diff", "--raw", "--numstat", "-z", "HEAD"]);
            den.git(&dir, &["rev-list", "HEAD", "--not", "--exclude=main", "--branches"])
        });
        timed(&mut plain[2], || den.git(&dir, &["diff", "--patch", "--binary", "HEAD"]));
        timed(&mut plain[3], || {
            den.git(&dir, &["add", "--all"]);
            den.git(&dir, &["commit", "--quiet", "--message=Work"])
        });
        timed(&mut plain[4], || den.git(&project, &["merge", "--quiet", "--ff-only", &branch]));
        timed(&mut plain[5], || {
            den.git(&project, &["worktree", "remove", at]);
            den.git(&project, &["branch", "--quiet", "-D", &branch])
        });
        for (number, row) in rows.iter_mut().enumerate() {
            if counts {
                row.gits = gits[number];
            } else {
                row.ours.extend(&ours[number]);
                row.plain.extend(&plain[number]);
            }
        }
    }
    println!("| call | starts of git | ms | plain git, ms | times |\n|---|---|---|---|---|");
    for row in &mut rows {
        let (ours, plain) = (median(&mut row.ours), median(&mut row.plain));
        println!(
            "| {} | {} | {:.1} | {:.1} | {:.1} |",
            row.what,
            row.gits,
            ours.as_secs_f64() * 1e3,
            plain.as_secs_f64() * 1e3,
            ours.as_secs_f64() / plain.as_secs_f64()
        );
    }
}
