/// A tool of this process, which agents call by the Model Context Protocol.
public protocol Tool: Sendable {
    /// Its name.
    var name: String { get }
    /// What agents are told about it.
    var description: String { get }
    /// The JSON schema of its input, an object.
    var schema: JSON { get }

    /// Answers a call. A text is shown as it is; the agent is told what is thrown.
    func call(_ input: JSON) async throws -> JSON
}
