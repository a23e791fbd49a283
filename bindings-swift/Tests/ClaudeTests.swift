import Foundation
import MaestroKit
import MaestroTesting
import Testing

private let environment = ProcessInfo.processInfo.environment

@Suite struct ClaudeTests {
    /// The real Claude Code against a scripted model. `test.sh` says where both are; elsewhere there is nothing to test.
    @Test(.enabled(if: environment["MAESTRO_CLAUDE", default: ""] != "", "no Claude Code here"))
    func theRealClaudeWritesAFileThatIsApproved() async throws {
        let home = try scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let model = try ScriptedModel(program: try #require(environment["MAESTRO_SCRIPTED_MODEL"]))
        defer { model.stop() }
        let claude = AgentConfig.claudeCode(
            program: environment["MAESTRO_CLAUDE"], configDir: home + "/.claude", inheritEnv: false, env: model.env(home: home))
        try await inShop(agents: ["claude": claude]) { maestro in
            let task = try await maestro.tasks.submit("Write hello.txt\nscenario: write-file", project: "shop")
            let question = try await task.events().first(asked)
            #expect(question.tool == "Write")
            try await maestro.approvals.allow(question)
            guard case .succeeded(let summary, _) = try await task.wait() else {
                Issue.record("\(try await task.wait())")
                return
            }
            #expect(summary.hasPrefix("Wrote hello.txt"))
            let path = try await maestro.projects.get("shop").path.path
            #expect(try String(contentsOfFile: path + "/hello.txt", encoding: .utf8) == "hello\n")
        }
    }
}
