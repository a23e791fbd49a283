import Foundation
import MaestroBindings

/// What went wrong: a kind, what was being done, to what, and why it failed.
///
/// An agent's bad result is no error; it is an `Outcome`. Throw one in your own agents and tasks to say which kind of failure it is, and
/// whether trying again makes sense. A `Task` that is cancelled throws `CancellationError` instead.
public struct MaestroError: Error, Hashable, Sendable {
    /// What a caller can do about it.
    public var kind: ErrorKind
    /// Why it failed.
    public var message: String
    /// What was being done, for example `tasks.submit`.
    public var operation: String
    /// Facts about what the call was about; of a bad argument `field` names it.
    public var context: Facts
    /// The limit that was reached, if one was.
    public var limit: LimitHit?
    /// Whether the same call may succeed later.
    public var retryable: Bool
    /// Whether the effect may have happened in spite of the error.
    public var unknownOutcome: Bool
    /// What your own code threw that this comes from, in the process that threw it. It does not count when two are compared.
    public var cause: (any Error)? { thrown.error }
    private var thrown = Thrown()

    /// An error of your own. It is `retryable` when it is `unavailable`, unless you say.
    public init(_ kind: ErrorKind, _ message: String, operation: String = "", context: Facts = [:], retryable: Bool? = nil) {
        self.kind = kind
        self.message = message
        self.operation = operation
        self.context = context
        self.limit = nil
        self.retryable = retryable ?? (kind == .unavailable)
        self.unknownOutcome = false
    }

    /// From data.
    public init(_ info: ErrorInfo) {
        self.init(info.kind, info.message, operation: info.operation, context: info.context, retryable: info.retryable)
        limit = info.limit
        unknownOutcome = info.unknownOutcome
    }

    /// As data.
    public var info: ErrorInfo {
        ErrorInfo(
            kind: kind, message: message, operation: operation, context: context, limit: limit, retryable: retryable,
            unknownOutcome: unknownOutcome)
    }

    /// Whatever code of the embedder threw, as data: its text, and what a `MaestroError` says.
    static func info(of error: any Error) -> ErrorInfo {
        switch error {
        case let error as MaestroError: error.info
        case is CancellationError: ErrorInfo(kind: .cancelled, message: "cancelled")
        default: ErrorInfo(kind: .internal, message: String(describing: error))
        }
    }

    /// What the native half threw, as it is thrown here.
    static func thrown(_ error: any Error, _ exceptions: Exceptions? = nil) -> any Error {
        guard case Failure.Failed(let info) = error else { return error }
        do {
            let info = try ErrorInfo(json: JSON(text: info))
            var error = MaestroError(info)
            error.thrown.error = info.exceptionID.flatMap { exceptions?.find($0) }
            return error.kind == .cancelled && Task.isCancelled ? CancellationError() : error
        } catch let unreadable {
            return unreadable
        }
    }
}

extension MaestroError: CustomStringConvertible {
    /// What was being done, why it failed, and the facts.
    public var description: String {
        let facts = context.filter { $0.name != "field" }.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        return (operation.isEmpty ? "" : "\(operation): ") + message + (facts.isEmpty ? "" : " (\(facts))")
    }
}

/// An error beside what is compared.
private struct Thrown: Hashable, Sendable {
    var error: (any Error)?

    static func == (_: Thrown, _: Thrown) -> Bool { true }
    func hash(into _: inout Hasher) {}
}

/// What code of the embedder threw last, by the ids that the core has of it.
final class Exceptions: @unchecked Sendable {
    /// How many are kept.
    private static var most: Int { 64 }

    private let lock = NSLock()
    private var errors: [String: any Error] = [:]
    private var ids: [String] = []

    /// Keeps an error, and gives it as data.
    func keep(_ error: any Error) -> ErrorInfo {
        let id = UUID().uuidString
        lock.withLock {
            errors[id] = error
            ids.append(id)
            if ids.count > Self.most { errors[ids.removeFirst()] = nil }
        }
        var info = MaestroError.info(of: error)
        info.exceptionID = id
        return info
    }

    func find(_ id: String) -> (any Error)? {
        lock.withLock { errors[id] }
    }
}
