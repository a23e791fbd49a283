import Foundation
import MaestroKit
import Testing

private let sessions = 100

/// How many conversations there were, and are.
private final class Counted: Agent, @unchecked Sendable {
    private let lock = NSLock()
    private var counts = (opened: 0, held: 0)

    var opened: Int { lock.withLock { counts.opened } }
    var held: Int { lock.withLock { counts.held } }

    func open(_ opening: AgentOpening) async throws -> any Conversation {
        lock.withLock { counts = (counts.opened + 1, counts.held + 1) }
        return Talk(agent: self)
    }

    func gone() {
        lock.withLock { counts.held -= 1 }
    }
}

private final class Talk: Conversation {
    let agent: Counted

    init(agent: Counted) {
        self.agent = agent
    }

    deinit {
        agent.gone()
    }

    func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd {
        let decision = try await prompt.ask(tool: "Deploy", title: "Deploy?")
        if case .allow = decision { return TurnEnd(result: "allow") }
        return TurnEnd(result: "deny")
    }
}

private struct AllowAll: PermissionHandler {
    func decide(_ approval: ApprovalInfo) async throws -> Decision? { .allow() }
}

@Suite struct HeldTests {
    @Test func whatIsOverIsLetGoOf() async throws {
        let own = Counted()
        try await inShop(agents: ["own": .custom(own)], permissionHandler: AllowAll()) { maestro in
            for _ in 0..<sessions / 10 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<10 {
                        group.addTask {
                            let session = try await maestro.sessions.open(project: "shop")
                            try await session.prompt("Go")
                            let result: String? = try await session.events().first {
                                if case .turnEnded(let ended) = $0.data { ended.result ?? "" } else { nil }
                            }
                            #expect(result == "allow")
                            try await session.close()
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(own.opened == sessions)
            // Word that a conversation is over comes a moment after the session is closed.
            for _ in 0..<1000 where own.held > 0 { _ = try await maestro.projects.list() }
            #expect(own.held == 0)
        }
    }
}
