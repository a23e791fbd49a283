import MaestroBindings

/// The node itself, which stops when nothing holds it.
final class Node: Sendable {
    let host: Host
    let exceptions: Exceptions

    init(host: Host, exceptions: Exceptions) {
        self.host = host
        self.exceptions = exceptions
    }
}

/// A way to the node: what every group of verbs holds.
struct Link: Sendable {
    let node: Node
    /// The node for a tenant and an actor.
    let host: Host

    /// Carries out a command.
    func command<Answer: Field>(_ verb: String, _ args: JSON = [:]) async throws -> Answer {
        try await answer(["command": .string(verb), "args": args], host.command)
    }

    /// Carries out a command whose answer says nothing.
    func tell(_ verb: String, _ args: JSON) async throws {
        let _: JSON = try await command(verb, args)
    }

    /// Answers a query.
    func query<Answer: Field>(_ verb: String, _ args: JSON = [:]) async throws -> Answer {
        try await answer(["query": .string(verb), "args": args], host.query)
    }

    private func answer<Answer: Field>(_ call: JSON, _ verb: (String, Cancel) async throws -> String) async throws -> Answer {
        try Task.checkCancellation()
        let cancel = Cancel()
        let text: String
        do {
            text = try await withTaskCancellationHandler {
                try await verb(call.text, cancel)
            } onCancel: {
                cancel.cancel()
            }
        } catch {
            throw MaestroError.thrown(error, node.exceptions)
        }
        return try Answer.read(JSON(text: text))
    }

    /// Follows a feed.
    func open(_ feed: JSON) async throws -> EventStream {
        do {
            return try await host.events(feed: feed.text)
        } catch {
            throw MaestroError.thrown(error)
        }
    }
}

/// Builds the arguments of a verb: what is none is left out.
struct Args {
    private var object = JSON.Object(pairs: [])

    var json: JSON { .object(object) }

    init(_ build: (inout Args) -> Void = { _ in }) {
        build(&self)
    }

    mutating func put(_ name: String, _ value: (some Field)?) {
        if let value { object[name] = value.write() }
    }
}
