/// What names a project: its record, its id or its name.
public protocol ProjectReference: Sendable {
    var projectReference: String { get }
}

/// What names a task: its handle, its record or its id.
public protocol TaskReference: Sendable {
    var taskReference: String { get }
}

/// What names a session: its handle, its record or its id.
public protocol SessionReference: Sendable {
    var sessionReference: String { get }
}

/// What names an approval: its record, its request or its id.
public protocol ApprovalReference: Sendable {
    var approvalReference: String { get }
}

extension String: ProjectReference, TaskReference, SessionReference, ApprovalReference {
    public var projectReference: String { self }
    public var taskReference: String { self }
    public var sessionReference: String { self }
    public var approvalReference: String { self }
}

extension ProjectInfo: ProjectReference {
    public var projectReference: String { id }
}

extension TaskInfo: TaskReference {
    public var taskReference: String { id }
}

extension TaskHandle: TaskReference {
    public var taskReference: String { id }
}

extension SessionInfo: SessionReference {
    public var sessionReference: String { id }
}

extension Session: SessionReference {
    public var sessionReference: String { id }
}

extension ApprovalInfo: ApprovalReference {
    public var approvalReference: String { id }
}

extension ApprovalRequested: ApprovalReference {
    public var approvalReference: String { approvalID ?? "" }
}

/// What an agent is asked: a text, which may be a literal, or blocks of content.
public struct Prompt: Hashable, Sendable, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral {
    /// The blocks.
    public var blocks: [ContentBlock]

    public init(_ blocks: [ContentBlock]) {
        self.blocks = blocks
    }

    public init(_ text: String) {
        blocks = [.text(text)]
    }

    public init(stringLiteral text: String) {
        self.init(text)
    }

    public init(arrayLiteral blocks: ContentBlock...) {
        self.init(blocks)
    }
}
