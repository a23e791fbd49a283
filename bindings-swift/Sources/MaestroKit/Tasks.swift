/// One task, by its id. Letting go of it does nothing to the task.
public struct TaskHandle: Sendable {
    let link: Link
    /// Its id.
    public let id: String

    private var args: JSON { ["task_id": .string(id)] }

    /// The task now.
    ///
    /// - Throws: `notFound`.
    public func info() async throws -> TaskInfo {
        try await link.query("tasks.get", args)
    }

    /// Its events and those of its session, to its end.
    public func events(after: Position = .beginning) -> Feed<Event> {
        link.events("task", ["task_id": .string(id), "after": after.json])
    }

    /// Waits until it is over, or cannot go on without a person. Cancelling the wait never cancels the task.
    public func wait() async throws -> Outcome {
        try await link.query("tasks.wait", args)
    }

    /// Calls it off.
    @discardableResult
    public func cancel(reason: String = "") async throws -> TaskInfo {
        try await link.command("tasks.cancel", ["task_id": .string(id), "reason": .string(reason)])
    }

    /// Tries it again when it is over, in the same session and workspace.
    @discardableResult
    public func retry() async throws -> TaskInfo {
        try await link.command("tasks.retry", args)
    }

    /// Says something to it when it is over or waits for a person: a new attempt begins with that as its prompt.
    @discardableResult
    public func reply(_ prompt: Prompt, idempotencyKey: String? = nil) async throws -> TaskInfo {
        let reply = ReplySpec(prompt: prompt.blocks, idempotencyKey: idempotencyKey)
        return try await link.command("tasks.reply", ["task_id": .string(id), "reply": reply.json])
    }

    /// Why it does not start.
    public func explain() async throws -> [WaitingReason] {
        try await link.query("tasks.explain", args)
    }

    /// Where it works.
    public var workspace: Workspace {
        Workspace(link: link, taskID: id)
    }
}

/// Submit work, follow it, call it off.
public struct Tasks: Sendable {
    let link: Link

    /// Submits a task for an agent. It is durable when this returns; waiting for it is a separate call.
    ///
    /// `spec` holds whatever else a `TaskSpec` can say; what is given here counts before it.
    ///
    /// - Parameters:
    ///   - project: where. Needed, unless `spec` says.
    ///   - needs: tasks that come first; its workspace begins with their branches merged.
    ///   - retry: how often it is tried. Default once.
    @discardableResult
    public func submit(
        _ prompt: String, project: (any ProjectReference)? = nil, needs: [any TaskReference] = [], title: String = "", agent: String = "",
        model: String? = nil, mode: String? = nil, tools: ToolRules = ToolRules(), priority: Int? = nil, retry: RetryPolicy? = nil,
        idempotencyKey: String? = nil, spec: TaskSpec = TaskSpec()
    ) async throws -> TaskHandle {
        var spec = spec
        spec.kind = "agent"
        spec.prompt = prompt
        if !title.isEmpty { spec.title = title }
        spec.session = spec.session.with(agent: agent, model: model, mode: mode, tools: tools, title: "")
        return try await submit(spec, project, needs, priority, retry, idempotencyKey)
    }

    /// Submits a task of a kind of your own, with its input.
    @discardableResult
    public func submit(
        kind: String, input: JSON = nil, project: (any ProjectReference)? = nil, needs: [any TaskReference] = [], title: String = "",
        priority: Int? = nil, retry: RetryPolicy? = nil, idempotencyKey: String? = nil, spec: TaskSpec = TaskSpec()
    ) async throws -> TaskHandle {
        var spec = spec
        spec.kind = kind
        spec.input = input
        if !title.isEmpty { spec.title = title }
        return try await submit(spec, project, needs, priority, retry, idempotencyKey)
    }

    private func submit(
        _ spec: TaskSpec, _ project: (any ProjectReference)?, _ needs: [any TaskReference], _ priority: Int?, _ retry: RetryPolicy?,
        _ idempotencyKey: String?
    ) async throws -> TaskHandle {
        var spec = spec
        spec.project = project?.projectReference ?? spec.project
        spec.needs += needs.map(\.taskReference)
        spec.priority = priority ?? spec.priority
        spec.retry = retry ?? spec.retry
        spec.idempotencyKey = idempotencyKey ?? spec.idempotencyKey
        let answer: JSON = try await link.command("tasks.submit", ["spec": spec.json])
        var fields = try Fields(answer, "the answer")
        return handle(try fields.need("task_id"))
    }

    /// A task by its id, whether it exists or not.
    public func handle(_ id: String) -> TaskHandle {
        TaskHandle(link: link, id: id)
    }

    /// A task.
    ///
    /// - Throws: `notFound`.
    public func get(_ task: any TaskReference) async throws -> TaskInfo {
        try await handle(task.taskReference).info()
    }

    /// A page of them. Follow what comes after it from its `asOf`.
    public func list(_ filter: TaskFilter = TaskFilter()) async throws -> TaskPage {
        try await link.query("tasks.list", ["filter": filter.json])
    }
}
