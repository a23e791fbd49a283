/// An agent to register.
public struct AgentConfig: Sendable {
    let config: JSON
    let agent: (any Agent)?
    let hooks: [Hook]

    package init(config: JSON, agent: (any Agent)? = nil, hooks: [Hook] = []) {
        self.config = config
        self.agent = agent
        self.hooks = hooks
    }

    /// One of the embedder's own.
    public static func custom(_ agent: any Agent) -> AgentConfig {
        let can = agent.can.map(\.rawValue).sorted()
        return AgentConfig(config: ["kind": "foreign", "can": can.write()], agent: agent)
    }

    /// Claude Code.
    ///
    /// - Parameters:
    ///   - program: its path. Default: it is looked for where installers put it, which reads the environment.
    ///   - configDir: its directory of configuration, with its login. Default: its own.
    ///   - inheritEnv: whether it starts from the environment of this process. Default true, without what is known to leak.
    ///   - denyEnv: names that are left out of what is inherited, beside those.
    ///   - env: variables that are set in any case.
    ///   - extraArgs: arguments added to its command line.
    ///   - account: the account of sessions that name none.
    ///   - loginForTools: whether tools that it runs see its login. Default false.
    ///   - handshakeTimeout: how long it may take to start. Default 60 s.
    ///   - controlTimeout: how long it may take to answer a request. Default 60 s.
    ///   - quiet: how long it may say nothing in a turn before it is asked whether it lives. Default 5 min.
    ///   - maxLineBytes: the longest line that is read from it. Default 64 MiB.
    ///   - hooks: its hooks that this process answers.
    public static func claudeCode(
        program: String? = nil, configDir: String? = nil, inheritEnv: Bool? = nil, denyEnv: [String] = [], env: [String: String] = [:],
        extraArgs: [String] = [], account: String? = nil, loginForTools: Bool = false, handshakeTimeout: Duration? = nil,
        controlTimeout: Duration? = nil, quiet: Duration? = nil, maxLineBytes: Int? = nil, hooks: [Hook] = []
    ) -> AgentConfig {
        let config = Args {
            $0.put("kind", "claude_code")
            $0.put("program", program)
            $0.put("config_dir", configDir)
            $0.put("inherit_env", inheritEnv)
            $0.put("deny_env", denyEnv)
            $0.put("env", env)
            $0.put("extra_args", extraArgs)
            $0.put("account", account)
            $0.put("login_for_tools", loginForTools)
            $0.put("handshake_timeout_ms", handshakeTimeout)
            $0.put("control_timeout_ms", controlTimeout)
            $0.put("quiet_ms", quiet)
            $0.put("max_line_bytes", maxLineBytes)
        }
        return AgentConfig(config: config.json, hooks: hooks)
    }

    /// As the core reads it: each hook by the name that its call will bring.
    func config(name: String) -> JSON {
        guard !hooks.isEmpty, case .object(var config) = config else { return config }
        let listed = hooks.enumerated().map { at, hook in
            Args {
                $0.put("event", hook.event)
                $0.put("matcher", hook.matcher)
                $0.put("timeout_ms", hook.timeout)
                $0.put("handler", "\(name)/\(at)")
            }.json
        }
        config["hooks"] = .array(listed)
        return .object(config)
    }
}

/// A hook of Claude Code.
public struct Hook: Sendable {
    /// When, for example `PreToolUse`.
    public var event: String
    /// For which tools, as a pattern of Claude Code's. None means all.
    public var matcher: String?
    /// How long it may take. Default 30 s.
    public var timeout: Duration?
    /// What answers it. One that throws or takes too long has denied.
    public var handler: @Sendable (HookCall) async throws -> HookReply

    public init(
        _ event: String, matcher: String? = nil, timeout: Duration? = nil,
        handler: @escaping @Sendable (HookCall) async throws -> HookReply
    ) {
        self.event = event
        self.matcher = matcher
        self.timeout = timeout
        self.handler = handler
    }
}

/// One call of a hook.
public struct HookCall: Sendable {
    /// When, for example `PreToolUse`.
    public let event: String
    /// The tool, if it is about one.
    public let tool: String?
    /// The call of the tool, if it is about one.
    public let toolCallID: String?
    /// What Claude Code says about it.
    public let input: JSON

    init(_ fields: inout Fields) throws {
        event = try fields.need("event")
        tool = try fields.take("tool", nil)
        toolCallID = try fields.take("tool_call_id", nil)
        input = try fields.take("input", nil)
    }
}

/// What a hook answers.
public enum HookReply: Hashable, Sendable {
    /// Nothing: Claude Code goes on as it would.
    case proceed
    /// The call may run without a question.
    case allow(reason: String = "")
    /// The call may not run.
    case deny(reason: String)
    /// An answer of the hook protocol itself.
    case raw(JSON)

    var json: JSON {
        switch self {
        case .proceed: ["reply": "continue"]
        case .allow(let reason): ["reply": "allow", "reason": .string(reason)]
        case .deny(let reason): ["reply": "deny", "reason": .string(reason)]
        case .raw(let value): ["reply": "raw", "value": value]
        }
    }
}
