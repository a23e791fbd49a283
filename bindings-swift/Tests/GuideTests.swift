import Foundation
import MaestroKit
import MaestroTesting
import Testing

/// What the guide shows beside the programs. The regions between `snippet` and `end` are in `docs/guide`, word for word.
@Suite struct GuideTests {
    /// Runs a test with a node that has a scripted agent, and the project `shop` in a git repository.
    private func inRepository(_ script: [Step] = [], _ test: (Maestro, String) async throws -> Void) async throws {
        let directory = try scratch()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let shop = try await repository(below: directory)
        let maestro = try await Maestro.open(agents: ["claude": .scripted(script)], worktrees: directory + "/worktrees")
        try await maestro.projects.ensure("shop", path: shop)
        do {
            try await test(maestro, shop)
        } catch {
            try await maestro.close()
            throw error
        }
        try await maestro.close()
    }

    @Test func aSession() async throws {
        try await inRepository([.say("Two shelves.")]) { maestro, _ in
            // snippet: session
            let session = try await maestro.sessions.open(project: "shop")
            let turn = try await session.prompt("What is in the shop?")  // durable from here on
            let ended = try await turn.wait()
            print(ended.result ?? "")
            try await session.close()
            // end
            #expect(ended.result == "Two shelves.")
        }
    }

    @Test func aSessionIsWatched() async throws {
        try await inRepository([.say("One two three.", pause: .milliseconds(20))]) { maestro, _ in
            let session = try await maestro.sessions.open(project: "shop")
            var (shown, items) = ("", 0)
            // snippet: watch_view
            try await session.prompt("Count")
            for try await view in session.watchView() {  // all of the session as a person sees it, what is being written too
                shown = view.partials.map(\.text).joined()
                print(shown, terminator: "\r")
                items = view.items.count
                if view.state == .idle, view.turns == 1 { break }
            }
            // end
            #expect(shown == "")
            #expect(items == 3)
        }
    }

    @Test func promptsWhileATurnRuns() async throws {
        try await inRepository([.hang]) { maestro, _ in
            let session = try await maestro.sessions.open(project: "shop")
            // snippet: prompts
            let first = try await session.prompt("Count the stock")
            let next = try await session.prompt("Tidy up")  // waits until the first is over
            // end
            _ = try await session.events().first { $0.data.type == "turn.started" ? $0 : nil }
            // snippet: interrupt
            try await session.interrupt()  // the turn under way ends, and the next one begins
            #expect(try await first.wait().stopReason == "cancelled")
            try await next.cancel()  // out of the queue, or interrupted too
            // end
        }
    }

    @Test func warmSessions() async throws {
        let agent = AgentConfig.scripted()
        // snippet: warm
        let maestro = try await Maestro.open(
            agents: ["claude": agent],
            warmSessions: .atMost(20),  // default 8; 0 keeps none, .all keeps all
            startsAtOnce: 4  // default: as many as there are cores
        )
        // end
        try await maestro.close()
        try await Maestro.open(agents: ["claude": agent], warmSessions: .all).close()
        let none = await failure { try await Maestro.open(agents: ["claude": agent], startsAtOnce: 0) }
        #expect(none?.message.contains("starts_at_once") == true)
    }

    @Test func tasksThatNeedOthers() async throws {
        try await inRepository([.say("Done.")]) { maestro, _ in
            // snippet: needs
            let plan = try await maestro.tasks.submit("Write PLAN.md for dark mode", project: "shop")
            let build = try await maestro.tasks.submit(
                "Implement PLAN.md", project: "shop",
                needs: [plan],  // starts from a workspace with its branch merged
                priority: 5, retry: RetryPolicy(maxAttempts: 3), spec: TaskSpec(deadline: .seconds(3600)))
            for reason in try await build.explain() { print("waits: \(reason.code)") }
            // end
            // snippet: outcome
            switch try await build.wait() {
            case .succeeded(let summary, _, _): print(summary)
            case .failed(let error, let retryable): print("\(error.message) (again: \(retryable))")
            case .cancelled(let reason): print("called off: \(reason)")
            case .inputRequired(let reason, _): print("a person is needed: \(reason)")
            case .other(let type, _): print(type)
            }
            // end
            #expect(try await build.wait() == .succeeded("Done."))
            // snippet: reply
            try await build.reply("Now make it blue")  // the same session and workspace
            let outcome = try await build.wait()
            // end
            #expect(outcome == .succeeded("Done."))
            #expect(try await build.info().attempts.count == 2)
        }
    }

    @Test func aTaskIsCalledOff() async throws {
        try await inRepository([.hang]) { maestro, _ in
            let task = try await maestro.tasks.submit("Wait", project: "shop")
            // snippet: cancel
            try await task.cancel(reason: "not needed any more")
            let outcome = try await task.wait()
            // end
            if case .cancelled = outcome {} else { Issue.record("\(outcome)") }
        }
    }

