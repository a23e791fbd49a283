import Foundation
import MaestroBindings
#if canImport(os)
import os
#endif

/// What the embedder implements, as the core calls it.
final class Port: Foreign, @unchecked Sendable {
    private let agents: [String: AgentConfig]
    private let tasks: [String: any TaskKind]
    private let mcpServers: [String: [any Tool]]
    private let permissionHandler: (any PermissionHandler)?
    private let hooks: [String: Hook]

    let exceptions = Exceptions()
    // What changes is behind the lock.
    private let lock = NSLock()
    private var underWay: [UInt64: Task<Void, Never>] = [:]
    private var conversations: [UInt64: any Conversation] = [:]
    private weak var node: Node?
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(
        agents: [String: AgentConfig], tasks: [String: any TaskKind], mcpServers: [String: [any Tool]],
        permissionHandler: (any PermissionHandler)?
    ) {
        self.agents = agents
        self.tasks = tasks
        self.mcpServers = mcpServers
        self.permissionHandler = permissionHandler
        let named = agents.flatMap { name, agent in agent.hooks.enumerated().map { ("\(name)/\($0)", $1) } }
        hooks = Dictionary(uniqueKeysWithValues: named)
    }

    /// Adds what the core has to know of it.
    func configure(_ config: inout Args) {
        config.put("agents", JSON.object(JSON.Object(pairs: agents.map { ($0, $1.config(name: $0)) })))
        config.put("tasks", tasks.keys.sorted())
        config.put("mcp_servers", mcpServers.mapValues { $0.map { ["name": .string($0.name), "description": .string($0.description), "schema": $0.schema] as JSON } })
        config.put("permission_handler", permissionHandler != nil)
    }

    /// There is a node now, or there will be none.
    func opened(_ node: Node?) {
        let waiting = lock.withLock {
            self.node = node
            isOpen = true
            defer { self.waiting = [] }
            return self.waiting
        }
        waiting.forEach { $0.resume() }
    }

    /// A way back to the node. Work that was parked may run before it has opened: then this waits.
    func link() async throws -> Link {
        await withCheckedContinuation { continuation in
            let ready = lock.withLock {
                if !isOpen { waiting.append(continuation) }
                return isOpen
            }
            if ready { continuation.resume() }
        }
        guard let node = lock.withLock({ node }) else { throw MaestroError(.closed, "the node is gone") }
        return Link(node: node, host: node.host)
    }

    func call(id: UInt64, name: String, request: String, reply: Reply) {
        // Under the lock, so that it is noted before it can end.
        lock.withLock {
            underWay[id] = Task { [self] in
                let answer: Result<JSON, any Error>
                do { answer = .success(try await self.answer(id, name, JSON(text: request))) } catch { answer = .failure(error) }
                // First, since after the answer the same id may be that of a conversation that is over.
                _ = lock.withLock { underWay.removeValue(forKey: id) }
                switch answer {
                case .success(let answer): reply.succeed(answer: answer.text)
                case .failure(let error): reply.fail(info: exceptions.keep(error).json.text)
                }
            }
        }
    }

    func cancel(id: UInt64) {
        // What is let go of here may run code of the embedder: not under the lock.
        let (task, conversation) = lock.withLock {
            (underWay.removeValue(forKey: id), conversations.removeValue(forKey: id))
        }
        task?.cancel()
        _ = conversation
    }

    private func answer(_ id: UInt64, _ name: String, _ request: JSON) async throws -> JSON {
        var fields = try Fields(request, "the request `\(name)`")
        switch name {
        case "task.run":
            let run = try TaskRun(id: id, fields: &fields, port: self)
            guard let kind = tasks[run.kind] else { throw missing("task kind", run.kind) }
            return ["outcome": try await kind.run(run).json]
        case "permission.decide":
            return try await permissionHandler?.decide(fields.need("approval")).write() ?? .null
        case "tool.call":
            let (server, tool): (String, String) = (try fields.need("server"), try fields.need("tool"))
            guard let found = mcpServers[server]?.first(where: { $0.name == tool }) else { throw missing("tool", tool) }
            return try await found.call(fields.take("input", nil))
        case "hook.call":
            let handler: String = try fields.need("handler")
            guard let hook = hooks[handler] else { throw missing("hook", handler) }
            return try await hook.handler(HookCall(&fields)).json
        case "fault":
            let (message, error): (String, ErrorInfo) = (try fields.need("message"), try fields.need("error"))
            reportFault("\(message): \(error.message)")
            return .null
        case "agent.open":
            let opening = try AgentOpening(&fields)
            guard let agent = agents[opening.agent]?.agent else { throw missing("agent", opening.agent) }
            let conversation = try await agent.open(opening)
            // One that was cancelled meanwhile is let go of here: nobody does it later.
            let wanted = lock.withLock {
                if underWay[id] != nil { conversations[id] = conversation }
                return underWay[id] != nil
            }
            guard wanted else { throw CancellationError() }
            return Args { $0.put("agent_session_id", conversation.agentSessionID) }.json
        case "agent.evidence":
            let agent: String = try fields.need("agent")
            guard let found = agents[agent]?.agent else { throw missing("agent", agent) }
            return .string(try await found.evidence(cwd: fields.need("cwd"), pointer: fields.need("pointer")).rawValue)
        default:
            let of: Int = try fields.need("conversation")
            let conversation = lock.withLock { conversations[UInt64(of)] }
            guard let conversation else { throw MaestroError(.closed, "the conversation is over") }
            return try await ask(conversation, of, name, &fields)
        }
    }

    private func ask(_ conversation: any Conversation, _ id: Int, _ name: String, _ fields: inout Fields) async throws -> JSON {
        switch name {
        case "agent.prompt":
            let prompt = AgentPrompt(conversation: id, turn: try fields.need("turn"), blocks: try fields.need("prompt"), text: try fields.need("text"), port: self)
            return try await conversation.prompt(prompt).json
        case "agent.steer":
            let blocks: [ContentBlock] = try fields.need("prompt")
            try await conversation.steer(Prompt(blocks))
        case "agent.set_mode": try await conversation.setMode(fields.need("mode"))
        case "agent.set_model": try await conversation.setModel(fields.need("model"))
        case "agent.control": return try await conversation.control(fields.take("request", nil))
        case "agent.close": try await conversation.close()
        default: throw MaestroError(.unsupported, "this version of MaestroKit has no `\(name)`")
        }
        return .null
    }

    /// Where a user of the system looks for what went wrong.
    private func reportFault(_ text: String) {
        #if canImport(os)
        Logger(subsystem: "maestro", category: "faults").error("\(text, privacy: .public)")
        #else
        FileHandle.standardError.write(Data("maestro: \(text)\n".utf8))
        #endif
    }

    private func missing(_ what: String, _ name: String) -> MaestroError {
        MaestroError(.notFound, "there is no \(what) \(name)")
    }
}
