// Reads one turn of the stand-in for Claude Code with Maestro, and prints what that took: `stream CLAUDE LINES memory|sqlite`.
import Foundation
import MaestroKit

/// Counts the processor time of all threads of this process, not of its children.
struct Meter {
    private let wall = ContinuousClock.now
    private let cpu = Meter.processorSeconds()

    func stop() -> (seconds: Double, cpuSeconds: Double) {
        let spent = ContinuousClock.now - wall
        return (Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18, Meter.processorSeconds() - cpu)
    }

    private static func processorSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}

/// What a consumer was given.
struct Tally {
    var events = 0, deltas = 0, deltaChars = 0, textChars = 0, thoughtChars = 0, calls = 0, results = 0, resultChars = 0

    /// Looks at all that comes, to the end of the turn.
    static func read(_ feed: Feed<Event>) async throws -> Tally {
        var tally = Tally()
        for try await event in feed {
            tally.events += 1
            switch event.data {
            case .messageDelta(let piece):
                tally.deltas += 1
                tally.deltaChars += piece.text.unicodeScalars.count
            case .thoughtDelta:
                tally.deltas += 1
            case .message(let message) where message.role == "assistant":
                for case .text(let text) in message.blocks { tally.textChars += text.unicodeScalars.count }
            case .thought(let thought):
                tally.thoughtChars += thought.text.unicodeScalars.count
            case .toolStarted:
                tally.calls += 1
            case .toolEnded(let ended):
                tally.results += 1
                for content in ended.content {
                    switch content {
                    case .text(let text), .terminal(let text, _): tally.resultChars += text.unicodeScalars.count
                    default: break
                    }
                }
            case .turnEnded:
                return tally
            default:
                break
            }
        }
        return tally
    }
}

let (claude, lines, storage) = (CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3])
let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
let maestro = try await Maestro.open(
    storage == "sqlite" ? .sqlite(directory + "/bench.db") : .memory,
    agents: ["claude": .claudeCode(program: claude, env: ["BENCH_LINES": lines])])
let project = try await maestro.projects.ensure("bench", path: directory)
let session = try await maestro.sessions.open(project: project)

let meter = Meter()
try await session.prompt("Go.")
let tally = try await Tally.read(session.events())
let spent = meter.stop()
let replay = Meter()
let again = try await Tally.read(session.events())
let replayed = replay.stop()
try await session.close()
try await maestro.close()
try FileManager.default.removeItem(atPath: directory)

/// The most memory that was resident, in KiB.
func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first ?? "") ?? 0
}
let told: [String: Any] = [
    "seconds": spent.seconds, "cpu_seconds": spent.cpuSeconds, "peak_kib": try peak(), "events": tally.events, "deltas": tally.deltas,
    "delta_chars": tally.deltaChars, "text_chars": tally.textChars, "thought_chars": tally.thoughtChars, "calls": tally.calls,
    "results": tally.results, "result_chars": tally.resultChars, "again_events": again.events, "again_seconds": replayed.seconds,
    "again_cpu_seconds": replayed.cpuSeconds,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: told), as: UTF8.self))
