// What is there, and then what happens, with nothing missed between; and a conversation:
// maestro-events PROJECT PROMPT, where PROJECT is a git repository.
import Foundation
import MaestroKit

let (path, prompt) = (URL(fileURLWithPath: CommandLine.arguments[1]).path, CommandLine.arguments[2])
let maestro = try await Maestro.open(
    .sqlite("\(path).db"), agents: ["claude": .claudeCode()], worktrees: "\(path).worktrees")
let shop = try await maestro.projects.ensure("shop", path: path)
let plan = try await maestro.tasks.submit(prompt, project: shop, title: "Plan")

// snippet: list_then_watch
let page = try await maestro.tasks.list()
for task in page.tasks { print(task.state.rawValue, task.spec.title) }
let build = try await maestro.tasks.submit(prompt, project: shop, needs: [plan], title: "Build")
for try await event in try await maestro.events.subscribe(EventFilter(types: ["task.*"]), after: .after(page.asOf)) {
    guard let id = event.taskID else { continue }
    let task = try await maestro.tasks.get(id)
    print(task.state.rawValue, task.spec.title)
    if id == build.id, [.succeeded, .failed, .cancelled].contains(task.state) { break }
}
// end

let sessionID = try await build.info().sessionID ?? ""
// snippet: conversation
let session = maestro.sessions.handle(sessionID)
for item in try await session.view().items {
    if case .message(let said) = item.body { print("\(said.role): \(ContentBlock.joinText(said.blocks))") }
}
// end
try await maestro.close()
