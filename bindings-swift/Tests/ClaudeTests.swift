import Foundation
import MaestroKit
import MaestroTesting
import Testing

/// Runs a test with the real Claude Code and a scripted model, which also plays what is in `scenarios` by name.
private func withClaude(
    hooks: [Hook] = [], mcpServers: [String: [any Tool]] = [:], scenarios: [String: String] = [:], _ test: (Maestro) async throws -> Void
) async throws {
    let home = try scratch()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let directory = home + "/scenarios"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for (name, steps) in scenarios {
        let text = "name = \"\(name)\"\nabout = \"A test.\"\n" + steps
        try text.write(toFile: "\(directory)/\(name).toml", atomically: true, encoding: .utf8)
    }
    let model = try ScriptedModel(
        program: Programs.model, scenarios: scenarios.isEmpty ? [] : [directory])
    defer { model.stop() }
    let claude = AgentConfig.claudeCode(
        program: Programs.claude, configDir: home + "/.claude", inheritEnv: false, env: model.env(home: home), hooks: hooks)
    try await inShop(agents: ["claude": claude], mcpServers: mcpServers, test)
}

private func toolsEnded(_ session: Session) async throws -> [String] {
    try await session.events().all().compactMap { event in
        if case .toolEnded = event.data { event.data.data.text } else { nil }
    }
}

/// The real Claude Code against a scripted model. `test.sh` says where both are; elsewhere there is nothing to test.
@Suite(.enabled(if: Programs.claude != nil, "no Claude Code here"))
struct ClaudeTests {
    @Test func hooksOfThisProcessAnswerOrDeny() async throws {
        struct OutOfOrder: Error, CustomStringConvertible { let description = "the hook is out of order" }
        let called = Signal<HookCall>()
        let strict = Hook("PreToolUse", matcher: "Bash") { call in
            await called.send(call)
            let command = call.input["tool_input"]?["command"]?.string ?? ""
            if command.contains("fail") { throw OutOfOrder() }
            return command.contains("made") ? .deny(reason: "nothing is made here") : .allow()
        }
        try await withClaude(hooks: [strict]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            for file in ["fine", "made", "fail"] {
                _ = try await session.prompt("Run it\nscenario: bash command=\"touch \(file).txt\"").wait()
            }
            try await session.close()
            let call = await called.wait()
            #expect(call.event == "PreToolUse" && call.tool == "Bash" && call.toolCallID != nil)
            let shop = try await maestro.projects.get("shop").path.path
            let there = ["fine", "made", "fail"].map { FileManager.default.fileExists(atPath: "\(shop)/\($0).txt") }
            #expect(there == [true, false, false])
            let ended = try await toolsEnded(session)
            #expect(ended.count == 3 && ended[1].contains("nothing is made here") && ended[2].contains("the hook is out of order"), "\(ended)")
        }
    }

    @Test func toolsOfThisProcessAreCalledAndTellWhatTheyThrow() async throws {
        struct Nothing: Error, CustomStringConvertible { let description = "nothing to add" }
        struct Add: Tool {
            let name = "add", description = "Adds two numbers"
            let schema: JSON = ["type": "object", "properties": ["a": ["type": "number"], "b": ["type": "number"]]]
            func call(_ input: JSON) async throws -> JSON {
                guard let a = input["a"]?.int, let b = input["b"]?.int, a != 0 else { throw Nothing() }
                return ["sum": .int(a + b)]
            }
        }
        let steps = { (a: Int) in
            "[[steps]]\nblocks = [{ tool = \"mcp__numbers__add\", input = { a = \(a), b = 3 } }]\n[[steps]]\nblocks = [{ text = \"Added.\" }]\n"
        }
        try await withClaude(mcpServers: ["numbers": [Add()]], scenarios: ["add": steps(2), "nothing": steps(0)]) { maestro in
            let spec = SessionSpec(tools: ToolRules(allow: ["mcp__numbers__add"]), mcp: ["numbers": .null])
            let session = try await maestro.sessions.open(project: "shop", spec: spec)
            for scenario in ["add", "nothing"] {
                #expect(try await session.prompt("Add\nscenario: \(scenario)").wait().result == "Added.")
            }
            try await session.close()
            let ended = try await toolsEnded(session)
            #expect(ended.count == 2 && ended[0].contains("sum") && ended[1].contains("nothing to add"), "\(ended)")
        }
    }

    @Test func theRealClaudeWritesAFileThatIsApproved() async throws {
        try await withClaude { maestro in
            let task = try await maestro.tasks.submit("Write hello.txt\nscenario: write-file", project: "shop")
            let question = try await task.events().first(asked)
            #expect(question.tool == "Write")
            try await maestro.approvals.allow(question)
            guard case .succeeded(let summary, _, _) = try await task.wait() else {
                Issue.record("\(try await task.wait())")
                return
            }
            #expect(summary.hasPrefix("Wrote hello.txt"))
            let path = try await maestro.projects.get("shop").path.path
            #expect(try String(contentsOfFile: path + "/hello.txt", encoding: .utf8) == "hello\n")
        }
    }
}
