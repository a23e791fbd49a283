/// Whom agents are billed to.
public struct Accounts: Sendable {
    let link: Link

    /// Makes an account, or replaces what it says.
    ///
    /// - Parameters:
    ///   - credentials: by the name of the variable that the agent reads, a reference to a secret such as `env:NAME` or `file:PATH`.
    ///   - configDir: the agent's own directory of configuration, with a login in it.
    @discardableResult
    public func put(
        _ name: String, agent: String, credentials: [String: String] = [:], configDir: String? = nil, labels: [String: JSON] = [:]
    ) async throws -> AccountInfo {
        let spec = AccountSpec(name: name, agent: agent, credentials: credentials, configDir: configDir, labels: labels)
        return try await link.command("accounts.put", ["spec": spec.json])
    }

    /// An account by id or name.
    ///
    /// - Throws: `notFound`.
    public func get(_ account: String) async throws -> AccountInfo {
        try await link.query("accounts.get", ["account": .string(account)])
    }

    /// All of them.
    public func list() async throws -> [AccountInfo] {
        try await link.query("accounts.list")
    }

    /// Whether its login works, and how much of its limits is used.
    public func status(_ account: String) async throws -> AccountStatus {
        try await link.query("accounts.status", ["account": .string(account)])
    }

    /// Takes it out of use.
    public func remove(_ account: String) async throws {
        try await link.tell("accounts.remove", ["account": .string(account)])
    }
}
