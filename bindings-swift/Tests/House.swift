import Foundation
import MaestroKit
import MaestroTesting

#if canImport(Glibc)
import Glibc
#endif

let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// A directory for one test.
func scratch() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("maestro-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

/// Where the real Claude Code, the model that it talks to and the built examples are. `test.sh` says so; elsewhere there are none to test.
enum Programs {
    private static let environment = ProcessInfo.processInfo.environment
    static let claude = environment["MAESTRO_CLAUDE"].flatMap { $0.isEmpty ? nil : $0 }
    static let model = environment["MAESTRO_SCRIPTED_MODEL"] ?? ""
    static let examples = environment["MAESTRO_PROGRAMS"]
}

/// A program that was started, and what it has printed.
final class Launched: @unchecked Sendable {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init(_ program: String, _ arguments: [String], environment: [String: String], directory: String? = nil) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func type(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
    func endInput() throws { try input.fileHandleForWriting.close() }

    /// What it prints until that holds a text, or to its end. It is read on a thread that no `Task` needs.
    func printed(until wanted: String? = nil) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [output] in
                var bytes = Data()
                while wanted.map({ !String(decoding: bytes, as: UTF8.self).contains($0) }) ?? true {
                    let more = output.fileHandleForReading.availableData
                    if more.isEmpty { break }
                    bytes += more
                }
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// Its exit code, once its output has ended.
    func exitCode() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    func stop() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    deinit { stop() }
}

/// Git in a directory.
@discardableResult
func git(_ directory: String, _ arguments: String...) async throws -> String {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"]
    let git = try Launched("/usr/bin/git", identity + arguments, environment: ["HOME": directory], directory: directory)
    let printed = await git.printed()
    if git.exitCode() != 0 { throw MaestroError(.internal, "git \(arguments): \(printed)") }
    return printed
}

/// A repository with one commit, below a directory.
func repository(below directory: String) async throws -> String {
    let shop = directory + "/shop"
    try FileManager.default.createDirectory(atPath: shop, withIntermediateDirectories: true)
    try await git(shop, "init", "-q", "-b", "main")
    try await git(shop, "commit", "-q", "--allow-empty", "-m", "Begin")
    return shop
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