    @Test func workGetsOut() async throws {
        try await inRepository([.write("PLAN.md", content: "1. dark mode\n"), .say("Planned.")]) { maestro, shop in
            let task = try await maestro.tasks.submit("Plan", project: "shop")
            _ = try await task.wait()
            // snippet: workspace
            let workspace = task.workspace
            for file in try await workspace.changes().files { print(file.path) }
            print(try await workspace.diff(), terminator: "")
            let commit = try await workspace.merge(into: "main")  // again, it changes nothing
            try await workspace.remove()  // refused while it holds work that is nowhere else
            // end
            #expect(try await git(shop, "rev-parse", "main") == commit + "\n")
            #expect(try await git(shop, "show", "main:PLAN.md") == "1. dark mode\n")
        }
    }

    @Test func workIsThrownAway() async throws {
        try await inRepository([.write("PLAN.md", content: "1. dark mode\n")]) { maestro, shop in
            let task = try await maestro.tasks.submit("Plan", project: "shop")
            _ = try await task.wait()
            // snippet: discard
            let workspace = task.workspace
            let branch = try await workspace.info().branch ?? ""
            try await workspace.discard(branch)  // its name, so that nobody does it by accident
            // end
            #expect(!branch.isEmpty)
            #expect(try await !git(shop, "branch").contains(branch))
        }
    }

    @Test func aQuestionIsAnswered() async throws {
        try await inRepository([.ask("Which colour?", choices: ["Red", "Blue"]), .say("Painted.")]) { maestro, _ in
            let session = try await maestro.sessions.open(project: "shop")
            let turn = try await session.prompt("Paint it")
            _ = try await session.events().first(asked)
            // snippet: question
            let waiting = try await maestro.approvals.list(ApprovalFilter(states: [.pending])).approvals
            for asked in waiting where asked.kind == .question {
                let question = asked.questions[0].question
                try await maestro.approvals.answer(asked, .object([question: "Blue"]))
            }
            // end
            #expect(try await turn.wait().error == nil)
        }
    }

    @Test func rulesCanBeTried() async throws {
        try await inRepository { maestro, _ in
            try await maestro.approvals.policies.put("Bash(git push:*)", .deny)
            // snippet: ruling
            let call: JSON = ["command": "git status && git push"]
            let ruling = try await maestro.approvals.policies.test("Bash", call, project: "shop")
            #expect(ruling.effect == .deny)  // and nobody was asked
            #expect(ruling.rules.first?.rule == "Bash(git push:*)")
            // end
        }
    }

    @Test func anAccount() async throws {
        try await inRepository { maestro, path in
            // snippet: account
            let key = #"command:["op","read","op://shop/anthropic/key"]"#
            try await maestro.accounts.put("team", agent: "claude_code", credentials: ["ANTHROPIC_API_KEY": key])
            try await maestro.projects.ensure("shop", path: path, account: "team")
            // end
            #expect(try await maestro.accounts.list().map(\.name) == ["team"])
        }
    }

    @Test func errorsSayWhatToDo() async throws {
        try await inRepository { maestro, _ in
            // snippet: errors
            do {
                try await maestro.tasks.submit("", project: "shop")
            } catch let error as MaestroError where error.kind == .invalidArgument {
                print(error, error.context["field"] ?? "")  // names the field
            } catch let error as MaestroError {
                print(error.retryable ? "try again later: \(error)" : "\(error)")
            }
            // end
            let error = await failure { try await maestro.tasks.submit("", project: "shop") }
            #expect(error?.kind == .invalidArgument)
            #expect(error?.message.contains("`prompt`") == true)
        }
    }

    @Test func aScriptedAgent() async throws {
        let path = try scratch()
        defer { try? FileManager.default.removeItem(atPath: path) }
        // snippet: scripted_agent
        let build: [Step] = [.tool(ToolStep(name: "Bash", ask: true, result: "built")), .say("Built.")]
        let maestro = try await Maestro.open(agents: ["claude": .scripted([.say("Hello.")], scripts: ["build": build])])
        let shop = try await maestro.projects.ensure("shop", path: path)
        let task = try await maestro.tasks.submit("Build it\nscenario: build", project: shop)
        // end
        try await maestro.approvals.allow(task.events().first(asked))
        #expect(try await task.wait() == .succeeded("Built."))
        try await maestro.close()
    }

    @Test(.enabled(if: Programs.claude != nil, "no Claude Code here"))
    func theRealClaudeCodeWithoutAnAccount() async throws {
        let (program, modelAt, home) = (try #require(Programs.claude), Programs.model, try scratch())
        // snippet: scripted_model
        let model = try ScriptedModel(program: modelAt)
        let claude = AgentConfig.claudeCode(program: program, inheritEnv: false, env: model.env(home: home))
        let maestro = try await Maestro.open(agents: ["claude": claude])
        let shop = try await maestro.projects.ensure("shop", path: home)
        let session = try await maestro.sessions.open(project: shop)
        let turn = try await session.prompt("Say hello\nscenario: hello text=Hello.")
        // end
        #expect(try await turn.wait().result == "Hello.")
        try await maestro.close()
        model.stop()
    }
}
