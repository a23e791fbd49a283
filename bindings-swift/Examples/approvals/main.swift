// Who may do what: rules first, then a person, who is asked here in the terminal:
// maestro-approvals PROJECT PROMPT, where PROJECT is a git repository.
import Foundation
import MaestroKit

let (path, prompt) = (URL(fileURLWithPath: CommandLine.arguments[1]).path, CommandLine.arguments[2])
let maestro = try await Maestro.open(
    .sqlite("\(path).db"), agents: ["claude": .claudeCode()], worktrees: "\(path).worktrees")
let shop = try await maestro.projects.ensure("shop", path: path)

func yes(_ question: String) -> Bool {
    print(question, "[y/N] ", terminator: "")
    return readLine() == "y"
}

// snippet: rules
let policies = maestro.approvals.policies
try await policies.put("Read", .allow, project: "shop")
try await policies.put("Bash(git push:*)", .deny, project: "shop", reason: "People push.")
// end

let task = try await maestro.tasks.submit(prompt, project: shop)
// snippet: answer
for try await event in task.events() {
    guard case .approvalRequested(let asked) = event.data else { continue }
    if asked.answered {
        print("a rule answered \(asked.tool ?? "")")
    } else if yes("May \(asked.tool ?? "") run with \(asked.input)?") {
        try await maestro.approvals.allow(asked, remember: .session)
    } else {
        try await maestro.approvals.deny(asked, "A person said no.")
    }
}
// end
let outcome = try await task.wait()
if case .succeeded(let summary, _, _) = outcome { print(summary) } else { print(outcome) }
try await maestro.close()
