//! What an embedder writes in the first week. The programs are in `src/bin`:
//!
//! | program | shows |
//! |---|---|
//! | `session` | one session: open, prompt, wait |
//! | `tasks` | two tasks, one after the other, and their events |
//! | `approvals` | an agent asks, the program answers |
//! | `own_agent` | an agent of one's own |
//! | `own_task` | a task of one's own |
//!
//! They use scripted agents, so that they run without an account. For the real one put
//! `ClaudeCode::discover()?` in the agent's place.
