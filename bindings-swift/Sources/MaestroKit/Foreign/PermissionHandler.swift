/// Answers approvals without a person.
public protocol PermissionHandler: Sendable {
    /// The answer, or none to leave it to a person. What it throws leaves it to a person too; it is logged, and it is the approval's `handlerError`
    /// and in an `approval.updated` event.
    func decide(_ approval: ApprovalInfo) async throws -> Decision?
}
