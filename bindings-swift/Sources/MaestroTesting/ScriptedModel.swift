#if os(Linux) || os(macOS)
import Foundation
import MaestroKit

/// A model endpoint on loopback that plays scenarios, so that the real Claude Code can be tested without an account. Give its `env` to
/// `.claudeCode`, with `inheritEnv: false`.
///
/// It ends with `stop()`, or when nothing holds it any more.
public final class ScriptedModel: @unchecked Sendable {
    private let process = Process()
    /// Where it listens.
    public let url: String

    /// Starts it. `program` is the built `scripted-model` of Maestro's repository; `scenarios` are files or directories beside those that it
    /// has.
    public init(program: String, scenarios: [String] = []) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = scenarios.flatMap { ["--scenarios", $0] }
        process.standardOutput = output
        try process.run()
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output.fileHandleForReading.fileDescriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        url = String(decoding: line, as: UTF8.self)
        if url.isEmpty { throw MaestroError(.unavailable, "the scripted model \(program) did not start") }
    }

    /// Variables with which Claude Code talks to it alone. `home` is its home directory.
    public func env(home: String) -> [String: String] {
        [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home, "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": "sk-fake", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        ]
    }

    /// Ends it.
    public func stop() {
        // A child may have been started with signals blocked; this one has nothing to clean up.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    deinit {
        stop()
    }
}
#endif
