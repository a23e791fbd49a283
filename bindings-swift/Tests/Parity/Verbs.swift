import Foundation
import MaestroKit

/// The arguments of a step.
struct Given {
    let json: JSON

    subscript(name: String) -> JSON? { json[name].flatMap { $0 == .null ? nil : $0 } }

    func text(_ name: String) -> String { self[name]?.string ?? "" }

    func maybe(_ name: String) -> String? { self[name]?.string }

    /// Where a feed begins.
    var after: Position {
        switch self["after"]?["at"]?.string {
        case "now": .now
        case "after": .after(self["after"]?["cursor"]?.string ?? "")
        default: .beginning
        }
    }

    func filter() throws -> EventFilter { try EventFilter(json: self["filter"] ?? [:]) }
}

/// What came of a step.
enum Came {
    case result(JSON)
    case events([JSON])
}

private func result(_ record: some Record) -> Came { .result(record.json) }

private func result(_ records: [some Record]) -> Came { .result(.array(records.map(\.json))) }

private func result(id: String) -> Came { .result(["id": .string(id)]) }

private func done(_ call: () async throws -> Void) async throws -> Came {
    try await call()
    return .result(.null)
}

extension Stage {
    func call(_ m: Maestro, _ step: Given, _ a: Given) async throws -> Came {
        let (task, session) = (m.tasks.handle(a.text("task")), m.sessions.handle(a.text("session")))
        let (turn, policies) = (session.turn(a.text("turn")), m.approvals.policies)
        let approval = a.text("approval")
        switch step.text("call") {
        case "close": return try await done { try await m.close(Running(rawValue: a.maybe("running") ?? "park") ?? .park) }
        case "projects.ensure":
            let spec = try ProjectSpec(json: a.json)
            return result(try await m.projects.ensure(
                spec.name, path: spec.path, agent: spec.agent, account: spec.account, base: spec.base, maxRunning: spec.maxRunning))
        case "projects.get": return result(try await m.projects.get(a.text("project")))
        case "projects.list": return result(try await m.projects.list())
        case "agents.list": return result(try await m.agents.list())
        case "agents.probe": return result(try await m.agents.probe(a.text("agent")))
        case "accounts.put":
            let spec = try AccountSpec(json: a.json)
            return result(try await m.accounts.put(spec.name, agent: spec.agent, credentials: spec.credentials))
        case "accounts.get": return result(try await m.accounts.get(a.text("account")))
        case "accounts.list": return result(try await m.accounts.list())
        case "accounts.status": return result(try await m.accounts.status(a.text("account")))
        case "accounts.remove": return try await done { try await m.accounts.remove(a.text("account")) }

        case "tasks.submit":
            let spec = try TaskSpec(json: a.json)
            if let kind = a.maybe("kind") {
                return result(id: try await m.tasks.submit(kind: kind, input: spec.input, spec: spec).id)
            }
            return result(id: try await m.tasks.submit(spec.prompt, spec: spec).id)
        case "tasks.get": return result(try await m.tasks.get(a.text("task")))
        case "tasks.list": return result(try await m.tasks.list(TaskFilter(json: a.json)))
        case "tasks.explain": return result(try await task.explain())
        case "tasks.wait" where step["give_up"] == true:
            let waiting = Task { try await task.wait() }
            waiting.cancel()
            let ended = await waiting.result
            if case .failure(let error) = ended { return .result(["gave_up": .bool(error is CancellationError)]) }
            return .result(["gave_up": false])
        case "tasks.wait": return result(try await task.wait())
        case "tasks.cancel": return result(try await task.cancel(reason: a.text("reason")))
        case "tasks.retry": return result(try await task.retry())
        case "tasks.reply": return result(try await task.reply(Prompt(a.text("text")), idempotencyKey: a.maybe("idempotency_key")))
        case "tasks.events": return try await follow(task.events(after: a.after), step)

        case "workspaces.info": return result(try await task.workspace.info())
        case "workspaces.changes": return result(try await task.workspace.changes())
        case "workspaces.diff": return .result(.string(try await task.workspace.diff()))
        case "workspaces.patch": return .result(.string(String(decoding: try await task.workspace.patch(), as: UTF8.self)))
        case "workspaces.merge": return .result(.string(try await task.workspace.merge(into: a.text("into"))))
        case "workspaces.remove": return try await done { try await task.workspace.remove() }
        case "workspaces.discard": return try await done { try await task.workspace.discard(a.text("name")) }

        case "sessions.open": return result(id: try await m.sessions.open(project: a.text("project"), spec: SessionSpec(json: a.json)).id)
        case "sessions.fork": return result(id: try await m.sessions.fork(a.text("session")).id)
        case "sessions.adopt":
            let spec = try SessionSpec(json: a.json)
            return result(id: try await m.sessions.adopt(a.text("agent_session_id"), project: a.text("project"), spec: spec).id)
        case "sessions.resume": return result(id: try await m.sessions.resume(a.text("session")).id)
        case "sessions.list": return result(try await m.sessions.list(SessionFilter(json: a.json)))
        case "sessions.get": return result(try await session.info())
        case "sessions.view": return result(try await session.view())
        case "sessions.prompt":
            let when = PromptWhen(rawValue: a.maybe("when") ?? "queue") ?? .queue
            return result(id: try await session.prompt(Prompt(a.text("text")), when: when).id)
        case "sessions.interrupt": return try await done { try await session.interrupt() }
        case "sessions.set_mode": return try await done { try await session.setMode(a.text("mode")) }
        case "sessions.set_model": return try await done { try await session.setModel(a.text("model")) }
        case "sessions.control": return .result(try await session.control(a["request"] ?? .null))
        case "sessions.close": return try await done { try await session.close() }
        case "sessions.events": return try await follow(session.events(after: a.after), step)
        case "turns.wait": return result(try await turn.wait())
        case "turns.cancel": return try await done { try await turn.cancel() }

        case "approvals.get": return result(try await m.approvals.get(approval))
        case "approvals.list": return result(try await m.approvals.list(ApprovalFilter(json: a.json)))
        case "approvals.allow":
            let remember = Remember(rawValue: a.maybe("remember") ?? "once")
            return result(try await m.approvals.allow(approval, input: a["input"], remember: remember))
        case "approvals.deny": return result(try await m.approvals.deny(approval, a.text("message")))
        case "approvals.answer": return result(try await m.approvals.answer(approval, a["answers"] ?? .null))
        case "approvals.extend": return result(try await m.approvals.extend(approval, by: .milliseconds(a["by_ms"]?.int ?? 0)))
        case "approvals.assign": return result(try await m.approvals.assign(approval, to: a.maybe("assignee")))
        case "policies.put":
            let spec = try RuleSpec(json: a.json)
            return result(try await policies.put(
                spec.rule, spec.effect, session: spec.sessionID, project: spec.project, reason: spec.reason))
        case "policies.list": return result(try await policies.list(RuleFilter(json: a.json)))
        case "policies.test":
            let call = try ToolUse(json: a.json)
            return result(try await policies.test(call.tool, call.input, session: call.sessionID, project: call.project))
        case "policies.remove": return result(try await policies.remove(a.text("rule")))

        case "events.subscribe": return try await follow(m.events.subscribe(a.filter(), after: a.after), step)
        case "events.read":
            let (events, next) = try await m.events.read(a.filter(), after: a.after, limit: a["limit"]?.int ?? 100)
            guard case .after(let cursor) = next else { throw MaestroError(.protocol, "a page ends after an event") }
            return .result(["events": .array(events.map(\.json)), "next": .string(cursor)])
        case "events.emit": return try await done { try await m.events.emit(a.text("type"), a["data"] ?? .null) }
        case let other: throw MaestroError(.unsupported, "the driver has no \(other)")
        }
    }

    private func follow(_ feed: Feed<Event>, _ step: Given) async throws -> Came {
        var (events, seen): ([JSON], Int) = ([], 0)
        for try await event in feed {
            events.append(event.json)
            if event.data.type == step.maybe("until") { seen += 1 }
            if seen == step["times"]?.int ?? 1 { break }
        }
        return .events(events)
    }
}
