//! Seeded random work on a store, compared with the [`Reference`](super::reference::Reference)
//! after every step.
//!
//! The same seed gives the same work. A divergence is shrunk to the operations that it needs.

mod generate;
mod op;
mod shrink;
mod world;

use std::fmt;

pub use op::{Op, Start};

use crate::testing::storage::Bench;
use generate::Generator;
use world::World;

/// Where a store and the reference do not agree.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Divergence {
    /// The seed of the work.
    pub seed: u64,
    /// The step at which it showed, from 1.
    pub step: usize,
    /// What was seen there.
    pub what: String,
    /// The operations that are needed for a divergence.
    pub ops: Vec<Op>,
    /// What is seen after these.
    pub shrunk: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} diverges at step {}: {}", self.seed, self.step, self.what)?;
        writeln!(f, "these {} operations show it:", self.ops.len())?;
        for (index, op) in self.ops.iter().enumerate() {
            writeln!(f, "{:4}. {op:?}", index + 1)?;
        }
        write!(f, "after them: {}", self.shrunk)
    }
}

/// Does `steps` operations on a fresh store and gives how many were done.
///
/// # Errors
/// The first divergence.
///
/// # Panics
/// When the store cannot be opened.
pub async fn run(bench: &Bench, seed: u64, steps: usize) -> Result<usize, Box<Divergence>> {
    let mut generator = Generator::new(seed);
    let mut world = World::open(bench).await;
    let mut ops = Vec::with_capacity(steps);
    for step in 1..=steps {
        let op = generator.next(&world.reference, world.now());
        ops.push(op.clone());
        if let Err(what) = world.step(&op).await {
            let (ops, shrunk) = shrink::shrink(bench, ops, what.clone()).await;
            return Err(Box::new(Divergence { seed, step, what, ops, shrunk }));
        }
    }
    match world.finish().await {
        Ok(()) => Ok(steps),
        Err(what) => {
            let (ops, shrunk) = shrink::shrink(bench, ops, what.clone()).await;
            Err(Box::new(Divergence { seed, step: steps, what, ops, shrunk }))
        }
    }
}
