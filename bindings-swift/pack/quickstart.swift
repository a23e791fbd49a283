// The shortest way from nothing to an agent's answer: a scripted agent, so that no account is needed.
import Foundation
import MaestroKit
import MaestroTesting

let shopPath = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
try FileManager.default.createDirectory(atPath: shopPath, withIntermediateDirectories: true)

let maestro = try await Maestro.open(agents: ["claude": .scripted([.say("I wrote the plan."), .write("PLAN.md", content: "1. dark mode\n")])])
let shop = try await maestro.projects.ensure("shop", path: shopPath)
let plan = try await maestro.tasks.submit("Write PLAN.md for dark mode", project: shop)
for try await event in plan.events() {
    if case .message(let message) = event.data, case .text(let text)? = message.blocks.first { print(message.role, text) }
}
print(try await plan.wait())
try await maestro.close()
