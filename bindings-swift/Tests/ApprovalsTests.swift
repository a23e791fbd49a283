import MaestroKit
import MaestroTesting
import Testing

private let asks: [Step] = [.tool(ToolStep(name: "Bash", input: ["command": "make"], ask: true, result: "made")), .say("Done.")]

@Suite struct ApprovalsTests {
    @Test func aPersonAllowsAndDenies() async throws {
        try await inShop(asks) { maestro in
            let allowed = try await maestro.tasks.submit("Make", project: "shop")
            let first = try await allowed.events().first(asked)
            #expect(first.tool == "Bash")
            #expect(first.input == ["command": "make"])
            #expect(try await maestro.approvals.list(ApprovalFilter(states: [.pending])).approvals.count == 1)
            let info = try await maestro.approvals.allow(first)
            #expect(info.state == .allowed)
            #expect(try await allowed.wait() == .succeeded("Done."))
            let again = await failure { try await maestro.approvals.deny(first, "too late") }
            #expect(again?.kind == .conflict)

            let denied = try await maestro.tasks.submit("Make", project: "shop")
            let second = try await denied.events().first(asked)
            try await maestro.approvals.extend(second, by: .seconds(60))
            #expect(try await maestro.approvals.assign(second, to: "ada").assignee == "ada")
            #expect(try await maestro.approvals.deny(second, "not today").state == .denied)
            let resolved = try await denied.events().first { event in
                if case .approvalResolved(let resolved) = event.data { resolved } else { nil }
            }
            #expect(resolved.decision == .deny("not today"))
            #expect(resolved.by.kind == .person)
        }
    }

    @Test func aQuestionIsAnswered() async throws {
        try await inShop([.ask("Which colour?", choices: ["red", "blue"])]) { maestro in
            let session = try await maestro.sessions.open(project: "shop")
            let turn = try await session.prompt("Paint")
            let question = try await session.events().first(asked)
            #expect(question.kind == .question)
            #expect(question.questions.first?.question == "Which colour?")
            try await maestro.approvals.answer(question, ["Which colour?": "blue"])
            _ = try await turn.wait()
            let decision = try await session.events().first { event in
                if case .approvalResolved(let resolved) = event.data { resolved.decision } else { nil }
            }
            #expect(decision == .answer(["Which colour?": "blue"]))
        }
    }

    @Test func aRuleAnswersForThePerson() async throws {
        try await inShop(asks) { maestro in
            let rule = try await maestro.approvals.policies.put("Bash(make)", .allow, project: "shop", reason: "harmless")
            #expect(rule.level.json["kind"] == "project")
            #expect(try await maestro.approvals.policies.test("Bash", ["command": "make"], project: "shop").effect == .allow)
            #expect(try await maestro.approvals.policies.test("Bash", ["command": "rm"], project: "shop").effect == nil)
            let task = try await maestro.tasks.submit("Make", project: "shop")
            #expect(try await task.wait() == .succeeded("Done."))
            #expect(try await maestro.approvals.policies.list().rules.map(\.id) == [rule.id])
            try await maestro.approvals.policies.remove(rule.id)
            #expect(try await maestro.approvals.policies.list().rules == [])
        }
    }

    @Test func aHandlerAnswersOrLeavesItToAPerson() async throws {
        struct Handler: PermissionHandler {
            func decide(_ approval: ApprovalInfo) async throws -> Decision? {
                switch approval.input["command"]?.string {
                case "make": .allow()
                case "throw": throw MaestroError(.internal, "no idea")
                default: nil
                }
            }
        }
        let scripts = ["asks": [Step.tool(ToolStep(name: "Bash", input: ["command": "${command}"], ask: true)), .say("Done.")]]
        try await inShop(scripts: scripts, permissionHandler: Handler()) { maestro in
            let made = try await maestro.tasks.submit("scenario: asks command=make", project: "shop")
            #expect(try await made.wait() == .succeeded("Done."))
            let left = try await maestro.tasks.submit("scenario: asks command=other", project: "shop")
            try await maestro.approvals.allow(left.events().first(asked))
            #expect(try await left.wait() == .succeeded("Done."))

            let threw = try await maestro.tasks.submit("scenario: asks command=throw", project: "shop")
            let told = try await threw.events().first { event in
                if case .approvalUpdated(let told) = event.data { told } else { nil }
            }
            #expect(told.handlerError?.message == "no idea")
            let waiting = try await maestro.approvals.get(told.approvalID ?? "")
            #expect(waiting.state == .pending)
            #expect(waiting.handlerError?.message == "no idea")
            try await maestro.approvals.allow(waiting)
            #expect(try await threw.wait() == .succeeded("Done."))
        }
    }
}
