// Runs scripted sessions in one process and prints, after each batch, how much memory is in use; leaks.sh judges it: `leaks SESSIONS`.
//
// Half of the sessions are of a scripted agent whose tools the permission handler allows, half of an agent in Swift. Each is opened,
// prompted, followed to the end of its turn, and closed.
import Foundation
import MaestroKit
import MaestroTesting
import Malloc

/// After how many sessions memory is looked at, when none is open.
let batchSize = 100
/// How many are open at once.
let atOnce = 10

struct Talk: Conversation {
    func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd {
        TurnEnd(result: "Noted: \(prompt.text)")
    }
}

struct Own: Agent {
    func open(_ opening: AgentOpening) async throws -> any Conversation { Talk() }
}

struct AllowAll: PermissionHandler {
    func decide(_ approval: ApprovalInfo) async throws -> Decision? { .allow() }
}

/// The bytes that are allocated, by Swift, Rust and SQLite, in all arenas and in maps of their own.
func inUse() -> Int {
    let info = mallinfo2()
    return Int(info.uordblks + info.hblkhd)
}

func resident() -> Int {
    let status = try! String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }!
    return Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1])!
}

func session(_ maestro: Maestro, _ agent: String) async throws {
    let session = try await maestro.sessions.open(project: "shop", agent: agent)
    try await session.prompt("Say hello")
    for try await event in session.events() {
        guard case .turnEnded(let ended) = event.data else { continue }
        if let error = ended.error { fatalError("\(error)") }
        break
    }
    try await session.close()
}

let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
// Not in memory, where the records that sessions leave would be memory in use.
let maestro = try await Maestro.open(
    .sqlite(directory + "/maestro.db", relaxed: true),
    agents: ["scripted": .scripted([.tool(ToolStep(name: "Bash", ask: true, result: "ok")), .say("Hello there.")], rememberIn: directory + "/memory"), "own": .custom(Own())],
    permissionHandler: AllowAll())
try await maestro.projects.ensure("shop", path: directory)
for batch in 1...Int(CommandLine.arguments[1])! / batchSize {
    for _ in 0..<batchSize / atOnce {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<atOnce { group.addTask { try await session(maestro, number % 2 == 0 ? "scripted" : "own") } }
            try await group.waitForAll()
        }
    }
    print("sample \(batch * batchSize) \(inUse()) \(resident())")
}
try await maestro.close()
try FileManager.default.removeItem(atPath: directory)
