import MaestroKit
import MaestroTesting
import Testing

@Test func opens() async throws {
    let maestro = try await Maestro.open(agents: ["a": .scripted([.say("hi")])])
    try await maestro.close()
}
