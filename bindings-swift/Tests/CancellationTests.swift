import MaestroKit
import MaestroTesting
import Testing

@Suite struct CancellationTests {
    @Test func cancellingAWaitThrowsAndLeavesTheTask() async throws {
        try await inShop([.hang]) { maestro in
            let task = try await maestro.tasks.submit("Hang", project: "shop")
            _ = try await task.events().first { if case .taskStarted = $0.data { true } else { nil } }
            let waiting = Task { try await task.wait() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(try await task.info().state == .running)
            try await task.cancel()
        }
    }

    @Test func aTimeoutOfOnesOwnEndsAWaitInTheCore() async throws {
        try await inShop([.hang]) { maestro in
            let task = try await maestro.tasks.submit("Hang", project: "shop")
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup(of: Outcome.self) { group in
                    group.addTask { try await task.wait() }
                    group.addTask {
                        _ = try await task.events().first { if case .taskStarted = $0.data { true } else { nil } }
                        throw CancellationError()
                    }
                    // The group waits for both: it ends only because the wait is given up.
                    _ = try await group.next()
                }
            }
            try await task.cancel()
        }
    }

    @Test func aCancelledTaskStartsNothing() async throws {
        try await inShop { maestro in
            let cancelled = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await maestro.tasks.submit("Never", project: "shop")
            }
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            let tasks = try await maestro.tasks.list().tasks
            #expect(tasks == [])
        }
    }
}
