/// What a prompt does while a turn is under way.
public enum PromptWhen: String, Hashable, Sendable {
    /// Waits for its turn.
    case queue
    /// Is taken into the turn.
    case steer
    /// Stops the turn and comes next.
    case interrupt
}

/// One prompt and what came of it.
public struct Turn: Hashable, Sendable {
    let link: Link
    /// The session.
    public let sessionID: String
    /// The turn.
    public let id: String

    /// Waits until it is over. Cancelling the wait does not cancel the turn.
    public func wait() async throws -> TurnInfo {
        try await link.query("turns.wait", ["session_id": .string(sessionID), "turn_id": .string(id)])
    }

    /// Takes it out of the queue, or interrupts it.
    public func cancel() async throws {
        try await link.tell("turns.cancel", ["session_id": .string(sessionID), "turn_id": .string(id)])
    }

    public static func == (one: Turn, other: Turn) -> Bool { one.id == other.id && one.sessionID == other.sessionID }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// One conversation with an agent, by its id. Letting go of it does nothing to the session.
public struct Session: Sendable {
    let link: Link
    /// Its id.
    public let id: String

    private var args: JSON { ["session_id": .string(id)] }

    /// The session now.
    ///
    /// - Throws: `notFound`.
    public func info() async throws -> SessionInfo {
        try await link.query("sessions.get", args)
    }

    /// What a person sees of it.
    public func view() async throws -> SessionView {
        try await link.query("sessions.view", args)
    }

    /// What a person sees of it, at first and again after each change. `keep` keeps only the last so many items; default all.
    public func watchView(keep: Int? = nil) -> Feed<SessionView> {
        let call: JSON = ["feed": "view", "args": Args { $0.put("session_id", id); $0.put("keep", keep) }.json]
        return Feed(source: { [link] in try await link.open(call) }, read: SessionView.init(json:))
    }

    /// Asks something. It returns when the prompt is durable.
    @discardableResult
    public func prompt(_ prompt: Prompt, when: PromptWhen = .queue) async throws -> Turn {
        let args: JSON = ["session_id": .string(id), "prompt": prompt.blocks.write(), "when": .string(when.rawValue)]
        let answer: JSON = try await link.command("sessions.prompt", args)
        var fields = try Fields(answer, "the answer")
        return Turn(link: link, sessionID: id, id: try fields.need("turn_id"))
    }

    /// Stops the turn under way.
    public func interrupt() async throws {
        try await link.tell("sessions.interrupt", args)
    }

    /// Changes its mode, for example to `plan`.
    public func setMode(_ mode: String) async throws {
        try await link.tell("sessions.set_mode", ["session_id": .string(id), "mode": .string(mode)])
    }

    /// Changes its model.
    public func setModel(_ model: String) async throws {
        try await link.tell("sessions.set_model", ["session_id": .string(id), "model": .string(model)])
    }

    /// A request of the agent's own protocol, and its answer.
    public func control(_ request: JSON) async throws -> JSON {
        try await link.command("sessions.control", ["session_id": .string(id), "request": request])
    }

    /// Its events, to its end.
    public func events(after: Position = .beginning) -> Feed<Event> {
        link.events("session", ["session_id": .string(id), "after": after.json])
    }

    /// A turn by its id, whether it exists or not.
    public func turn(_ id: String) -> Turn {
        Turn(link: link, sessionID: self.id, id: id)
    }

    /// Ends it for good.
    public func close() async throws {
        try await link.tell("sessions.close", args)
    }
}

/// Talk with agents without a task around it.
public struct Sessions: Sendable {
    let link: Link

    /// Opens a session in a project. `SessionSpec` says what its options are and what they are by default.
    public func open(
        project: any ProjectReference, agent: String = "", model: String? = nil, mode: String? = nil, tools: ToolRules = ToolRules(),
        title: String = "", spec: SessionSpec = SessionSpec()
    ) async throws -> Session {
        let spec = spec.with(agent: agent, model: model, mode: mode, tools: tools, title: title, project: project.projectReference)
        return try await opened("sessions.open", ["spec": spec.json])
    }

    /// Copies a session with its conversation.
    public func fork(_ session: any SessionReference) async throws -> Session {
        try await opened("sessions.fork", ["session_id": .string(session.sessionReference)])
    }

    /// Takes a session over that the agent has had without Maestro.
    public func adopt(_ agentSessionID: String, project: any ProjectReference, spec: SessionSpec = SessionSpec()) async throws -> Session {
        var spec = spec
        spec.project = project.projectReference
        return try await opened("sessions.adopt", ["spec": spec.json, "agent_session_id": .string(agentSessionID)])
    }

    /// Gives a session its process again.
    public func resume(_ session: any SessionReference) async throws -> Session {
        try await opened("sessions.resume", ["session_id": .string(session.sessionReference)])
    }

    /// A session.
    ///
    /// - Throws: `notFound`.
    public func get(_ session: any SessionReference) async throws -> Session {
        let session = handle(session.sessionReference)
        _ = try await session.info()
        return session
    }

    /// A session by its id, whether it exists or not.
    public func handle(_ id: String) -> Session {
        Session(link: link, id: id)
    }

    /// A page of them.
    public func list(_ filter: SessionFilter = SessionFilter()) async throws -> SessionPage {
        try await link.query("sessions.list", ["filter": filter.json])
    }

    private func opened(_ verb: String, _ args: JSON) async throws -> Session {
        let answer: JSON = try await link.command(verb, args)
        var fields = try Fields(answer, "the answer")
        return handle(try fields.need("session_id"))
    }
}

extension SessionSpec {
    /// The same with what was named in a call.
    func with(agent: String, model: String?, mode: String?, tools: ToolRules, title: String, project: String? = nil) -> SessionSpec {
        var spec = self
        if !agent.isEmpty { spec.agent = agent }
        if !title.isEmpty { spec.title = title }
        spec.model = model ?? spec.model
        spec.mode = mode ?? spec.mode
        spec.project = project ?? spec.project
        if tools != ToolRules() { spec.tools = tools }
        return spec
    }
}
