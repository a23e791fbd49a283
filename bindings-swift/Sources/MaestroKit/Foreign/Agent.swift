import Foundation

/// What an agent can do beside answering prompts; whatever is not named is refused as `unsupported`.
public enum AgentAbility: String, Hashable, Sendable {
    /// Go on in a conversation that it had: it is then asked for evidence.
    case resume
    /// Copy a conversation.
    case fork
    /// Take a prompt into the turn.
    case steer
    /// Change its mode.
    case setMode = "set_mode"
    /// Change its model.
    case setModel = "set_model"
    /// Take requests of its own protocol.
    case control
    /// Clean up when a conversation is closed.
    case close
}

/// What an agent still has of a conversation.
public enum Evidence: String, Hashable, Sendable {
    /// All of it.
    case holds
    /// Some of it, and not the last turn.
    case behind
    /// Nothing.
    case missing
    /// It cannot say.
    case unknown
}

/// An agent of the embedder's own. Register it with `.custom(_:)`.
public protocol Agent: Sendable {
    /// What it can do beside answering prompts. Default: nothing.
    var can: Set<AgentAbility> { get }

    /// Begins a conversation, or goes on with one.
    func open(_ opening: AgentOpening) async throws -> any Conversation

    /// What it still has of a conversation; only asked when it can `resume`. Default: it cannot say.
    func evidence(cwd: String, pointer: AgentPointer) async throws -> Evidence
}

extension Agent {
    public var can: Set<AgentAbility> { [] }
    public func evidence(cwd: String, pointer: AgentPointer) async throws -> Evidence { .unknown }
}

/// A conversation with an agent of the embedder's own. Maestro lets go of it when it is over.
public protocol Conversation: Sendable {
    /// What the agent itself calls it. Default: nothing.
    var agentSessionID: String? { get }

    /// Answers a prompt: tells what happens through `prompt`, and returns how the turn ended. An error ends the turn with it. Where the turn
    /// is interrupted, the `Task` is cancelled.
    func prompt(_ prompt: AgentPrompt) async throws -> TurnEnd

    /// Takes a prompt into the turn under way.
    func steer(_ prompt: Prompt) async throws
    func setMode(_ mode: String) async throws
    func setModel(_ model: String) async throws
    /// Answers a request of its own protocol.
    func control(_ request: JSON) async throws -> JSON
    /// Cleans up.
    func close() async throws
}

extension Conversation {
    public var agentSessionID: String? { nil }
    public func steer(_ prompt: Prompt) async throws { throw unsupported("steer") }
    public func setMode(_ mode: String) async throws { throw unsupported("set_mode") }
    public func setModel(_ model: String) async throws { throw unsupported("set_model") }
    public func control(_ request: JSON) async throws -> JSON { throw unsupported("control") }
    public func close() async throws {}

    private func unsupported(_ what: String) -> MaestroError {
        MaestroError(.unsupported, "\(type(of: self)) says that it can `\(what)`, and does not implement it")
    }
}

/// A conversation to begin.
public struct AgentOpening: Sendable {
    /// Under which name the agent is registered.
    public let agent: String
    /// The session that it is for.
    public let sessionID: String
    /// What the session asks for.
    public let spec: SessionSpec
    /// Where to work.
    public let cwd: String
    /// The conversation to go on with, if it is one.
    public let resume: AgentPointer?
    /// Whether that is to be copied.
    public let fork: Bool
    /// Variables for what the agent starts.
    public let env: [String: String]
    /// Whom it is billed to: `name`, `config_dir` and `credentials` by the name of their variable.
    public let account: JSON?

    init(_ fields: inout Fields) throws {
        agent = try fields.need("agent")
        sessionID = try fields.need("session_id")
        spec = try fields.need("spec")
        cwd = try fields.need("cwd")
        resume = try fields.take("resume", nil)
        fork = try fields.take("fork", false)
        env = try fields.take("env", [:])
        account = try fields.take("account", nil)
    }
}

/// A prompt to answer, and the way to tell what happens meanwhile.
public struct AgentPrompt: Sendable {
    let conversation: Int
    /// Which turn of the conversation it is, from 1.
    public let turn: Int
    /// What is asked.
    public let blocks: [ContentBlock]
    /// The text of it.
    public let text: String
    let port: Port

    /// Tells what happened: messages, thoughts, tools and the like. It waits where the engine is far behind. `raw` is the agent's own frame.
    public func report(_ events: EventData..., raw: String? = nil) async throws {
        let args = Args {
            $0.put("conversation", conversation)
            $0.put("events", events)
            $0.put("raw", raw)
        }
        try await port.link().tell("agent.report", args.json)
    }

    /// Says something, whole. The last of it is the turn's result.
    public func say(_ text: String, messageID: String? = nil) async throws {
        let message = Message(messageID: messageID ?? "turn-\(turn)", role: "assistant", blocks: [.text(text)])
        try await report(.message(message))
    }

    /// Asks whether a tool may run, and waits for the answer. Cancelling the `Task` takes the question back.
    public func ask(
        tool: String, title: String = "", input: JSON = [:], toolCallID: String? = nil, options: [ApprovalOption] = [],
        blockedPath: String? = nil, agentID: String? = nil
    ) async throws -> Decision {
        try await ask(Args {
            $0.put("options", options)
            $0.put("blocked_path", blockedPath)
            $0.put("agent_id", agentID)
            $0.put("tool", tool)
            $0.put("title", title)
            $0.put("input", input)
            $0.put("tool_call_id", toolCallID)
        })
    }

    /// Asks a person questions, and waits for the answers.
    public func ask(_ questions: [Question], title: String = "") async throws -> Decision {
        try await ask(Args {
            $0.put("kind", ApprovalKind.question)
            $0.put("title", title)
            $0.put("questions", questions)
        })
    }

    private func ask(_ approval: Args) async throws -> Decision {
        try await port.link().command("agent.ask", ["conversation": .int(conversation), "approval": approval.json])
    }
}

/// How a turn ended.
public struct TurnEnd: Hashable, Sendable {
    /// Why, for example `end_turn`. None means that.
    public var stopReason: String?
    /// Its result. None means the last thing said.
    public var result: String?
    /// Its result as data.
    public var structuredOutput: JSON?
    /// What it used.
    public var usage: Usage
    /// What it cost in USD. None means that the agent does not say.
    public var cost: Decimal?
    /// How long it took.
    public var duration: Duration?

    public init(
        stopReason: String? = nil, result: String? = nil, structuredOutput: JSON? = nil, usage: Usage = Usage(), cost: Decimal? = nil,
        duration: Duration? = nil
    ) {
        self.stopReason = stopReason
        self.result = result
        self.structuredOutput = structuredOutput
        self.usage = usage
        self.cost = cost
        self.duration = duration
    }

    var json: JSON {
        Args {
            $0.put("stop_reason", stopReason)
            $0.put("result", result)
            $0.put("structured_output", structuredOutput)
            $0.put("usage", usage)
            $0.put("cost_micro_usd", cost)
            $0.put("duration_ms", duration)
        }.json
    }
}
