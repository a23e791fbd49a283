/// What waits for a person's answer.
public struct Approvals: Sendable {
    let link: Link

    /// The rules that answer without a person.
    public var policies: Policies { Policies(link: link) }

    /// An approval.
    ///
    /// - Throws: `notFound`.
    public func get(_ approval: any ApprovalReference) async throws -> ApprovalInfo {
        try await link.query("approvals.get", ["approval_id": .string(approval.approvalReference)])
    }

    /// A page of them. Follow what comes after it from its `asOf`.
    public func list(_ filter: ApprovalFilter = ApprovalFilter()) async throws -> ApprovalPage {
        try await link.query("approvals.list", ["filter": filter.json])
    }

    /// Lets it run, with another `input` if one is given. `remember` says how long the answer holds.
    @discardableResult
    public func allow(_ approval: any ApprovalReference, input: JSON? = nil, remember: Remember = .once) async throws -> ApprovalInfo {
        try await decide(approval, .allow(input: input, remember: remember))
    }

    /// Forbids it. The agent is told `message`; `interrupt` stops the whole turn.
    @discardableResult
    public func deny(_ approval: any ApprovalReference, _ message: String = "", interrupt: Bool = false) async throws -> ApprovalInfo {
        try await decide(approval, .deny(message, interrupt: interrupt))
    }

    /// Answers a question: the answers by the text of each question.
    @discardableResult
    public func answer(_ approval: any ApprovalReference, _ answers: JSON) async throws -> ApprovalInfo {
        try await decide(approval, .answer(answers))
    }

    /// Answers it in any way. The first answer counts; the same one again changes nothing.
    ///
    /// - Throws: `conflict` when it was answered otherwise.
    @discardableResult
    public func decide(_ approval: any ApprovalReference, _ decision: Decision) async throws -> ApprovalInfo {
        let args: JSON = ["approval_id": .string(approval.approvalReference), "decision": decision.json]
        return try await link.command("approvals.decide", args)
    }

    /// Lets it wait longer.
    @discardableResult
    public func extend(_ approval: any ApprovalReference, by duration: Duration) async throws -> ApprovalInfo {
        try await link.command("approvals.extend", ["approval_id": .string(approval.approvalReference), "by_ms": duration.write()])
    }

    /// Says who is to answer it, or nobody in particular.
    @discardableResult
    public func assign(_ approval: any ApprovalReference, to assignee: String?) async throws -> ApprovalInfo {
        try await link.command("approvals.assign", ["approval_id": .string(approval.approvalReference), "assignee": assignee.write()])
    }
}

/// Rules that answer approvals.
public struct Policies: Sendable {
    let link: Link

    /// Adds a rule, for example `Bash(git status)`. It holds for the session or project that is named, or else for the tenant.
    @discardableResult
    public func put(
        _ rule: String, _ effect: Effect, session: (any SessionReference)? = nil, project: (any ProjectReference)? = nil, reason: String = ""
    ) async throws -> RuleInfo {
        let spec = RuleSpec(
            rule: rule, effect: effect, sessionID: session?.sessionReference, project: project?.projectReference, reason: reason)
        return try await link.command("policies.put", ["spec": spec.json])
    }

    /// A page of them.
    public func list(_ filter: RuleFilter = RuleFilter()) async throws -> RulePage {
        try await link.query("policies.list", ["filter": filter.json])
    }

    /// What the rules say to a call of a tool, and which of them.
    public func test(
        _ tool: String, _ input: JSON, session: (any SessionReference)? = nil, project: (any ProjectReference)? = nil
    ) async throws -> Ruling {
        let call = ToolUse(tool: tool, input: input, sessionID: session?.sessionReference, project: project?.projectReference)
        return try await link.query("policies.test", ["call": call.json])
    }

    /// Removes a rule by its id.
    @discardableResult
    public func remove(_ rule: String) async throws -> RuleInfo {
        try await link.command("policies.remove", ["rule_id": .string(rule)])
    }
}
