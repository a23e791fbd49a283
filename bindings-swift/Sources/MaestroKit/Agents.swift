/// The agents of this node.
public struct Agents: Sendable {
    let link: Link

    /// All of them.
    public func list() async throws -> [AgentInfo] {
        try await link.query("agents.list")
    }

    /// Looks whether an agent is installed and logged in, and what it offers. What is wrong is in the answer.
    public func probe(_ agent: String, account: String? = nil) async throws -> AgentStatus {
        try await link.query("agents.probe", Args { $0.put("agent", agent); $0.put("account", account) }.json)
    }
}
