/// A kind of task of the embedder's own.
///
/// What it throws fails the task with its text; a `MaestroError` also says the kind, and whether trying again makes sense. Where the task is
/// cancelled, the `Task` that runs this is.
public protocol TaskKind: Sendable {
    func run(_ run: TaskRun) async throws -> Outcome
}

/// A kind of task that is one function: `["check": TaskBody { run in .succeeded("all good") }]`.
public struct TaskBody: TaskKind {
    private let body: @Sendable (TaskRun) async throws -> Outcome

    public init(_ body: @escaping @Sendable (TaskRun) async throws -> Outcome) {
        self.body = body
    }

    public func run(_ run: TaskRun) async throws -> Outcome {
        try await body(run)
    }
}

/// One attempt of a task.
public struct TaskRun: Sendable {
    let id: Int
    let port: Port
    /// Under which name the kind is registered.
    public let kind: String
    /// The task.
    public let task: TaskInfo
    /// Which attempt it is, from 1.
    public let attempt: Int
    /// The fencing token of its lease, which only grows: give it to what must refuse a worker that has been replaced.
    public let token: Int
    /// Variables for processes that it starts, by which they are found after a crash.
    public let env: [String: String]

    /// The task's input.
    public var input: JSON { task.spec.input }

    init(id: UInt64, fields: inout Fields, port: Port) throws {
        self.id = Int(id)
        self.port = port
        kind = try fields.need("kind")
        task = try fields.need("task")
        attempt = try fields.need("attempt")
        token = try fields.need("token")
        env = try fields.take("env", [:])
    }

    /// Says how far it is; `fraction` from 0 to 1. It is a sign of life.
    public func progress(_ message: String, fraction: Double? = nil) async throws {
        try await tell("run.progress") { $0.put("message", message); $0.put("fraction", fraction) }
    }

    /// Adds an event of the product's own to the task's; its type starts with `x.`.
    public func emit(_ type: String, _ data: JSON = [:]) async throws {
        try await tell("run.emit") { $0.put("type", type); $0.put("data", data) }
    }

    /// Waits until a person has let it pass or not; the answer tells. After a crash the same gate, by its `key` or else its title, is not
    /// asked again.
    public func gate(
        _ title: String, input: JSON = nil, key: String? = nil, timeout: Duration? = nil, assignee: String? = nil
    ) async throws -> ApprovalInfo {
        try await port.link().command("run.gate", args {
            $0.put("title", title)
            $0.put("input", input)
            $0.put("key", key)
            $0.put("timeout_ms", timeout)
            $0.put("assignee", assignee)
        })
    }

    /// Makes sure, in the store, that this attempt still holds its task.
    ///
    /// - Throws: `leaseLost` when it does not.
    public func verify() async throws {
        let _: JSON = try await port.link().query("run.verify", ["run": .int(id)])
    }

    private func args(_ build: (inout Args) -> Void) -> JSON {
        Args { $0.put("run", id); build(&$0) }.json
    }

    private func tell(_ verb: String, _ build: (inout Args) -> Void) async throws {
        try await port.link().tell(verb, args(build))
    }
}
