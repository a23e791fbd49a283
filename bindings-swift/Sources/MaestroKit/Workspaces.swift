import Foundation

/// Where a task works, and the verbs that get the work out. They are refused while its agent works there.
public struct Workspace: Sendable {
    let link: Link
    /// The task.
    public let taskID: String

    private var args: JSON { ["task_id": .string(taskID)] }

    /// The workspace.
    ///
    /// - Throws: `notFound` when the task has none yet.
    public func info() async throws -> WorkspaceInfo {
        try await link.query("workspaces.get", args)
    }

    /// What it holds that its base does not.
    public func changes() async throws -> Changes {
        try await link.query("workspaces.changes", args)
    }

    /// The difference to its base as a unified diff, for reading: what is no UTF-8 is replaced.
    public func diff() async throws -> String {
        try await link.query("workspaces.diff", args)
    }

    /// The difference to its base as `git apply` takes it: the bytes of the files as they are.
    public func patch() async throws -> Data {
        let patch: String = try await link.query("workspaces.patch", args)
        return Data(base64Encoded: patch) ?? Data()
    }

    /// Merges its commits into a branch of the project and gives the commit. Repeating it changes nothing.
    @discardableResult
    public func merge(into branch: String) async throws -> String {
        try await link.command("workspaces.merge", ["task_id": .string(taskID), "into": .string(branch)])
    }

    /// Removes it when it provably holds nothing.
    public func remove() async throws {
        try await link.tell("workspaces.remove", args)
    }

    /// Removes it with all the work in it. `name` must be the name of its branch, or else of its directory.
    public func discard(_ name: String) async throws {
        try await link.tell("workspaces.discard", ["task_id": .string(taskID), "name": .string(name)])
    }
}
