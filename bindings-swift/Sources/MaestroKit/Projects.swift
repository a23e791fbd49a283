/// Where work is done.
public struct Projects: Sendable {
    let link: Link

    /// Makes a project, or updates what is named of it.
    ///
    /// - Parameters:
    ///   - path: its directory or git repository. It cannot be changed later.
    ///   - agent: who works there unless a task or session says. Default: the only one there is.
    ///   - account: whom it is billed to unless a session says.
    ///   - base: what work starts from. Default: what is checked out.
    ///   - maxRunning: how many of its tasks run at once. Default: no limit of its own.
    /// - Throws: `conflict` when it has another path.
    @discardableResult
    public func ensure(
        _ name: String, path: String = "", agent: String? = nil, account: String? = nil, base: String? = nil, maxRunning: Int? = nil
    ) async throws -> ProjectInfo {
        let spec = ProjectSpec(name: name, path: path, agent: agent, account: account, base: base, maxRunning: maxRunning)
        return try await link.command("projects.ensure", ["spec": spec.json])
    }

    /// A project.
    ///
    /// - Throws: `notFound`.
    public func get(_ project: any ProjectReference) async throws -> ProjectInfo {
        try await link.query("projects.get", ["project": .string(project.projectReference)])
    }

    /// All of them.
    public func list() async throws -> [ProjectInfo] {
        try await link.query("projects.list")
    }
}
