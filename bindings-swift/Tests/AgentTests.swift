import MaestroKit
import MaestroTesting
import Testing

/// An agent that does what it is asked.
private struct Mine: Agent {
    let can: Set<AgentAbility> = [.steer, .setMode, .control]
    let hanging = Signal<Void>()
    let stopped = Signal<Void>()

    func open(_ opening: AgentOpening) async throws -> any Conversation {
        if opening.spec.title == "refuse" { throw MaestroError(.unavailable, "KeyError: 'mood'") }
        return Talk(agent: self, cwd: opening.cwd)
    }
}

private struct Talk: Conversation {
    let agent: Mine
    let cwd: String
    let agentSessionID: String? = "mine-1"

    func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd {
        switch prompt.text {
        case "ask":
            let decision = try await prompt.ask(tool: "Deploy", title: "Deploy?", input: ["n": 1])
            if case .allow = decision { try await prompt.say("deployed") } else { try await prompt.say("kept") }
        case "lie": try await prompt.report(.taskEnded(TaskEnded()))
        case "fail": throw MaestroError(.unavailable, "KeyError: 'mood'")
        case "crash": throw Crash()
        case "hang":
            await agent.hanging.send(())
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                await agent.stopped.send(())
                throw error
            }
        default: try await prompt.say("I am in \(cwd.split(separator: "/").last ?? "").")
        }
        return TurnEnd(usage: Usage(outputTokens: 7), cost: 0.012)
    }

    func setMode(_ mode: String) async throws {
        if mode != "plan" { throw MaestroError(.invalidArgument, "no such mode") }
    }

    func control(_ request: JSON) async throws -> JSON { ["you": request] }
}

private struct Crash: Error, CustomStringConvertible {
    let description = "Crash: the shelf is empty"
}

@Suite struct AgentTests {
    @Test func itAnswersAndIsCounted() async throws {
        try await inShop(agents: ["mine": .custom(Mine())]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let turn = try await session.prompt("say").wait()
            #expect(turn.result == "I am in shop.")
            #expect(turn.usage.outputTokens == 7)
            #expect(try await session.info().pointer.agentSessionID == "mine-1")
            try await session.setMode("plan")
            #expect(try await session.control([1]) == ["you": [1]])
            let model = await failure { try await session.setModel("big") }
            #expect(model?.kind == .unsupported)
        }
    }

    @Test func whatItThrowsEndsTheTurnWithItsTextAndLosesNothing() async throws {
        try await inShop(agents: ["mine": .custom(Mine())]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let failed = try await session.prompt("fail").wait().error
            #expect(failed?.message == "KeyError: 'mood'")
            #expect(failed?.kind == .unavailable)
            #expect(failed?.retryable == true)
            let crashed = try await session.prompt("crash").wait().error
            #expect(crashed?.message == "Crash: the shelf is empty")
            #expect(crashed?.kind == .internal)
            #expect(try await session.prompt("lie").wait().error?.message.contains("task.ended") == true)
            #expect(try await session.prompt("say").wait().result == "I am in shop.")
        }
    }

    @Test func whatWasThrownIsTheCauseEvenWhereTextsAreTheSame() async throws {
        final class Numbered: Error, CustomStringConvertible {
            let number: Int
            let description = "out of paper"
            init(number: Int) { self.number = number }
        }
        actor Counter {
            var count = 0
            func fail() throws -> Never {
                count += 1
                throw Numbered(number: count)
            }
        }
        struct Printer: Agent, Conversation {
            let counter = Counter()
            let can: Set<AgentAbility> = [.setMode]
            func open(_ opening: AgentOpening) async throws -> any Conversation {
                if opening.spec.model != nil { try await counter.fail() }
                return self
            }
            func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd { TurnEnd(result: "fine") }
            func setMode(_ mode: String) async throws { try await counter.fail() }
        }
        try await inShop(agents: ["printer": .custom(Printer())]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let caught = [
                await failure { try await maestro.sessions.open(project: "shop", model: "any") },
                await failure { try await maestro.sessions.open(project: "shop", model: "any") },
                await failure { try await session.setMode("any") },
            ]
            #expect(caught.allSatisfy { $0?.message == "out of paper" })
            #expect(caught.map { ($0?.cause as? Numbered)?.number } == [1, 2, 3])
            #expect(await failure { try await maestro.projects.get("nowhere") }?.cause == nil)
            #expect(try await session.prompt("hi").wait().result == "fine")
        }
    }

    @Test func itAsksAPerson() async throws {
        try await inShop(agents: ["mine": .custom(Mine())]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let turn = try await session.prompt("ask")
            let question = try await session.events().first(asked)
            #expect(question.title == "Deploy?")
            try await maestro.approvals.allow(question)
            #expect(try await turn.wait().result == "deployed")
        }
    }

    @Test func anInterruptCancelsItsTask() async throws {
        let mine = Mine()
        try await inShop(agents: ["mine": .custom(mine)]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let turn = try await session.prompt("hang")
            await mine.hanging.wait()
            try await session.interrupt()
            #expect(try await turn.wait().stopReason == "cancelled")
            await mine.stopped.wait()
        }
    }

    @Test func aConversationThatIsOverIsLetGo() async throws {
        final class Watched: Conversation, @unchecked Sendable {
            let gone: Signal<Void>
            init(gone: Signal<Void>) { self.gone = gone }
            deinit { Task { [gone] in await gone.send(()) } }
            func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd { TurnEnd(result: "ok") }
        }
        struct Opens: Agent {
            let gone: Signal<Void>
            func open(_ opening: AgentOpening) async throws -> any Conversation { Watched(gone: gone) }
        }
        let gone = Signal<Void>()
        try await inShop(agents: ["mine": .custom(Opens(gone: gone))]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            #expect(try await session.prompt("hi").wait().result == "ok")
            try await session.close()
            await gone.wait()
        }
    }
}
