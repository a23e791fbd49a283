extension ContentBlock {
    /// The text of all text blocks, joined by line breaks.
    public static func joinText(_ blocks: [ContentBlock]) -> String {
        blocks.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
    }
}
