//! What the demo asks for: two tasks side by side, and one that needs both.

use maestro_core::approval::PermissionHandler;
use maestro_core::model::{ApprovalInfo, Decision, TaskSpec};
use maestro_core::project::ProjectHandle;
use maestro_core::task::TaskHandle;
use maestro_core::{Maestro, Result};

/// One task of the demo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) prompt: &'static str,
    /// The file that it has to leave on `main`, with its content.
    pub(crate) file: (&'static str, &'static str),
}

pub(crate) const PARTS: [Part; 3] = [
    Part {
        name: "theme",
        prompt: "Write src/theme.txt: a dark theme with a black background and white text.",
        file: ("src/theme.txt", "background = black\ntext = white\n"),
    },
    Part {
        name: "guide",
        prompt: "Write docs/guide.txt: one line that says how to choose the dark theme.",
        file: ("docs/guide.txt", "Choose Settings, Theme, Dark.\n"),
    },
    Part {
        name: "release",
        prompt: "Write RELEASE.txt: one line that names the files of the dark theme.",
        file: ("RELEASE.txt", "Dark theme: src/theme.txt, docs/guide.txt\n"),
    },
];

/// The command that each agent runs as its check. It notes in three stages, in a file outside the
/// store, which attempt was at work: what the crash test counts.
pub(crate) const CHECK: &str = "for stage in 1 2 3; do echo \"$MAESTRO_TASK_ID \
$MAESTRO_ATTEMPT $MAESTRO_LEASE_TOKEN $stage $(date +%s%N)\" >> \"$MAESTRO_DEMO_ATTEMPTS\"; \
sleep 0.15; done";

/// Submits the tasks, or finds them as an earlier run left them.
pub(crate) async fn submit(
    maestro: &Maestro,
    project: &ProjectHandle,
    attempts: &str,
    live: bool,
) -> Result<Vec<TaskHandle>> {
    let mut tasks: Vec<TaskHandle> = Vec::new();
    for (index, part) in PARTS.iter().enumerate() {
        let mut prompt = part.prompt.to_owned();
        if !live {
            // The scripted model plays the scenario that the prompt names.
            let check = CHECK.replace('\\', "\\\\").replace('"', "\\\"");
            prompt = format!("{prompt}\n\nscenario: demo-{} check=\"{check}\"", part.name);
        }
        let mut spec = TaskSpec::prompt(prompt)
            .title(part.name)
            .project(project)
            .idempotency_key(format!("demo/{}", part.name))
            .allow_tools(["Write", "Read"]);
        // Killing the demo is what it is for: no number of crashes makes its tasks poisonous.
        spec.retry = spec.retry.max_crashes(1000);
        spec.session.env.insert("MAESTRO_DEMO_ATTEMPTS".to_owned(), attempts.to_owned());
        if index == 2 {
            spec = spec.needs(tasks.clone());
        }
        tasks.push(maestro.tasks().submit(spec).await?);
    }
    Ok(tasks)
}

/// The demo's one rule: the check may run, whatever else is asked waits for a person.
#[derive(Debug)]
pub(crate) struct OnlyTheCheck;

#[async_trait::async_trait]
impl PermissionHandler for OnlyTheCheck {
    async fn decide(&self, approval: &ApprovalInfo) -> Result<Option<Decision>> {
        let command = approval.input.get("command").and_then(|command| command.as_str());
        let is_check = approval.tool.as_deref() == Some("Bash") && command == Some(CHECK);
        Ok(is_check.then(Decision::allow))
    }
}
