import Foundation
import MaestroKit
import MaestroTesting

let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// A directory for one test.
func scratch() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("maestro-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

/// Runs a test with a node that has the project `shop` in a directory of its own, and closes it.
func inShop<Result>(
    _ script: [Step]? = nil, scripts: [String: [Step]] = [:], agents: [String: AgentConfig]? = nil, tasks: [String: any TaskKind] = [:],
    mcpServers: [String: [any Tool]] = [:], permissionHandler: (any PermissionHandler)? = nil, storage: Storage = .memory,
    _ test: (Maestro) async throws -> Result
) async throws -> Result {
    let agents = agents ?? ["a": .scripted(script, scripts: scripts)]
    let directory = try scratch()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let maestro = try await Maestro.open(
        storage, agents: agents, tasks: tasks, mcpServers: mcpServers, permissionHandler: permissionHandler,
        worktrees: directory + "/worktrees", stateDirectory: directory + "/state")
    try FileManager.default.createDirectory(atPath: directory + "/shop", withIntermediateDirectories: true)
    do {
        try await maestro.projects.ensure("shop", path: directory + "/shop")
        let result = try await test(maestro)
        try await maestro.close()
        return result
    } catch {
        try await maestro.close()
        throw error
    }
}

extension Feed {
    /// The first thing that is made of an element.
    func first<Found>(_ find: (Element) throws -> Found?) async throws -> Found {
        for try await element in self {
            if let found = try find(element) { return found }
        }
        throw MaestroError(.notFound, "the feed ended without it")
    }

    func all() async throws -> [Element] {
        var elements: [Element] = []
        for try await element in self { elements.append(element) }
        return elements
    }
}

/// What an event asks, if it is a request for approval.
func asked(_ event: Event) -> ApprovalRequested? {
    if case .approvalRequested(let asked) = event.data { asked } else { nil }
}

/// The error that is thrown.
func failure(_ body: () async throws -> some Any) async -> MaestroError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? MaestroError
    }
}

/// Something that a test waits for.
actor Signal<Value: Sendable> {
    private var value: Value?
    private var waiting: [CheckedContinuation<Value, Never>] = []

    func send(_ value: Value) {
        self.value = value
        waiting.forEach { $0.resume(returning: value) }
        waiting = []
    }

    func wait() async -> Value {
        if let value { return value }
        return await withCheckedContinuation { waiting.append($0) }
    }
}
