extension JSON {
    /// Reads a text.
    ///
    /// - Throws: `MaestroError` of the kind `invalidArgument` that says at which byte it is no JSON.
    public init(text: String) throws {
        var text = text
        self = try text.withUTF8 { bytes in
            var reader = Reader(bytes: bytes)
            let value = try reader.value(depth: 0)
            reader.skipSpace()
            if reader.at < bytes.count { throw reader.error("something follows the value") }
            return value
        }
    }

    /// As text, on one line.
    public var text: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let number): bytes.append(contentsOf: String(number).utf8)
        // JSON has no infinities.
        case .double(let number): bytes.append(contentsOf: (number.isFinite ? "\(number)" : "null").utf8)
        case .string(let text): JSON.write(text, into: &bytes)
        case .array(let array):
            bytes.append(UInt8(ascii: "["))
            for (at, value) in array.enumerated() {
                if at > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (at, pair) in object.pairs.enumerated() {
                if at > 0 { bytes.append(UInt8(ascii: ",")) }
                JSON.write(pair.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                pair.value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0..<0x20: bytes.append(contentsOf: Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Reads JSON from UTF-8.
private struct Reader {
    /// As deep as the core reads.
    static let maxDepth = 128

    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    func error(_ why: String) -> MaestroError {
        MaestroError(.invalidArgument, "no JSON: \(why), at byte \(at)")
    }

    mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || (0x09...0x0d).contains(bytes[at]) { at += 1 }
    }

    private mutating func next() throws -> UInt8 {
        guard at < bytes.count else { throw error("it ends too soon") }
        defer { at += 1 }
        return bytes[at]
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
        for offset in 0..<word.utf8CodeUnitCount where try next() != word.utf8Start[offset] {
            throw error("expected \(word)")
        }
        return value
    }

    mutating func value(depth: Int) throws -> JSON {
        if depth > Reader.maxDepth { throw error("it is nested too deeply") }
        skipSpace()
        guard at < bytes.count else { throw error("it ends too soon") }
        switch bytes[at] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", true)
        case UInt8(ascii: "f"): return try word("false", false)
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws -> JSON {
        at += 1
        var object = JSON.Object(pairs: [])
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            at += 1
            return .object(object)
        }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw error("expected a key") }
            let key = try string()
            skipSpace()
            guard try next() == UInt8(ascii: ":") else { throw error("expected a colon") }
            object.pairs.append((key, try value(depth: depth + 1)))
            skipSpace()
            switch try next() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return .object(object)
            default: throw error("expected a comma or the end of the object")
            }
        }
    }

    private mutating func array(depth: Int) throws -> JSON {
        at += 1
        var array: [JSON] = []
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
            at += 1
            return .array(array)
        }
        while true {
            array.append(try value(depth: depth + 1))
            skipSpace()
            switch try next() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "]"): return .array(array)
            default: throw error("expected a comma or the end of the array")
            }
        }
    }

    private mutating func number() throws -> JSON {
        let start = at
        var whole = true
        scan: while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"): whole = false
            default: break scan
            }
            at += 1
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if whole, let int = Int(text) { return .int(int) }
        if let double = Double(text) { return .double(double) }
        at = start
        throw error("expected a value")
    }

    private mutating func string() throws -> String {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\") { at += 1 }
        if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
            defer { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }
        var text = Array(bytes[start..<at])
        while true {
            switch try next() {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case let byte: text.append(byte)
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        switch try next() {
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "u"):
            var code = try hex()
            if (0xd800..<0xdc00).contains(code) {
                guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else { throw error("half a character") }
                code = 0x10000 + (code - 0xd800) << 10 + (try hex() &- 0xdc00) & 0x3ff
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("no character") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        case let byte where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/"): text.append(byte)
        default: throw error("unknown escape")
        }
    }

    private mutating func hex() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else { throw error("expected a hexadecimal digit") }
            code = code << 4 + UInt32(digit)
        }
        return code
    }
}
