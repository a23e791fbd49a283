import Foundation

/// What stands on the wire as an object. It is `Codable` by way of its JSON.
public protocol Record: Codable, Hashable, Sendable {
    /// Takes what stands on the wire.
    ///
    /// - Throws: `MaestroError` of the kind `protocol` that names the field that does not fit.
    init(json: JSON) throws

    /// What stands on the wire.
    var json: JSON { get }
}

extension Record {
    public init(from decoder: any Decoder) throws {
        self = try Self(json: JSON(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try json.encode(to: encoder)
    }
}

/// One of several names, as text on the wire. A name that this version does not know is kept.
public protocol Named: RawRepresentable, Codable, Hashable, Sendable where RawValue == String {
    init(rawValue: String)
}

/// What a field of a record can be.
protocol Field {
    static func read(_ json: JSON) throws -> Self
    func write() -> JSON
    /// Whether it says nothing, so that a field that may be left out is.
    var saysNothing: Bool { get }
}

extension Field {
    var saysNothing: Bool { false }

    static func mismatch(_ json: JSON, _ expected: String) -> MaestroError {
        MaestroError(.protocol, "expected \(expected) and got \(String(json.text.prefix(200)))")
    }
}

extension Field where Self: Record {
    static func read(_ json: JSON) throws -> Self { try Self(json: json) }
    func write() -> JSON { json }
}

extension Field where Self: Named {
    static func read(_ json: JSON) throws -> Self { Self(rawValue: try String.read(json)) }
    func write() -> JSON { .string(rawValue) }
}

extension JSON: Field {
    static func read(_ json: JSON) throws -> JSON { json }
    func write() -> JSON { self }
    var saysNothing: Bool { self == .null }
}

extension String: Field {
    static func read(_ json: JSON) throws -> String {
        guard case .string(let text) = json else { throw mismatch(json, "a text") }
        return text
    }
    func write() -> JSON { .string(self) }
    var saysNothing: Bool { isEmpty }
}

extension Bool: Field {
    static func read(_ json: JSON) throws -> Bool {
        guard case .bool(let value) = json else { throw mismatch(json, "true or false") }
        return value
    }
    func write() -> JSON { .bool(self) }
    var saysNothing: Bool { !self }
}

extension Int: Field {
    static func read(_ json: JSON) throws -> Int {
        guard case .int(let number) = json else { throw mismatch(json, "an integer") }
        return number
    }
    func write() -> JSON { .int(self) }
}

extension Double: Field {
    static func read(_ json: JSON) throws -> Double {
        guard let number = json.double else { throw mismatch(json, "a number") }
        return number
    }
    func write() -> JSON { .double(self) }
}

/// In milliseconds; a part of one is rounded up, so that no time becomes none.
extension Duration: Field {
    static func read(_ json: JSON) throws -> Duration { .milliseconds(try Int.read(json)) }

    func write() -> JSON {
        let (seconds, attoseconds) = components
        let (rest, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return .int(overflow ? (seconds < 0 ? Int.min : Int.max) : Int(clamping: rest.addingReportingOverflow(part).partialValue))
    }
}

/// In micro-USD.
extension Decimal: Field {
    static func read(_ json: JSON) throws -> Decimal { Decimal(try Int.read(json)) / 1_000_000 }

    func write() -> JSON {
        var micro = self * 1_000_000, rounded = Decimal()
        NSDecimalRound(&rounded, &micro, 0, .plain)
        // By its text: `intValue` is wrong for some of many digits.
        return .int(Int(rounded.description) ?? (rounded.isSignMinus ? Int.min : Int.max))
    }
}

extension Optional: Field where Wrapped: Field {
    static func read(_ json: JSON) throws -> Wrapped? { json == .null ? nil : try Wrapped.read(json) }
    func write() -> JSON { self?.write() ?? .null }
    var saysNothing: Bool { self == nil }
}

extension Array: Field where Element: Field {
    static func read(_ json: JSON) throws -> [Element] {
        guard case .array(let values) = json else { throw String.mismatch(json, "a list") }
        return try values.map(Element.read)
    }
    func write() -> JSON { .array(map { $0.write() }) }
    var saysNothing: Bool { isEmpty }
}

extension Dictionary: Field where Key == String, Value: Field {
    static func read(_ json: JSON) throws -> [String: Value] {
        guard case .object(let fields) = json else { throw String.mismatch(json, "an object") }
        return Dictionary(try fields.map { ($0.key, try Value.read($0.value)) }, uniquingKeysWith: { $1 })
    }
    func write() -> JSON { .object(JSON.Object(pairs: sorted { $0.key < $1.key }.map { ($0.key, $0.value.write()) })) }
    var saysNothing: Bool { isEmpty }
}

extension EventData: Field {
    static func read(_ json: JSON) throws -> EventData {
        var fields = try Fields(json, "an event")
        return try EventData(type: fields.need("type"), data: fields.need("data"))
    }
    func write() -> JSON { ["type": .string(type), "data": data] }
}

/// Reads the fields of a record.
struct Fields {
    private let record: String
    private let object: JSON.Object
    /// Where the next one is likely: they come in the order of the record.
    private var at = 0

    init(_ json: JSON, _ record: String) throws {
        guard case .object(let object) = json else { throw String.mismatch(json, "\(record), an object,") }
        self.record = record
        self.object = object
    }

    private mutating func find(_ name: String) -> JSON? {
        let pairs = object.pairs
        for at in at..<pairs.count where pairs[at].key == name {
            self.at = at + 1
            return pairs[at].value
        }
        return pairs[..<at].first { $0.key == name }?.value
    }

    private func read<T: Field>(_ name: String, _ json: JSON) throws -> T {
        do {
            return try T.read(json)
        } catch let error as MaestroError {
            throw MaestroError(.protocol, "`\(name)` of \(record): \(error.message)")
        }
    }

    /// A field that has to be there.
    mutating func need<T: Field>(_ name: String) throws -> T {
        guard let json = find(name) else { throw MaestroError(.protocol, "`\(name)` of \(record) is missing") }
        return try read(name, json)
    }

    /// A field that may be left out.
    mutating func take<T: Field>(_ name: String, _ otherwise: @autoclosure () -> T) throws -> T {
        guard let json = find(name), json != .null else { return otherwise() }
        return try read(name, json)
    }

    /// What is not among those.
    func rest(_ known: Set<String>) -> JSON.Object {
        JSON.Object(pairs: object.pairs.filter { !known.contains($0.key) })
    }
}

/// Writes the fields of a record.
struct Writer {
    private var object = JSON.Object(pairs: [])

    var json: JSON { .object(object) }

    mutating func put(_ name: String, _ value: some Field) {
        object.pairs.append((name, value.write()))
    }

    mutating func omit(_ name: String, _ value: some Field) {
        if !value.saysNothing { put(name, value) }
    }

    mutating func merge(_ json: JSON) {
        if case .object(let fields) = json { add(fields) }
    }

    mutating func add(_ fields: JSON.Object) {
        object.pairs.append(contentsOf: fields.pairs)
    }
}
