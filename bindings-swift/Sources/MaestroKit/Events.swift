import MaestroBindings

/// Where a feed starts.
public enum Position: Hashable, Sendable {
    /// Before the first event that is kept.
    case beginning
    /// After the last event that there is now.
    case now
    /// After an event that was read before, or where a list stood: its `cursor` or `asOf`.
    case after(String)

    var json: JSON {
        switch self {
        case .beginning: ["at": "beginning"]
        case .now: ["at": "now"]
        case .after(let cursor): ["at": "after", "cursor": .string(cursor)]
        }
    }
}

/// A feed. It crosses from the core in batches and is handed out one by one.
///
/// Leaving a loop over it, or letting go of its iterator, ends it in the core. Cancelling the `Task` that waits for it ends it too, and
/// throws `CancellationError`.
public struct Feed<Element: Sendable>: AsyncSequence, Sendable {
    let source: @Sendable () async throws -> EventStream
    let read: @Sendable (JSON) throws -> Element

    /// Each iterator follows the feed anew, except that of `Events.subscribe`, whose feed is one.
    public func makeAsyncIterator() -> Iterator {
        Iterator(reader: Reader(source: source, read: read))
    }

    public struct Iterator: AsyncIteratorProtocol {
        let reader: Reader

        /// The next one; none at the end.
        ///
        /// - Throws: `CancellationError`, and `MaestroError` once, after which comes the end.
        public mutating func next() async throws -> Element? {
            try await reader.next()
        }
    }

    /// Ends the feed when nobody holds it any more.
    final class Reader {
        /// How many cross at once.
        private static var batch: UInt32 { 256 }

        private let source: @Sendable () async throws -> EventStream
        private let read: @Sendable (JSON) throws -> Element
        private var stream: EventStream?
        private var waiting = ArraySlice<JSON>()
        private var ended = false

        init(source: @escaping @Sendable () async throws -> EventStream, read: @escaping @Sendable (JSON) throws -> Element) {
            self.source = source
            self.read = read
        }

        deinit {
            stream?.cancel()
        }

        func next() async throws -> Element? {
            do {
                if waiting.isEmpty, !ended { try await refill() }
                guard let item = waiting.popFirst() else { return nil }
                return try read(item)
            } catch {
                ended = true
                waiting = []
                stream?.cancel()
                throw MaestroError.thrown(error)
            }
        }

        private func refill() async throws {
            try Task.checkCancellation()
            let stream = if let stream { stream } else { try await source() }
            self.stream = stream
            let batch = try await withTaskCancellationHandler {
                try await stream.nextBatch(max: Self.batch)
            } onCancel: {
                stream.cancel()
            }
            guard let batch else {
                try Task.checkCancellation()
                ended = true
                return
            }
            guard case .array(let items) = try JSON(text: batch) else { throw MaestroError(.protocol, "a batch is a list") }
            waiting = items[...]
        }
    }
}

/// Follow everything, read what was, add what is yours.
public struct Events: Sendable {
    let link: Link

    /// Everything that the filter shows; it never ends. It is followed from when this returns, so nothing after that is missed; one loop
    /// may read it. Start after a list's `asOf` to go on where that stood.
    public func subscribe(_ filter: EventFilter = EventFilter(), after: Position = .now) async throws -> Feed<Event> {
        let stream = try await link.open(["feed": "events", "args": ["filter": filter.json, "after": after.json]])
        return Feed(source: { stream }, read: Event.init(json:))
    }

    /// One page of what there is, and where the next one starts. At most `limit`, from 1 to 1000.
    public func read(
        _ filter: EventFilter = EventFilter(), after: Position = .beginning, limit: Int = 100
    ) async throws -> (events: [Event], next: Position) {
        let args: JSON = ["filter": filter.json, "after": after.json, "limit": .int(limit)]
        let page: JSON = try await link.query("events.read", args)
        var fields = try Fields(page, "a page of events")
        return (try fields.need("events"), .after(try fields.need("next")))
    }

    /// Adds an event of the product's own; its type starts with `x.`.
    public func emit(_ type: String, _ data: JSON = [:]) async throws {
        try await link.tell("events.emit", ["type": .string(type), "data": data])
    }
}

extension Link {
    /// A feed that starts when it is read.
    func events(_ feed: String, _ args: JSON) -> Feed<Event> {
        let call: JSON = ["feed": .string(feed), "args": args]
        return Feed(source: { try await self.open(call) }, read: Event.init(json:))
    }
}
