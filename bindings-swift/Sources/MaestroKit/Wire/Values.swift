import Foundation

/// Facts that an error names, in their order.
public struct Facts: Hashable, Sendable, Sequence, ExpressibleByDictionaryLiteral {
    private var pairs: [[String]]

    public init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { [$0, $1] }
    }

    /// The first fact of this name.
    public subscript(name: String) -> String? {
        pairs.first { $0[0] == name }?[1]
    }

    /// Whether there are none.
    public var isEmpty: Bool { pairs.isEmpty }

    public func makeIterator() -> AnyIterator<(name: String, value: String)> {
        var rest = pairs.makeIterator()
        return AnyIterator { rest.next().map { ($0[0], $0[1]) } }
    }
}

extension Facts: Field {
    static func read(_ json: JSON) throws -> Facts {
        var facts: Facts = [:]
        facts.pairs = try [[String]].read(json)
        guard facts.pairs.allSatisfy({ $0.count == 2 }) else { throw mismatch(json, "pairs of texts") }
        return facts
    }
    func write() -> JSON { pairs.write() }
    var saysNothing: Bool { pairs.isEmpty }
}

/// RFC 3339 in UTC, to the microsecond.
extension Date: Field {
    static func read(_ json: JSON) throws -> Date {
        let text = try String.read(json)
        guard let date = Date(rfc3339: text) else { throw mismatch(json, "a time in UTC") }
        return date
    }

    func write() -> JSON { .string(rfc3339) }

    /// None where it is not of the form `2026-01-02T03:04:05.678901Z`, with or without a fraction.
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == bytes[7], bytes[4] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var fraction = 0.0
        if bytes.count > 20 {
            let digits = 20..<(bytes.count - 1)
            guard bytes[19] == UInt8(ascii: "."), digits.count <= 9, let value = number(digits) else { return nil }
            fraction = Double(value) / Double([1, 10, 100, 1000, 10000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000][digits.count])
        }
        let days = Date.days(year, month, day)
        self.init(timeIntervalSince1970: Double(((days * 24 + hour) * 60 + minute) * 60 + second) + fraction)
    }

    var rfc3339: String {
        let micro = Int((timeIntervalSince1970 * 1_000_000).rounded())
        let (seconds, fraction) = micro.flooredQuotientAndRemainder(by: 1_000_000)
        let (days, clock) = seconds.flooredQuotientAndRemainder(by: 86_400)
        let (year, month, day) = Date.civil(days)
        func padded(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(clock / 3600, 2)):\(padded(clock / 60 % 60, 2)):\(padded(clock % 60, 2)).\(padded(fraction, 6))Z"
    }

    /// Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that a leap day is the last one.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let (era, ofEra) = year.flooredQuotientAndRemainder(by: 400)
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, ofEra) = (days + 719_468).flooredQuotientAndRemainder(by: 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * month + 2) / 5 + 1
        return (era * 400 + year + (month >= 10 ? 1 : 0), month + (month < 10 ? 3 : -9), day)
    }
}

extension Int {
    fileprivate func flooredQuotientAndRemainder(by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
