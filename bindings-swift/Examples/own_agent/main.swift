// An agent of one's own: it counts the words of each prompt, and asks before it shouts:
// maestro-own_agent PROJECT PROMPT, where PROJECT is any directory.
import Foundation
import MaestroKit

let (path, prompt) = (URL(fileURLWithPath: CommandLine.arguments[1]).path, CommandLine.arguments[2])
// snippet: own_agent
struct Counting: Conversation {
    func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd {
        let words = prompt.text.split(whereSeparator: \.isWhitespace).count
        if prompt.text.hasSuffix("!"),
            case .allow = try await prompt.ask(tool: "Shout", title: "Shout?", input: ["words": .int(words)])
        {
            try await prompt.say("\(words) WORDS")
        } else {
            try await prompt.say("\(words) words")
        }
        return TurnEnd()
    }
}

struct Counter: Agent {
    func open(_ opening: AgentOpening) async throws -> any Conversation { Counting() }
}

let maestro = try await Maestro.open(agents: ["counter": .custom(Counter())])
// end
let project = try await maestro.projects.ensure("words", path: path)
let session = try await maestro.sessions.open(project: project)
try await session.prompt(Prompt(prompt))
events: for try await event in session.events() {
    switch event.data {
    case .approvalRequested(let asked):
        print(asked.title, "[y/N] ", terminator: "")
        if readLine() == "y" {
            try await maestro.approvals.allow(asked)
        } else {
            try await maestro.approvals.deny(asked, "Quiet, please.")
        }
    case .message(let said) where said.role == "assistant": print(ContentBlock.joinText(said.blocks))
    case .turnEnded: break events
    default: break
    }
}
try await maestro.close()
