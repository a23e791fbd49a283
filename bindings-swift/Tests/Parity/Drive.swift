import Foundation
import MaestroKit
import MaestroTesting

/// One case under way.
final class Stage {
    let dir: String
    private(set) var nodes: [String: Maestro] = [:]
    var names: [String: String] = [:]

    init(dir: String) {
        self.dir = dir
    }

    private func filled(_ value: JSON) -> JSON {
        switch value {
        case .string(var text):
            text = text.replacingOccurrences(of: "$dir", with: dir)
            // The longest first: `$task` is the beginning of `$task_two`.
            for (name, saved) in names.sorted(by: { $0.key.count > $1.key.count }) {
                text = text.replacingOccurrences(of: "$" + name, with: saved)
            }
            return .string(text)
        case .array(let items): return .array(items.map(filled))
        case .object(let fields):
            var filled = JSON.Object()
            for (key, value) in fields { filled[key] = self.filled(value) }
            return .object(filled)
        default: return value
        }
    }

    func take(_ step: Given) async throws -> Came {
        let a = Given(json: filled(step["args"] ?? [:]))
        let on = step.maybe("on") ?? "a"
        switch step.text("call") {
        case "open":
            nodes[on] = try await open(a)
            return .result(.null)
        case "scoped":
            let actor = try a["actor"].map { try Actor(json: $0) }
            nodes[on] = try nodes[a.maybe("of") ?? "a"]?.scoped(tenant: a.text("tenant"), actor: actor)
            return .result(.null)
        case "git": return .result(.string(try git(a["args"]?.array?.compactMap(\.string) ?? [])))
        case "file": return .result(.string(try String(contentsOfFile: a.text("path"), encoding: .utf8)))
        default:
            guard let node = nodes[on] else { throw MaestroError(.notFound, "no node \(on)") }
            return try await call(node, step, a)
        }
    }

    private func open(_ a: Given) async throws -> Maestro {
        var agents: [String: AgentConfig] = [:]
        for (name, given) in a["agents"]?.object ?? [:] { agents[name] = try agent(given) }
        return try await Maestro.open(
            a.maybe("storage").map { .sqlite($0) } ?? .memory, agents: agents, tasks: a["tasks"] == true ? ownTasks : [:],
            permissionHandler: a["permission_handler"] == true ? Clerk() : nil, concurrency: a["concurrency"]?.int,
            startsAtOnce: a["starts_at_once"]?.int, worktrees: a.maybe("worktrees"))
    }

    private func agent(_ given: JSON) throws -> AgentConfig {
        if given == "own" { return .custom(Mirror()) }
        func steps(_ script: JSON) throws -> [Step] { try (script.array ?? []).map { try Step(json: $0) } }
        var scripts: [String: [Step]] = [:]
        for (name, script) in given["scripts"]?.object ?? [:] { scripts[name] = try steps(script) }
        return .scripted(try given["default"].map(steps), scripts: scripts, rememberIn: given["remember_in"]?.string)
    }

    private func git(_ arguments: [String]) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", dir + "/shop", "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"] + arguments
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw MaestroError(.unavailable, "git \(arguments) failed") }
        return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}

private func found(_ value: JSON, _ path: String) -> JSON? {
    var value: JSON? = value
    for part in path.split(separator: ".") {
        value = if let at = Int(part) { value?[at] } else { value?[String(part)] }
    }
    return value
}

/// Takes the steps of every case through the public API, and gives what came of them as JSON lines.
func parity() async throws -> String {
    let directory = repository.appendingPathComponent("docs/parity")
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".json") }
    var lines: [JSON] = []
    for file in files.sorted() {
        let text = try String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)
        try await drive(JSON.string(String(file.dropLast(5))), JSON(text: text)["steps"]?.array ?? []) { lines.append($0) }
    }
    return lines.map { $0.text + "\n" }.joined()
}

private func drive(_ name: JSON, _ steps: [JSON], _ write: (JSON) -> Void) async throws {
    let stage = Stage(dir: URL(fileURLWithPath: try scratch()).resolvingSymlinksInPath().path)
    defer { try? FileManager.default.removeItem(atPath: stage.dir) }
    try FileManager.default.createDirectory(atPath: stage.dir + "/shop", withIntermediateDirectories: true)
    write(["case": name, "dir": .string(stage.dir)])
    for (number, step) in steps.enumerated() {
        var line: JSON.Object = ["case": name, "step": .int(number)]
        var last: JSON = .null
        do {
            switch try await stage.take(Given(json: step)) {
            case .result(let value): (line["result"], last) = (value, value)
            case .events(let events): (line["events"], last) = (.array(events), events.last ?? .null)
            }
        } catch let error as MaestroError {
            line["error"] = error.info.json
        }
        for (name, path) in step["save"]?.object ?? [:] {
            if let saved = found(last, path.string ?? "")?.string { stage.names[name] = saved }
        }
        write(.object(line))
    }
    for node in stage.nodes.values { try await node.close() }
}
