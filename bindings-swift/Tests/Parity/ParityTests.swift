import Foundation
import MaestroKit
import Testing

private let environment = ProcessInfo.processInfo.environment

@Suite struct ParityTests {
    /// What Swift does, case by case, is what the other languages do. `test.sh` says where the program is that compares.
    @Test(.enabled(if: environment["MAESTRO_PARITY"] != nil, "no program to compare with"))
    func everyCaseComesOutAsExpected() async throws {
        let program = URL(fileURLWithPath: try #require(environment["MAESTRO_PARITY"]))
        let directory = program.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("parity")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let trace = directory.appendingPathComponent("swift.jsonl")
        try await parity().write(to: trace, atomically: true, encoding: .utf8)
        let (compare, output) = (Process(), Pipe())
        compare.executableURL = program
        compare.arguments = ["compare", "swift=" + trace.path]
        compare.standardOutput = output
        try compare.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        compare.waitUntilExit()
        #expect(compare.terminationStatus == 0, "\(said)")
    }
}
