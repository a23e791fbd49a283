import Foundation
import MaestroKit
import MaestroTesting
import Testing

private let claudeIsHere = Programs.claude != nil && Programs.examples != nil

/// Runs every program: those with Claude Code with the real one, which talks to a scripted model on loopback.
@Suite(.enabled(if: Programs.examples != nil, "no built examples here"))
struct ExamplesTests {
    /// Runs a program as a person would who has `claude` in the `PATH`, and gives what it printed.
    private func run(
        _ name: String, _ shop: String, _ argument: String, _ input: String = "", environment: [String: String] = [:]
    ) async throws -> String {
        let base = ["PATH": "/usr/bin:/bin", "HOME": (shop as NSString).deletingLastPathComponent]
        let program = try Launched(
            try #require(Programs.examples) + "/maestro-\(name)", [shop, argument], environment: base.merging(environment) { $1 })
        try program.type(input)
        try program.endInput()
        let printed = await program.printed()
        #expect(program.exitCode() == 0, "\(printed)")
        return printed
    }

    private func withClaude(_ name: String, _ shop: String, _ argument: String, _ input: String = "") async throws -> String {
        let model = try ScriptedModel(program: Programs.model)
        defer { model.stop() }
        var environment = model.env(home: (shop as NSString).deletingLastPathComponent)
        environment["PATH"] = (try #require(Programs.claude) as NSString).deletingLastPathComponent + ":/usr/bin:/bin"
        return try await run(name, shop, argument, input, environment: environment)
    }

    /// Files of this name anywhere below a directory.
    private func found(_ name: String, below directory: String) -> Int {
        let paths = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix("/" + name) }.count
    }

    @Test(.enabled(if: claudeIsHere, "no Claude Code here"))
    func quickstartWritesAFileAndMergesIt() async throws {
        let shop = try await repository(below: scratch())
        let out = try await withClaude("quickstart", shop, "Write hello.txt\nscenario: write-file")
        #expect(out.contains("I will write hello.txt."))
        #expect(out.hasSuffix("merged into main\n"), "\(out)")
        #expect(try await git(shop, "show", "main:hello.txt") == "hello\n")
    }

    @Test(.enabled(if: claudeIsHere, "no Claude Code here"))
    func quickstartAllowsNothingButWriting() async throws {
        let directory = try scratch()
        let shop = try await repository(below: directory)
        _ = try await withClaude("quickstart", shop, "Run it\nscenario: bash command=\"touch made.txt\"")
        #expect(found("made.txt", below: directory) == 0)
    }

    @Test(.enabled(if: claudeIsHere, "no Claude Code here"))
    func eventsShowsWhatIsThereAndWhatHappens() async throws {
        let out = try await withClaude("events", repository(below: scratch()), "Say hello\nscenario: hello")
        let lines = out.split(separator: "\n")
        #expect(lines.first?.hasSuffix(" Plan") == true, "\(out)")
        let plan = try #require(lines.firstIndex(of: "succeeded Plan"), "\(out)")
        let build = try #require(lines.firstIndex(of: "succeeded Build"), "\(out)")
        #expect(plan < build)
        #expect(lines.last == "assistant: Hello from the scripted model.")
    }

    @Test(.enabled(if: claudeIsHere, "no Claude Code here"))
    func approvalsAsksAPersonWhatNoRuleAnswers() async throws {
        let directory = try scratch()
        let prompt = "Go\nscenario: two-tools first=\"touch made.txt\" second=\"git push\""
        let out = try await withClaude("approvals", repository(below: directory), prompt, "y\n")
        #expect(out.components(separatedBy: "May Bash run with").count == 2, "\(out)")
        #expect(out.contains("touch made.txt") && out.contains("a rule answered Bash"), "\(out)")
        #expect(out.hasSuffix("Ran both.\n"), "\(out)")
        #expect(found("made.txt", below: directory) == 1)
    }

    @Test func ownAgentAsksBeforeItShouts() async throws {
        let shop = try await repository(below: scratch())
        #expect(try await run("own_agent", shop, "one two three") == "3 words\n")
        #expect(try await run("own_agent", shop, "one two!", "y\n") == "Shout? [y/N] 2 WORDS\n")
        #expect(try await run("own_agent", shop, "one two!", "n\n") == "Shout? [y/N] 2 words\n")
    }

    @Test func ownTaskIsLetPassOnceAndTriedAgain() async throws {
        let shop = try await repository(below: scratch())
        let out = try await run("own_task", shop, "start about", "y\n")
        #expect(out == "Publish 2 pages? [y/N] start\nabout\npublished 2 pages in attempt 2\n")
        #expect(try await run("own_task", shop, "start", "n\n") == "Publish 1 pages? [y/N] nothing published\n")
    }

    /// The watcher is another process on the same store; a person answers there.
    @Test(.enabled(if: claudeIsHere, "no Claude Code here"))
    func watchShowsALiveSessionAndTakesAnswers() async throws {
        let directory = try scratch()
        let shop = try await repository(below: directory)
        let scenario = repository.appendingPathComponent("examples/board/scenario.toml").path
        let model = try ScriptedModel(program: Programs.model, scenarios: [scenario])
        defer { model.stop() }
        let claude = AgentConfig.claudeCode(program: Programs.claude, inheritEnv: false, env: model.env(home: directory))
        let maestro = try await Maestro.open(
            .sqlite(directory + "/maestro.db"), agents: ["claude": claude], worktrees: directory + "/worktrees")
        try await maestro.projects.ensure("shop", path: shop)
        let before = try await maestro.tasks.submit("Say hello\nscenario: hello", project: "shop", title: "Before")
        _ = try await before.wait()
        let watch = try Launched(
            try #require(Programs.examples) + "/maestro-watch", [directory + "/maestro.db"], environment: ["PATH": "/usr/bin:/bin"])
        var out = await watch.printed(until: "succeeded Before\n")
        let task = try await maestro.tasks.submit("Plan\nscenario: board", project: "shop", title: "Plan")
        out += await watch.printed(until: "allow? [y/N] ")
        #expect(out.contains("until all of them are there.\n"), "\(out)")
        #expect(out.components(separatedBy: "I plan <img").count == 2, "\(out)")
        #expect(out.contains("tool Write\n"), "\(out)")
        try watch.type("y\n")
        guard case .succeeded = try await task.wait() else {
            Issue.record("\(try await task.wait())")
            return
        }
        #expect(await watch.printed(until: "task succeeded\n").contains("Written.\n"))
        watch.stop()
        try await maestro.close()
    }
}
