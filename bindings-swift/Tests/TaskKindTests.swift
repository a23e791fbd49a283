import MaestroKit
import MaestroTesting
import Testing

private struct Shelf: Error {}

@Suite struct TaskKindTests {
    @Test func whatItReturnsIsTheOutcome() async throws {
        let check = TaskBody { run in
            try await run.progress("half", fraction: 0.5)
            try await run.emit("x.seen", [1])
            try await run.verify()
            return .succeeded("\(run.input["what"]?.string ?? "") checked", output: ["count": 3])
        }
        try await inShop(tasks: ["check": check]) { maestro in
            let task = try await maestro.tasks.submit(kind: "check", input: ["what": "all"])
            #expect(try await task.wait() == .succeeded("all checked", output: ["count": 3]))
            let events = try await task.events().all().map(\.data)
            #expect(events.contains { if case .taskProgress(let progress) = $0 { progress.fraction == 0.5 } else { false } })
            #expect(events.contains(.other(type: "x.seen", data: [1])))
        }
    }

    @Test func whatItThrowsKeepsItsTextAndLosesNothing() async throws {
        let check = TaskBody { run in
            if run.attempt == 1 { throw MaestroError(.unavailable, "KeyError: 'sku'") }
            throw Shelf()
        }
        try await inShop(tasks: ["check": check]) { maestro in
            let task = try await maestro.tasks.submit(kind: "check", retry: RetryPolicy(maxAttempts: 5, backoff: .milliseconds(1)))
            guard case .failed(let error, let retryable) = try await task.wait() else {
                Issue.record("it did not fail")
                return
            }
            #expect(error.message == "Shelf()")
            #expect(error.kind == .internal)
            #expect(!retryable)
            let attempts = try await task.info().attempts
            #expect(attempts.count == 2)
            #expect(attempts.first?.error?.message == "KeyError: 'sku'")
            #expect(try await maestro.projects.list().map(\.name) == ["shop"])
        }
    }

    @Test func itWaitsAtAGate() async throws {
        let ship = TaskBody { run in .succeeded(try await run.gate("Ship it?", input: ["to": "all"]).state.rawValue) }
        try await inShop(tasks: ["ship": ship]) { maestro in
            let task = try await maestro.tasks.submit(kind: "ship")
            let gate = try await task.events().first(asked)
            #expect(gate.kind == .gate)
            try await maestro.approvals.allow(gate)
            #expect(try await task.wait() == .succeeded("allowed"))
        }
    }

    @Test func aCancelReachesIt() async throws {
        let (started, stopped) = (Signal<Void>(), Signal<Void>())
        let hang = TaskBody { _ in
            await started.send(())
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                await stopped.send(())
                throw error
            }
            return .succeeded()
        }
        try await inShop(tasks: ["hang": hang]) { maestro in
            let task = try await maestro.tasks.submit(kind: "hang")
            await started.wait()
            try await task.cancel(reason: "enough")
            await stopped.wait()
            guard case .cancelled = try await task.wait() else {
                Issue.record("it was not cancelled")
                return
            }
        }
    }
}
