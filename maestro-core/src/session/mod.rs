//! Sessions: durable conversations, each driven by one actor on the node that holds its lease.
//!
//! `machine` is the life of a session as pure functions. `work` computes one commit from what an
//! agent reported; `writer` commits it under the lease; `actor` is the loop that joins agent,
//! commands and store. `open` and `resume` start an actor, `rescue` cleans up after a lost node,
//! `wake` gives a process to sessions that wait for one, `warm` lets idle ones give theirs up.

mod actor;
mod deliver;
mod group;
mod handle;
mod leave;
mod live;
mod machine;
mod mirror;
mod open;
mod ownerless;
mod prompt;
mod question;
mod record;
mod rescue;
mod resume;
mod steer;
mod task;
mod turn;
mod view;
mod wait;
mod wake;
mod warm;
mod work;
mod writer;

pub use group::{SessionFilter, SessionPage, Sessions};
pub use handle::SessionHandle;
pub use prompt::{Prompt, When};
pub use turn::TurnHandle;
pub use view::LiveView;

pub(crate) use live::LiveSessions;
pub(crate) use ownerless::take_over;
pub(crate) use rescue::{end_processes_of, rescue};
pub(crate) use task::TaskSession;
pub(crate) use wake::take_up;
pub(crate) use warm::WarmSessions;
