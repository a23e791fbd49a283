//! The state of a manual runtime: tasks, what is ready, and the virtual clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use futures::future::BoxFuture;

use super::driver::Panicked;

pub(super) type TaskId = u64;
/// The deadline, and a number that tells timers of one deadline apart.
pub(super) type TimerKey = (Duration, u64);

/// What all clones of a runtime share. No future is polled or dropped, and no waker called, under
/// the lock.
pub(super) struct Executor {
    pub(super) seed: u64,
    state: Mutex<State>,
    /// Something is ready, or the last thing outside has ended.
    changed: Condvar,
}

pub(super) struct State {
    /// Decides what runs next.
    order: fastrand::Rng,
    /// Gives the bytes of `fill_random`, so that drawing more of them moves no task.
    pub(super) bytes: fastrand::Rng,
    /// The virtual time since the start.
    pub(super) elapsed: Duration,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) ready: Vec<TaskId>,
    pub(super) timers: BTreeMap<TimerKey, Waker>,
    next_id: u64,
    pub(super) externals: usize,
    pub(super) driven: bool,
    /// The future of `block_on`.
    pub(super) main: Option<TaskId>,
    pub(super) panicked: Vec<Panicked>,
}

pub(super) struct Task {
    pub(super) name: &'static str,
    /// None while it is polled, and for the future of `block_on`, which stays with its caller.
    pub(super) future: Option<BoxFuture<'static, ()>>,
}

/// What to do next.
pub(super) enum Step {
    /// Poll this one, which came out of its task unless it is the future of `block_on`.
    Poll(TaskId, &'static str, Option<BoxFuture<'static, ()>>),
    /// Nothing is ready.
    Idle,
}

impl Executor {
    pub(super) fn new(seed: u64) -> Self {
        let mut order = fastrand::Rng::with_seed(seed);
        let bytes = order.fork();
        Self {
            seed,
            state: Mutex::new(State {
                order,
                bytes,
                elapsed: Duration::ZERO,
                tasks: BTreeMap::new(),
                ready: Vec::new(),
                timers: BTreeMap::new(),
                next_id: 0,
                externals: 0,
                driven: false,
                main: None,
                panicked: Vec::new(),
            }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic half-way runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a task that is ready. Without a future it is the one of `block_on`.
    pub(super) fn add(&self, name: &'static str, future: Option<BoxFuture<'static, ()>>) -> TaskId {
        let mut state = self.lock();
        let id = state.fresh_id();
        state.tasks.insert(id, Task { name, future });
        state.ready.push(id);
        // The driver may be parked while another thread spawns.
        self.changed.notify_all();
        id
    }

    /// Forgets a task; late wakers of it do nothing.
    pub(super) fn remove(&self, id: TaskId) -> Option<Task> {
        let mut state = self.lock();
        state.ready.retain(|ready| *ready != id);
        state.tasks.remove(&id)
    }

    /// Takes all tasks but the future of `block_on`.
    pub(super) fn take_tasks(&self) -> BTreeMap<TaskId, Task> {
        let mut state = self.lock();
        let mut tasks = std::mem::take(&mut state.tasks);
        let main = state.main;
        if let Some((id, task)) = main.and_then(|id| tasks.remove_entry(&id)) {
            state.tasks.insert(id, task);
        }
        state.ready.retain(|id| Some(*id) == main);
        tasks
    }

    /// Takes one of the ready tasks by chance.
    pub(super) fn step(&self) -> Step {
        let mut state = self.lock();
        if state.ready.is_empty() {
            return Step::Idle;
        }
        let count = state.ready.len();
        let chosen = state.order.usize(..count);
        let id = state.ready.swap_remove(chosen);
        match state.tasks.get_mut(&id) {
            Some(task) => Step::Poll(id, task.name, task.future.take()),
            None => unreachable!("removing a task removes it from the ready ones"),
        }
    }

    /// Puts back a future that is not done; gives it back if the task was dropped meanwhile.
    pub(super) fn put_back(
        &self,
        id: TaskId,
        future: BoxFuture<'static, ()>,
    ) -> Option<BoxFuture<'static, ()>> {
        match self.lock().tasks.get_mut(&id) {
            Some(task) => {
                task.future = Some(future);
                None
            }
            None => Some(future),
        }
    }

    /// Waits while nothing is ready and something outside is in flight. False: nothing is ready
    /// and nothing is outside.
    pub(super) fn park(&self) -> bool {
        let mut state = self.lock();
        while state.ready.is_empty() && state.externals > 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.ready.is_empty()
    }

    /// Moves the clock to the next timer that is due by `limit` and fires all timers of that
    /// moment. False: there is none.
    pub(super) fn advance_to_next(&self, limit: Duration) -> bool {
        let due = {
            let mut state = self.lock();
            match state.timers.first_key_value() {
                Some((&(deadline, _), _)) if deadline <= limit => {
                    state.elapsed = state.elapsed.max(deadline);
                }
                _ => return false,
            }
            state.take_due()
        };
        due.into_iter().for_each(Waker::wake);
        true
    }

    /// Moves the clock to `moment` at once and fires all that was due on the way.
    pub(super) fn jump(&self, moment: Duration) {
        let due = {
            let mut state = self.lock();
            state.elapsed = state.elapsed.max(moment);
            state.take_due()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// One thing more, or less, is in flight outside.
    pub(super) fn external_begins(&self) {
        self.lock().externals += 1;
    }

    pub(super) fn external_ends(&self) {
        self.lock().externals -= 1;
        self.changed.notify_all();
    }
}

impl State {
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Takes the timers that are due now, the earliest first.
    fn take_due(&mut self) -> Vec<Waker> {
        let later = self.timers.split_off(&(self.elapsed, u64::MAX));
        std::mem::replace(&mut self.timers, later).into_values().collect()
    }
}

/// Makes one task ready, from any thread.
pub(super) struct TaskWaker {
    pub(super) executor: Arc<Executor>,
    pub(super) id: TaskId,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.executor.lock();
        if state.tasks.contains_key(&self.id) && !state.ready.contains(&self.id) {
            state.ready.push(self.id);
            self.executor.changed.notify_all();
        }
    }
}
