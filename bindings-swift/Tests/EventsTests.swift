import Foundation
import MaestroKit
import MaestroTesting
import Testing

@Suite struct EventsTests {
    @Test func listThenSubscribeMissesNothing() async throws {
        try await inShop { maestro in
            let before = try await maestro.tasks.submit("Before", project: "shop")
            _ = try await before.wait()
            let list = try await maestro.tasks.list()
            let feed = try await maestro.events.subscribe(EventFilter(types: ["task.*"]), after: .after(list.asOf))
            let after = try await maestro.tasks.submit("After", project: "shop")
            let first = try await feed.first { $0 }
            #expect(first.data.type == "task.submitted")
            #expect(first.taskID == after.id)
            #expect(first.cursor != nil)
        }
    }

    @Test func aFeedFromNowBeginsWhenItIsMade() async throws {
        try await inShop { maestro in
            let feed = try await maestro.events.subscribe(EventFilter(types: ["x.*"]))
            try await maestro.events.emit("x.deploy", ["to": "all", "n": 3])
            let event = try await feed.first { $0 }
            #expect(event.data == .other(type: "x.deploy", data: ["n": 3, "to": "all"]))
        }
    }

    @Test func pagesGoOnWhereTheyEnded() async throws {
        try await inShop { maestro in
            for number in 1...5 { try await maestro.events.emit("x.n", .int(number)) }
            var seen: [JSON] = []
            var from = Position.beginning
            while true {
                let page = try await maestro.events.read(EventFilter(types: ["x.n"]), after: from, limit: 2)
                if page.events.isEmpty { break }
                #expect(page.events.count <= 2)
                seen += page.events.map(\.data.data)
                from = page.next
            }
            #expect(seen == [1, 2, 3, 4, 5])
        }
    }

    @Test func leavingALoopEndsTheFeedAndAnotherBeginsAnew() async throws {
        try await inShop([.say("one two three")]) { maestro in
            let task = try await maestro.tasks.submit("Say", project: "shop")
            let events = task.events()
            let first = try await events.first { $0.data.type }
            #expect(first == "task.submitted")
            _ = try await task.wait()
            #expect(try await events.all().map(\.data.type).filter { $0 == "task.submitted" } == ["task.submitted"])
            // The feed of `subscribe` is one: what left it has ended it.
            let feed = try await maestro.events.subscribe(after: .beginning)
            _ = try await feed.first { $0 }
            #expect(try await feed.all() == [])
        }
    }

    @Test func textComesPieceByPiece() async throws {
        try await inShop([.wait(.milliseconds(50)), .say("one two three", pause: .milliseconds(20))]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let feed = session.events()
            try await session.prompt("Say")
            var pieces = ""
            for try await event in feed {
                if case .messageDelta(let delta) = event.data { pieces += delta.text }
                if case .turnEnded = event.data { break }
            }
            #expect(pieces == "one two three")
        }
    }

    @Test func cancellingTheReaderEndsTheFeed() async throws {
        try await inShop { maestro in
            let reading = Signal<Void>()
            let feed = try await maestro.events.subscribe(EventFilter(types: ["x.*"]), after: .now)
            let reader = Task {
                for try await _ in feed { await reading.send(()) }
            }
            try await maestro.events.emit("x.first")
            await reading.wait()
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
        }
    }
}
