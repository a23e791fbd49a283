import Foundation
import MaestroKit
import Testing

/// By its name, what reads a record and writes it again.
private let records: [String: @Sendable (JSON) throws -> JSON] = [
    "AccountInfo": again(AccountInfo.self), "AccountSpec": again(AccountSpec.self), "AgentInfo": again(AgentInfo.self),
    "AgentStatus": again(AgentStatus.self), "ApprovalFilter": again(ApprovalFilter.self), "ApprovalInfo": again(ApprovalInfo.self),
    "ApprovalPage": again(ApprovalPage.self), "Changes": again(Changes.self), "Decision": again(Decision.self),
    "ErrorInfo": again(ErrorInfo.self), "Event": again(Event.self), "EventFilter": again(EventFilter.self), "Outcome": again(Outcome.self),
    "ProjectInfo": again(ProjectInfo.self), "ProjectSpec": again(ProjectSpec.self), "ReplySpec": again(ReplySpec.self),
    "RuleFilter": again(RuleFilter.self), "RuleInfo": again(RuleInfo.self), "RulePage": again(RulePage.self), "RuleSpec": again(RuleSpec.self),
    "Ruling": again(Ruling.self), "SessionFilter": again(SessionFilter.self), "SessionInfo": again(SessionInfo.self),
    "SessionPage": again(SessionPage.self), "SessionSpec": again(SessionSpec.self), "SessionView": again(SessionView.self),
    "Step": again(Step.self), "TaskFilter": again(TaskFilter.self), "TaskInfo": again(TaskInfo.self), "TaskPage": again(TaskPage.self),
    "TaskSpec": again(TaskSpec.self), "ToolUse": again(ToolUse.self), "TurnInfo": again(TurnInfo.self),
    "WaitingReason": again(WaitingReason.self), "WorkspaceInfo": again(WorkspaceInfo.self),
]

/// Through `Codable`, so that both ways are seen.
private func again<R: Record>(_ type: R.Type) -> @Sendable (JSON) throws -> JSON {
    { json in
        let read = try R(json: json)
        let coded = try JSONDecoder().decode(R.self, from: JSONEncoder().encode(read))
        #expect(coded == read)
        return coded.json
    }
}

private func examples(_ folder: String) throws -> [(name: String, forms: JSON.Object)] {
    let directory = repository.appendingPathComponent("docs/wire/\(folder)")
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".json") }
    return try files.sorted().map { file in
        let text = try String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)
        return (String(file.dropLast(5)), try #require(try JSON(text: text).object))
    }
}

@Suite struct WireTests {
    @Test func everyRecordIsReadAndWrittenTheSame() throws {
        let found = try examples("records")
        #expect(Set(found.map(\.name)) == Set(records.keys))
        for (name, forms) in found {
            #expect(forms.count >= 2, "\(name)")
            let read = try #require(records[name])
            for (form, json) in forms {
                let written = try read(json)
                #expect(written == json, "\(name), \(form)")
                #expect(try JSON(text: written.text) == json)
            }
        }
    }

    @Test func everyEventIsReadAndWrittenTheSame() throws {
        let found = try examples("events")
        #expect(found.count > 50)
        for (name, forms) in found {
            for (form, json) in forms {
                let event = try Event(json: json)
                #expect(event.data.type == name)
                if case .other = event.data { Issue.record("\(name) is not known") }
                #expect(event.json == json, "\(name), \(form)")
            }
        }
    }

    @Test func whatIsNotKnownIsKept() throws {
        let decision: JSON = ["decision": "perhaps", "when": "later"]
        #expect(try Decision(json: decision) == .other(type: "perhaps", data: decision))
        #expect(try Decision(json: decision).json == decision)
        #expect(TaskState(rawValue: "dreaming") == .other("dreaming"))
        var example = try #require(try examples("records").first { $0.name == "ProjectInfo" }).forms["full"]?.object
        example?["colour"] = "red"
        let project = try ProjectInfo(json: .object(try #require(example)))
        #expect(project.unknown["colour"] == "red")
        #expect(project.json["colour"] == "red")
    }

    @Test func whatDoesNotFitIsNamed() throws {
        #expect(throws: MaestroError(.protocol, "`priority` of TaskSpec: expected an integer and got \"high\"")) {
            try TaskSpec(json: ["priority": "high"])
        }
        #expect(throws: MaestroError(.protocol, "`message` of ErrorInfo is missing")) { try ErrorInfo(json: ["kind": "internal"]) }
    }

    @Test func timesDurationsAndMoneyAreExact() throws {
        for text in ["2026-01-02T03:04:05.678901Z", "1969-12-31T23:59:59.999999Z", "2000-02-29T00:00:00.000000Z", "2100-12-31T23:59:59.000001Z"] {
            let reason = try WaitingReason(json: ["code": "needs", "until": .string(text)])
            #expect(reason.json["until"] == .string(text))
        }
        #expect(WaitingReason(code: "", until: Date(timeIntervalSince1970: 0.5)).json["until"] == "1970-01-01T00:00:00.500000Z")
        #expect(TaskSpec(deadline: .seconds(1.5)).json["deadline_ms"] == 1500)
        #expect(TaskSpec(deadline: .microseconds(1)).json["deadline_ms"] == 1)
        #expect(SessionSpec(budget: Decimal(string: "0.000001")).json["budget_micro_usd"] == 1)
        #expect(SessionSpec(budget: 0.012).json["budget_micro_usd"] == 12_000)
    }
}

@Suite struct JSONTests {
    @Test func textsAreReadAndWritten() throws {
        let text = #"{"a":[1,-2.5,true,null,"\u00e9\ud83d\ude00\n\"\\/"],"b":{}}"#
        let json = try JSON(text: text)
        #expect(json["a"]?[4] == "é😀\n\"\\/")
        #expect(json["a"]?[0]?.int == 1)
        #expect(json["a"]?[1]?.double == -2.5)
        #expect(try JSON(text: json.text) == json)
        #expect(json.text.hasPrefix(#"{"a":[1,-2.5,true,null,"é"#))
        #expect(JSON.string("\u{1}").text == #""\u0001""#)
        #expect(try JSON(text: "1e3").double == 1000)
        #expect(JSON.double(.infinity).text == "null")
    }

    @Test(arguments: ["", "{", "[1,", "{\"a\"}", "tru", "1 2", "\"", "\"\\x\"", "\"\\ud800\"", "{'a':1}", "-", "[1}"])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: MaestroError.self) { try JSON(text: text) }
    }

    @Test func depthHasALimit() throws {
        #expect(throws: MaestroError.self) { try JSON(text: String(repeating: "[", count: 100_000)) }
        _ = try JSON(text: String(repeating: "[", count: 100) + String(repeating: "]", count: 100))
    }

    @Test func orderOfKeysIsKeptAndDoesNotCount() throws {
        #expect(try JSON(text: #"{"b":1,"a":2}"#).text == #"{"b":1,"a":2}"#)
        #expect(try JSON(text: #"{"b":1,"a":2}"#) == ["a": 2, "b": 1])
        #expect(Set<JSON>([["a": 2, "b": 1], ["b": 1, "a": 2]]).count == 1)
    }
}
