//! Keeps an agent in the workspace of its task: work that stands elsewhere is in no diff and no merge.
//!
//! The CLI has several ways out, asks nobody about them, and names them otherwise from release to
//! release. So three things refuse them: the tool that is known is not offered at all; a hook looks at
//! the input of whatever starts agents or names worktrees; and the CLI asks us where a worktree shall
//! be, whatever wants one (a tool, the definition of a subagent, a workflow), and is refused.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::hook::{Hook, HookHandler, HookPoint, HookReply, Hooked};
use crate::agent::OpenContext;
use crate::error::Result;

/// The tool that moves the session into a worktree of its own. A user who allows it by this name in
/// `tools.allow` lets the agent have worktrees of its own.
pub(super) const TOOL: &str = "EnterWorktree";

/// The tools whose input is looked at, as the CLI's regular expression on names.
const LOOKED_AT: &str = "[Aa]gent|[Tt]ask|[Ww]orktree|[Ww]orkflow|[Tt]eam";

/// How the names of tools of the user's own servers begin.
const OF_SERVERS: &str = "mcp__";

/// Whether the agent has to stay where it works.
pub(super) fn applies(context: &OpenContext) -> bool {
    context.confined && !context.spec.tools.allow.iter().any(|rule| rule == TOOL)
}

/// The hooks that keep it there.
pub(super) fn hooks(context: &OpenContext) -> Vec<Hooked> {
    if !applies(context) {
        return Vec::new();
    }
    let handler: Arc<dyn HookHandler> = Arc::new(Confine { cwd: context.cwd.as_path().to_owned() });
    [HookPoint::new("PreToolUse").matcher(LOOKED_AT), HookPoint::new("WorktreeCreate")]
        .map(|point| Hooked { point, handler: Arc::clone(&handler) })
        .into()
}

#[derive(Debug)]
struct Confine {
    cwd: PathBuf,
}

#[async_trait]
impl HookHandler for Confine {
    async fn call(&self, hook: Hook) -> Result<HookReply> {
        let leaves = match hook.tool.as_deref() {
            // The CLI asks where a worktree shall be.
            None => true,
            Some(tool) => self.leaves(tool, &hook.input["tool_input"]),
        };
        Ok(if leaves { HookReply::Deny { reason: self.reason() } } else { HookReply::Continue })
    }
}

impl Confine {
    /// Whether a call makes the agent, or one that it starts, work elsewhere.
    fn leaves(&self, tool: &str, input: &Value) -> bool {
        if tool.starts_with(OF_SERVERS) {
            return false;
        }
        let lower = tool.to_lowercase();
        let is_set = |key: &str| match input.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(word)) => !matches!(word.as_str(), "" | "none"),
            Some(_) => true,
        };
        let elsewhere = || match input.get("cwd") {
            None | Some(Value::Null) => false,
            Some(Value::String(path)) => !path.is_empty() && !is_within(&self.cwd, path),
            Some(_) => true,
        };
        // Whoever is in one may leave it.
        (lower.contains("worktree") && !lower.starts_with("exit"))
            || is_set("isolation")
            || is_set("worktree")
            || elsewhere()
    }

    fn reason(&self) -> String {
        format!(
            "This task has a workspace of its own, and only what is done in it counts: work in {}, \
             without another worktree. (Who runs the task can allow it: the name `{TOOL}` in \
             `tools.allow`.)",
            self.cwd.display()
        )
    }
}

/// Whether a path stays in a directory, as far as it says by itself.
fn is_within(directory: &Path, path: &str) -> bool {
    let path = directory.join(path);
    path.starts_with(directory) && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ways_out_are_known_by_name_and_by_input() {
        let confine = Confine { cwd: "/work/t".into() };
        for (tool, input) in [
            ("EnterWorktree", json!({})),
            ("CreateWorktree", json!({ "name": "x" })),
            ("Agent", json!({ "isolation": "worktree" })),
            ("Task", json!({ "isolation": "remote" })),
            ("SpawnAgent", json!({ "isolation": { "kind": "worktree" } })),
            ("Agent", json!({ "worktree": true })),
            ("Agent", json!({ "cwd": "/work" })),
            ("Agent", json!({ "cwd": "/work/t/../u" })),
            ("Agent", json!({ "cwd": "/work/tt" })),
        ] {
            assert!(confine.leaves(tool, &input), "{tool} {input}");
        }
        for (tool, input) in [
            ("ExitWorktree", json!({})),
            ("Agent", json!({ "isolation": null, "prompt": "isolation: worktree" })),
            ("Agent", json!({ "isolation": "none", "cwd": "" })),
            ("Agent", json!({ "cwd": "/work/t/sub" })),
            ("Agent", json!({ "cwd": "sub" })),
            ("mcp__git__create_worktree", json!({ "isolation": "worktree" })),
        ] {
            assert!(!confine.leaves(tool, &input), "{tool} {input}");
        }
    }
}
