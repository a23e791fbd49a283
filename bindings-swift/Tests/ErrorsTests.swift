import MaestroKit
import MaestroTesting
import Testing

@Suite struct ErrorsTests {
    @Test func kindsAndFactsArrive() async throws {
        try await inShop { maestro in
            let missing = await failure { try await maestro.projects.get("nowhere") }
            #expect(missing?.kind == .notFound)
            #expect(missing?.retryable == false)
            #expect(missing?.description.contains("nowhere") == true)
            let other = await failure { try await maestro.projects.ensure("shop", path: "/tmp") }
            #expect(other?.kind == .conflict)
        }
    }

    @Test func badInputNamesTheField() async throws {
        try await inShop { maestro in
            let id = await failure { try await maestro.tasks.get("no id") }
            #expect(id?.kind == .invalidArgument)
            #expect(id?.context["field"] == "task_id")
            let priority = await failure { try await maestro.tasks.submit("x", project: "shop", priority: Int.max) }
            #expect(priority?.kind == .invalidArgument)
            #expect(priority?.context["field"]?.contains("priority") == true)
            let empty = await failure { try await maestro.tasks.submit("", project: "shop") }
            #expect(empty?.kind == .invalidArgument)
            let type = await failure { try await maestro.events.emit("deploy") }
            #expect(type?.kind == .invalidArgument)
            let limit = await failure { try await maestro.events.read(limit: 0) }
            #expect(limit?.context["field"] == "limit")
            let page = await failure { try await maestro.tasks.list(TaskFilter(pageToken: "?")) }
            #expect(page?.kind == .invalidArgument)
            let tenant = await failure { try maestro.scoped(tenant: "") }
            #expect(tenant?.kind == .invalidArgument)
        }
    }

    @Test func badConfigurationNamesTheField() async throws {
        let negative = await failure { try await Maestro.open(concurrency: -1) }
        #expect(negative?.kind == .invalidConfig)
        #expect(negative?.context["field"] == "concurrency")
        let duration = await failure { try await Maestro.open(leaseTTL: .seconds(-1)) }
        #expect(duration?.context["field"] == "lease_ttl_ms")
        let nowhere = await failure { try await Maestro.open(.sqlite("/nowhere/at/all/maestro.db")) }
        #expect(nowhere != nil)
        let program = await failure { try await Maestro.open(agents: ["c": .claudeCode(hooks: [Hook("", handler: { _ in .proceed })])]) }
        #expect(program != nil)
    }
}
