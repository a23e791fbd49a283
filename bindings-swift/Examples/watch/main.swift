// A watcher for the command line: the tasks of a store, what their agents say and do as it happens, and a question for each approval:
// maestro-watch STORE [--all], where `--all` begins with what was there.
//
// It takes no work itself.
import Foundation
import MaestroKit

let arguments = CommandLine.arguments.dropFirst()
guard let store = arguments.first(where: { !$0.hasPrefix("--") }) else {
    print("usage: maestro-watch STORE [--all]")
    exit(2)
}

/// Prints at once, also into a pipe.
func show(_ text: String, terminator: String = "\n") {
    FileHandle.standardOutput.write(Data((text + terminator).utf8))
}

let maestro = try await Maestro.open(.sqlite(store), concurrency: 0)

// snippet: watch
// List, then follow from where the list stood: nothing is missed between.
let board = try await maestro.tasks.list()
for task in board.tasks { show("\(task.state.rawValue) \(task.spec.title.isEmpty ? task.spec.prompt : task.spec.title)") }
let start: Position = arguments.contains("--all") ? .beginning : .after(board.asOf)
// By message: what is shown of the text that is being written.
var written: [String: String] = [:]
for try await event in try await maestro.events.subscribe(after: start) {
    switch event.data {
    case .messageDelta(let piece):
        show(piece.text, terminator: "")
        written[piece.messageID, default: ""] += piece.text
    case .message(let said) where said.role == "assistant":
        // The whole message counts: pieces may not all have come.
        let text = ContentBlock.joinText(said.blocks)
        let shown = written.removeValue(forKey: said.messageID) ?? ""
        show(text.hasPrefix(shown) ? String(text.dropFirst(shown.count)) : "\n\(text)")
    case .toolStarted(let tool):
        show("tool \(tool.name)")
    case .approvalRequested(let asked) where !asked.answered:
        show("\(asked.title) \(asked.input)\n  allow? [y/N] ", terminator: "")
        if readLine() == "y" {
            try await maestro.approvals.allow(asked)
        } else {
            try await maestro.approvals.deny(asked, "not now")
        }
    case .taskEnded(let ended):
        show("task \(ended.state.rawValue)")
    default:
        break
    }
}
// end
