//! What the model plays beside its built-in scenarios.

use scripted_model::ModelConfig;

const ALL: [&str; 14] = [
    r#"
name = "plan"
about = "Presents a plan."

[[steps]]
blocks = [{ tool = "ExitPlanMode", input = { plan = "1. Look. 2. Leap." } }]

[[steps]]
blocks = [{ text = "Then I begin." }]
"#,
    r#"
name = "todo"
about = "Writes a list, and works on it."

[[steps]]
blocks = [{ tool = "TodoWrite", input = { todos = [
    { content = "Look", status = "in_progress", activeForm = "Looking" },
    { content = "Leap", status = "pending", activeForm = "Leaping" },
] } }]

[[steps]]
blocks = [{ tool = "TodoWrite", input = { todos = [
    { content = "Look", status = "completed", activeForm = "Looking" },
    { content = "Leap", status = "in_progress", activeForm = "Leaping" },
] } }]

[[steps]]
blocks = [{ text = "On it." }]
"#,
    r#"
name = "tasks"
about = "Makes entries of a list, and works on one."

[[steps]]
blocks = [
    { tool = "TaskCreate", input = { subject = "Look", description = "Look around", activeForm = "Looking" } },
    { tool = "TaskCreate", input = { subject = "Leap", description = "Leap" } },
]

[[steps]]
blocks = [{ tool = "TaskUpdate", input = { taskId = "1", status = "completed" } }]

[[steps]]
blocks = [{ text = "On it." }]
"#,
    r#"
name = "two-agents"
about = "Starts two subagents that each touch a file."

[[steps]]
blocks = [
    { tool = "Agent", input = { description = "A", prompt = "scenario: bash command=\"touch a.txt\"", subagent_type = "general-purpose" } },
    { tool = "Agent", input = { description = "B", prompt = "scenario: bash command=\"touch b.txt\"", subagent_type = "general-purpose" } },
]

[[steps]]
blocks = [{ text = "Both were started." }]
"#,
    r#"
name = "structured"
about = "Gives its result as data."

[[steps]]
blocks = [{ tool = "StructuredOutput", input = { answer = 42 } }]
"#,
    r#"
name = "leave-running"
about = "Runs a command in the background. Variable: seconds."
defaults = { seconds = "600" }

[[steps]]
blocks = [{ tool = "Bash", input = { command = "sleep ${seconds}", description = "Sleep", run_in_background = true } }]

[[steps]]
blocks = [{ text = "It runs." }]
"#,
    r#"
name = "use"
about = "Uses a tool of a tool server. Variable: tool."
defaults = { tool = "mcp__stock__count" }

[[steps]]
blocks = [{ tool = "mcp__stock__count", input = { sku = "x" } }]

[[steps]]
blocks = [{ text = "Counted." }]
"#,
    r#"
name = "half"
about = "Says half of a surrogate pair, which U+E000 stands for."

[[steps]]
blocks = [{ text = "cut \uE000" }]
"#,
    r#"
name = "enter-worktree"
about = "Moves into a worktree of its own, and works there."

[[steps]]
blocks = [{ tool = "EnterWorktree", input = { name = "aside" } }]

[[steps]]
blocks = [{ tool = "Bash", input = { command = "touch aside.txt", description = "Touch a file" } }]

[[steps]]
blocks = [{ text = "It is there." }]
"#,
    r#"
name = "isolated-agent"
about = "Starts a subagent. Variables: type, isolation."
defaults = { type = "general-purpose", isolation = "worktree" }

[[steps]]
blocks = [{ tool = "Agent", input = { description = "Aside", prompt = "scenario: bash command=\"touch aside.txt\"", subagent_type = "${type}", isolation = "${isolation}" } }]

[[steps]]
blocks = [{ text = "It was started." }]
"#,
    r#"
name = "defined-agent"
about = "Starts a subagent whose definition asks for a worktree."

[[steps]]
blocks = [{ tool = "Agent", input = { description = "Aside", prompt = "scenario: bash command=\"touch aside.txt\"", subagent_type = "aside" } }]

[[steps]]
blocks = [{ text = "It was started." }]
"#,
    r#"
name = "nested"
about = "Starts a subagent that starts one in a worktree."

[[steps]]
blocks = [{ tool = "Agent", input = { description = "Between", prompt = "scenario: isolated-agent", subagent_type = "general-purpose" } }]

[[steps]]
blocks = [{ text = "It was started." }]
"#,
    r#"
name = "read"
about = "Reads a file. Variable: path."
defaults = { path = ".env" }

[[steps]]
blocks = [{ tool = "Read", input = { file_path = "${path}" } }]

[[steps]]
blocks = [{ text = "Read." }]
"#,
    r#"
name = "agent"
about = "Starts a subagent. Variable: prompt."
defaults = { prompt = "scenario: read" }

[[steps]]
blocks = [{ tool = "Agent", input = { description = "Other", prompt = "${prompt}", subagent_type = "general-purpose" } }]

[[steps]]
blocks = [{ text = "It was started." }]
"#,
];

pub(crate) fn all() -> ModelConfig {
    let add = |config: ModelConfig, text: &&str| config.toml(text).expect("a scenario");
    let config = ALL.iter().fold(ModelConfig::new(), add);
    config.toml(&crate::compared::scenario()).expect("a scenario")
}
