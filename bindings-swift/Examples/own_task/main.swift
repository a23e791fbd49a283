// A kind of task of one's own: it waits to be let pass, tells how far it is, and may be tried again:
// maestro-own_task PROJECT PAGES, where PROJECT is any directory and PAGES are words.
import Foundation
import MaestroKit

// snippet: own_task
let publish = TaskBody { run in
    let pages = run.input.array?.compactMap(\.string) ?? []
    let gate = try await run.gate("Publish \(pages.count) pages?", input: run.input)
    if gate.state != .allowed { return .succeeded("nothing published") }
    if run.attempt == 1 { throw MaestroError(.unavailable, "the site is down") }
    for (at, page) in pages.enumerated() {
        // Right before an effect outside: is this attempt still the one that may do it?
        try await run.verify()
        try await run.progress(page, fraction: Double(at + 1) / Double(pages.count))
    }
    return .succeeded("published \(pages.count) pages in attempt \(run.attempt)")
}
// end

let path = URL(fileURLWithPath: CommandLine.arguments[1]).path
let pages = JSON.array(CommandLine.arguments[2].split(separator: " ").map { .string(String($0)) })
// snippet: own_task_submit
let maestro = try await Maestro.open(tasks: ["publish": publish])
let site = try await maestro.projects.ensure("site", path: path)
let task = try await maestro.tasks.submit(kind: "publish", input: pages, project: site, retry: RetryPolicy(maxAttempts: 3))
// end
for try await event in task.events() {
    switch event.data {
    case .approvalRequested(let asked):
        print(asked.title, "[y/N] ", terminator: "")
        if readLine() == "y" {
            try await maestro.approvals.allow(asked)
        } else {
            try await maestro.approvals.deny(asked, "Not today.")
        }
    case .taskProgress(let progress): print(progress.message)
    default: break
    }
}
let outcome = try await task.wait()
if case .succeeded(let summary, _, _) = outcome { print(summary) } else { print(outcome) }
try await maestro.close()
