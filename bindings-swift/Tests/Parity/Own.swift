import MaestroKit

/// What the driver implements, the same in every language: `docs/parity/README.md`.
struct Mirror: Agent {
    let can: Set<AgentAbility> = [.setMode, .control]

    func open(_ opening: AgentOpening) async throws -> any Conversation {
        if opening.spec.model == "none" { throw MaestroError(.notFound, "there is no such model") }
        return Reflection()
    }
}

private struct Reflection: Conversation {
    func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd {
        switch prompt.text {
        case "fail": throw MaestroError(.unavailable, "the line is dead")
        case "ask":
            let decision = try await prompt.ask(tool: "Deploy", title: "Deploy?", input: ["n": 1])
            try await prompt.say(decision.json["decision"]?.string ?? "")
        case "hang": try await Task.sleep(for: .seconds(3600))
        default: try await prompt.say("You said: \(prompt.text)")
        }
        return TurnEnd()
    }

    func setMode(_ mode: String) async throws {
        if mode == "impossible" { throw MaestroError(.invalidArgument, "there is no such mode") }
    }

    func control(_ request: JSON) async throws -> JSON { ["heard": request] }
}

let ownTasks: [String: any TaskKind] = [
    "double": TaskBody { run in .succeeded(output: .int((run.input.int ?? 0) * 2)) },
    "flaky": TaskBody { run in
        if run.attempt == 1 { throw MaestroError(.unavailable, "the shelf is empty") }
        return .succeeded("attempt \(run.attempt)")
    },
    "report": TaskBody { run in
        try await run.progress("half", fraction: 0.5)
        try await run.emit("x.seen", [1])
        try await run.verify()
        return .succeeded("reported")
    },
    "gate": TaskBody { run in .succeeded(try await run.gate("Ship it?", input: run.input).state.rawValue) },
    "wait": TaskBody { _ in
        try await Task.sleep(for: .seconds(3600))
        return .succeeded()
    },
]

struct Clerk: PermissionHandler {
    func decide(_ approval: ApprovalInfo) async throws -> Decision? {
        switch approval.input["command"]?.string {
        case "make": return .allow()
        case "burn": throw MaestroError(.unavailable, "the book of rules is lent")
        default: return nil
        }
    }
}
