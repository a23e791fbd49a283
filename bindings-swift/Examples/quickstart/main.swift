// One task of Claude Code in a worktree of its own, and its work merged:
// maestro-quickstart PROJECT PROMPT, where PROJECT is a git repository.
import Foundation
import MaestroKit

let (path, prompt) = (URL(fileURLWithPath: CommandLine.arguments[1]).path, CommandLine.arguments[2])
// snippet: quickstart
let maestro = try await Maestro.open(
    .sqlite("\(path).db"), agents: ["claude": .claudeCode()], worktrees: "\(path).worktrees")
let shop = try await maestro.projects.ensure("shop", path: path)
let task = try await maestro.tasks.submit(prompt, project: shop)
for try await event in task.events() {
    switch event.data {
    case .approvalRequested(let asked) where asked.tool == "Write":
        try await maestro.approvals.allow(asked)
    case .approvalRequested(let asked):
        try await maestro.approvals.deny(asked, "Only files are written here.")
    case .message(let said) where said.role == "assistant":
        print(ContentBlock.joinText(said.blocks))
    default: break
    }
}
let outcome = try await task.wait()  // data, also when the agent failed
if case .succeeded = outcome {
    try await task.workspace.merge(into: "main")
    print("merged into main")
} else {
    print(outcome)
}
try await maestro.close()
// end
