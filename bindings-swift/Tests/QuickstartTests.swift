import Foundation
import MaestroKit
import MaestroTesting
import Testing

@Suite struct QuickstartTests {
    @Test func aTaskRunsAndIsMerged() async throws {
        let script: [Step] = [.say("I write the plan."), .write("PLAN.md", content: "dark\n"), .say("Done.")]
        try await inShop(script) { maestro in
            let plan = try await maestro.tasks.submit("Write PLAN.md", project: "shop", title: "The plan")
            let build = try await maestro.tasks.submit("Build it", project: "shop", needs: [plan])
            let events = try await plan.events().all()
            #expect(events.first?.data.type == "task.submitted")
            #expect(events.last?.data.type == "task.ended")
            #expect(try await build.wait() == .succeeded("Done."))
            let info = try await plan.info()
            #expect(info.state == .succeeded)
            #expect(info.spec.title == "The plan")
            #expect(info.createdAt.timeIntervalSinceNow < 0)
            let list = try await maestro.tasks.list(TaskFilter(states: [.succeeded]))
            #expect(Set(list.tasks.map(\.id)) == [plan.id, build.id])
        }
    }

    @Test func theStoreOutlivesTheNode() async throws {
        let directory = try scratch()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let storage = Storage.sqlite(directory + "/maestro.db")
        let first = try await Maestro.open(storage, agents: ["a": .scripted()], concurrency: 0)
        try await first.projects.ensure("shop", path: directory)
        let task = try await first.tasks.submit("Hello", project: "shop")
        #expect(try await task.explain() != [])
        try await first.close()
        let maestro = try await Maestro.open(storage, agents: ["a": .scripted([.say("Hello.")])])
        #expect(try await maestro.tasks.handle(task.id).wait() == .succeeded("Hello."))
        try await maestro.close()
        try await maestro.close(.park)
        let closed = await failure { try await maestro.tasks.submit("Late", project: "shop") }
        #expect(closed?.kind == .closed)
    }

    @Test func aSessionIsAConversation() async throws {
        try await inShop([.say("Hello from the script.")]) { maestro in
            let session = try await maestro.sessions.open(project: "shop", title: "Talk")
            let turn = try await session.prompt("Hi")
            let info = try await turn.wait()
            #expect(info.result == "Hello from the script.")
            #expect(try await session.info().turns == 1)
            let view = try await session.view()
            #expect(view.items.count >= 2)
            let first = try await session.watchView(keep: 1).first { $0 }
            #expect(first.items.count == 1)
            #expect(try await maestro.sessions.list().sessions.map(\.id) == [session.id])
            try await session.close()
            #expect(try await session.info().state == .closed)
            #expect(try await session.events().all().last?.data.type == "session.closed")
        }
    }

    @Test func aScopedNodeSeesItsTenantOnly() async throws {
        try await inShop { maestro in
            let other = try maestro.scoped(tenant: "other", actor: Actor(kind: .person, id: "ada"))
            #expect(try await other.projects.list() == [])
            #expect(try await maestro.projects.list().map(\.name) == ["shop"])
            #expect(try await other.node().id == maestro.node().id)
        }
    }

    @Test func warmSessionsAndGetAreAsInTheOthers() async throws {
        try await inShop { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            #expect(try await maestro.sessions.get(session).id == session.id)
            let missing = await failure { try await maestro.sessions.get("00000000-0000-7000-8000-000000000000") }
            #expect(missing?.kind == .notFound)
        }
        for warm in [WarmSessions.all, .atMost(0)] {
            let maestro = try await Maestro.open(agents: ["a": .scripted()], warmSessions: warm, startsAtOnce: 1)
            try await maestro.close()
        }
        let none = await failure { try await Maestro.open(startsAtOnce: 0) }
        #expect(none?.kind == .invalidConfig)
    }

    @Test func theRestAnswers() async throws {
        try await inShop { maestro in
            #expect(try await maestro.agents.list().map(\.name) == ["a"])
            #expect(try await maestro.agents.probe("a").installed)
            try await maestro.accounts.put("team", agent: "a", credentials: ["A_KEY": "env:A_KEY"])
            #expect(try await maestro.accounts.list().map(\.name) == ["team"])
            #expect(try await maestro.accounts.get("team").credentials == ["A_KEY": "env:A_KEY"])
            #expect(try await maestro.accounts.status("team").login == .unknown)
            try await maestro.accounts.remove("team")
            #expect(try await maestro.projects.get("shop").name == "shop")
        }
    }
}
