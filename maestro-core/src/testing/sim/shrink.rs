//! Leaving out what a divergence does not need.

use super::op::Op;
use super::world::World;
use crate::testing::storage::Bench;

/// How many shorter lists are tried.
const REPLAYS: usize = 400;

/// Fewer operations that still diverge, and how.
pub(super) async fn shrink(bench: &Bench, mut ops: Vec<Op>, mut what: String) -> (Vec<Op>, String) {
    let mut replays = 0;
    let mut size = ops.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        let mut has_shrunk = false;
        while start < ops.len() && replays < REPLAYS {
            let end = (start + size).min(ops.len());
            let shorter: Vec<Op> = ops[..start].iter().chain(&ops[end..]).cloned().collect();
            replays += 1;
            match replay(bench, &shorter).await {
                Some((steps, seen)) => {
                    ops = shorter;
                    ops.truncate(steps);
                    what = seen;
                    has_shrunk = true;
                }
                None => start = end,
            }
        }
        if size > 1 || !has_shrunk || replays >= REPLAYS {
            size /= 2;
        }
    }
    (ops, what)
}

/// After how many operations a list diverges, and how.
async fn replay(bench: &Bench, ops: &[Op]) -> Option<(usize, String)> {
    let mut world = World::open(bench).await;
    for (index, op) in ops.iter().enumerate() {
        if let Err(what) = world.step(op).await {
            return Some((index + 1, what));
        }
    }
    world.finish().await.err().map(|what| (ops.len(), what))
}
