// A watcher for the command line: what happens in a store, from now on, and a prompt for each approval.
//
//     maestro-watch STORE [--all]
//
// It takes no work itself. `--all` begins with what was there.
import Foundation
import MaestroKit

let arguments = CommandLine.arguments.dropFirst()
guard let store = arguments.first(where: { !$0.hasPrefix("--") }) else {
    print("usage: maestro-watch STORE [--all]")
    exit(2)
}

let maestro = try await Maestro.open(.sqlite(store), concurrency: 0)

// List, then follow from where the list stood: nothing is missed between.
let board = try await maestro.tasks.list()
for task in board.tasks.reversed() {
    print("\(task.state.rawValue)\t\(task.id)\t\(task.spec.title.isEmpty ? task.spec.prompt : task.spec.title)")
}
let start: Position = arguments.contains("--all") ? .beginning : .after(board.asOf)
for try await event in try await maestro.events.subscribe(after: start) {
    switch event.data {
    case .message(let message):
        for case .text(let text) in message.blocks { print("\(message.role): \(text)") }
    case .toolStarted(let tool):
        print("tool \(tool.title)")
    case .approvalRequested(let asked):
        print("\(asked.title) \(asked.input)\n  allow? [y/N] ", terminator: "")
        if readLine() == "y" {
            try await maestro.approvals.allow(asked)
        } else {
            try await maestro.approvals.deny(asked, "not now")
        }
    case .taskEnded(let ended):
        print("task \(ended.state.rawValue)")
    case .other(let type, let data):
        print("\(type) \(data)")
    default:
        break
    }
}
