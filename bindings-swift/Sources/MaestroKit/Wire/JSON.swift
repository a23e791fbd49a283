/// Anything that JSON can say. Objects keep the order of their keys; it does not count when two are compared.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(Object)

    /// The field of an object; none where there is none, or where this is no object.
    public subscript(key: String) -> JSON? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// An element of an array; none beyond its end, or where this is no array.
    public subscript(index: Int) -> JSON? {
        if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
    }

    /// The text, if this is one.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The integer, if this is one.
    public var int: Int? {
        if case .int(let number) = self { number } else { nil }
    }

    /// The number, if this is one.
    public var double: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The truth value, if this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, if this is an array.
    public var array: [JSON]? {
        if case .array(let array) = self { array } else { nil }
    }

    /// The fields, if this is an object.
    public var object: Object? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The fields of an object, in their order.
    public struct Object: Sendable, Sequence, ExpressibleByDictionaryLiteral {
        var pairs: [(key: String, value: JSON)]

        init(pairs: [(key: String, value: JSON)]) {
            self.pairs = pairs
        }

        /// Of two with the same key the last one counts.
        public init(dictionaryLiteral elements: (String, JSON)...) {
            pairs = []
            for (key, value) in elements { self[key] = value }
        }

        /// How many there are.
        public var count: Int { pairs.count }

        /// Whether there are none.
        public var isEmpty: Bool { pairs.isEmpty }

        /// A field. Setting none removes it.
        public subscript(key: String) -> JSON? {
            get { pairs.first { $0.key == key }?.value }
            set {
                let at = pairs.firstIndex { $0.key == key }
                switch (at, newValue) {
                case (let at?, let value?): pairs[at].value = value
                case (let at?, nil): pairs.remove(at: at)
                case (nil, let value?): pairs.append((key, value))
                case (nil, nil): break
                }
            }
        }

        public func makeIterator() -> IndexingIterator<[(key: String, value: JSON)]> {
            pairs.makeIterator()
        }
    }
}

extension JSON.Object: Hashable {
    public static func == (one: Self, other: Self) -> Bool {
        if one.count != other.count { return false }
        if zip(one.pairs, other.pairs).allSatisfy({ $0.key == $1.key && $0.value == $1.value }) { return true }
        return one.pairs.allSatisfy { other[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // The same for any order.
        hasher.combine(pairs.reduce(0) { $0 ^ $1.key.hashValue })
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension JSON: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var object = Object(pairs: [])
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSON: Codable {
    private struct FieldName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        if let fields = try? decoder.container(keyedBy: FieldName.self) {
            self = .object(Object(pairs: try fields.allKeys.map { ($0.stringValue, try fields.decode(JSON.self, forKey: $0)) }))
        } else if var elements = try? decoder.unkeyedContainer() {
            var array: [JSON] = []
            while !elements.isAtEnd { array.append(try elements.decode(JSON.self)) }
            self = .array(array)
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let bool = try? value.decode(Bool.self) {
                self = .bool(bool)
            } else if let int = try? value.decode(Int.self) {
                self = .int(int)
            } else if let double = try? value.decode(Double.self) {
                self = .double(double)
            } else {
                self = .string(try value.decode(String.self))
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var fields = encoder.container(keyedBy: FieldName.self)
            for (key, value) in object { try fields.encode(value, forKey: FieldName(stringValue: key)) }
        case .array(let array):
            var elements = encoder.unkeyedContainer()
            for value in array { try elements.encode(value) }
        case .null:
            var value = encoder.singleValueContainer()
            try value.encodeNil()
        case .bool(let it):
            var value = encoder.singleValueContainer()
            try value.encode(it)
        case .int(let it):
            var value = encoder.singleValueContainer()
            try value.encode(it)
        case .double(let it):
            var value = encoder.singleValueContainer()
            try value.encode(it)
        case .string(let it):
            var value = encoder.singleValueContainer()
            try value.encode(it)
        }
    }
}

extension JSON: CustomStringConvertible {
    /// As text, on one line.
    public var description: String { text }
}
