import MaestroBindings

/// Where everything is kept.
public enum Storage: Hashable, Sendable {
    /// Nowhere that outlives the process.
    case memory
    /// A SQLite file. `relaxed` may lose the latest changes when the machine crashes; `readers` is how many threads read.
    case sqlite(String, relaxed: Bool = false, readers: Int? = nil)

    var json: JSON {
        switch self {
        case .memory: ["kind": "memory"]
        case .sqlite(let path, let relaxed, let readers):
            Args {
                $0.put("kind", "sqlite")
                $0.put("path", path)
                $0.put("relaxed", relaxed)
                $0.put("readers", readers)
            }.json
        }
    }
}

/// How many sessions may keep an idle process of their agent.
public enum WarmSessions: Hashable, Sendable {
    /// At most so many.
    case atMost(Int)
    /// All of them.
    case all

    var json: JSON {
        switch self {
        case .atMost(let count): .int(count)
        case .all: .null
        }
    }
}

/// What happens to running work when a node is closed.
public enum Running: String, Hashable, Sendable {
    /// The next node goes on with it.
    case park
    /// It is waited for.
    case wait
}

/// One node: everything that a product does with Maestro starts here. Letting go of all that holds it stops it as a crash does, so `close` it.
///
/// ```swift
/// let maestro = try await Maestro.open(.sqlite("maestro.db"), agents: ["claude": .claudeCode()])
/// let shop = try await maestro.projects.ensure("shop", path: "/src/shop")
/// let plan = try await maestro.tasks.submit("Write PLAN.md for dark mode", project: shop)
/// for try await event in plan.events() { print(event.type) }
/// try await maestro.close()
/// ```
public struct Maestro: Sendable {
    let link: Link

    /// Starts a node.
    ///
    /// - Parameters:
    ///   - storage: where everything is kept. Default: nowhere.
    ///   - agents: by name: `.claudeCode()`, or `.custom(_:)` for one of yours.
    ///   - tasks: kinds of tasks of yours, by name.
    ///   - mcpServers: tool servers of this process by name, which sessions may use that name them in `mcp`.
    ///   - permissionHandler: answers approvals without a person where it wants to.
    ///   - concurrency: how many tasks run here at once. Default 4; 0 only submits and watches.
    ///   - warmSessions: how many sessions may keep an idle process of their agent. Default 8.
    ///   - startsAtOnce: how many agents may start at once. Default: as many as there are cores.
    ///   - worktrees: where git worktrees are made. Default: a directory for temporary files, so name your own.
    ///   - stateDirectory: where nodes keep what finds processes after a kill. Default: beside the store.
    ///   - place: which place this node is at; nodes of one place see the same files. Default: kept beside the store.
    ///   - grantsLast: how long an answer that came too late waits for its question. Default 24 h.
    ///   - leaseTTL: how long leases last. Default 30 s.
    ///   - sweepEvery: how often everything that may be stuck is looked at. Default 5 s.
    ///   - cancelGrace: how long a task may take to stop. Default 15 s.
    /// - Throws: `invalidConfig` that names the field.
    public static func open(
        _ storage: Storage = .memory, agents: [String: AgentConfig] = [:], tasks: [String: any TaskKind] = [:],
        mcpServers: [String: [any Tool]] = [:], permissionHandler: (any PermissionHandler)? = nil, concurrency: Int? = nil,
        warmSessions: WarmSessions? = nil, startsAtOnce: Int? = nil, worktrees: String? = nil, stateDirectory: String? = nil, place: String? = nil, grantsLast: Duration? = nil, leaseTTL: Duration? = nil,
        sweepEvery: Duration? = nil, cancelGrace: Duration? = nil
    ) async throws -> Maestro {
        let port = Port(agents: agents, tasks: tasks, mcpServers: mcpServers, permissionHandler: permissionHandler)
        let config = Args {
            $0.put("storage", storage.json)
            $0.put("concurrency", concurrency)
            $0.put("warm_sessions", warmSessions?.json)
            $0.put("starts_at_once", startsAtOnce)
            $0.put("worktrees", worktrees)
            $0.put("state_directory", stateDirectory)
            $0.put("place", place)
            $0.put("grants_last_ms", grantsLast)
            $0.put("lease_ttl_ms", leaseTTL)
            $0.put("sweep_every_ms", sweepEvery)
            $0.put("cancel_grace_ms", cancelGrace)
            port.configure(&$0)
        }
        do {
            let host = try await Host.open(config: config.json.text, foreign: port)
            let node = Node(host: host, exceptions: port.exceptions)
            port.opened(node)
            return Maestro(link: Link(node: node, host: node.host))
        } catch {
            port.opened(nil)
            throw MaestroError.thrown(error)
        }
    }

    public var projects: Projects { Projects(link: link) }
    public var agents: Agents { Agents(link: link) }
    public var accounts: Accounts { Accounts(link: link) }
    public var sessions: Sessions { Sessions(link: link) }
    public var tasks: Tasks { Tasks(link: link) }
    public var approvals: Approvals { Approvals(link: link) }
    public var events: Events { Events(link: link) }

    /// The same node, confined to a tenant and acting as somebody; what is not given stays as it is. It only narrows: another tenant, or
    /// another actor, than a handle is confined to already is `permissionDenied`.
    public func scoped(tenant: String? = nil, actor: Actor? = nil) throws -> Maestro {
        do {
            return Maestro(link: Link(node: link.node, host: try link.host.scoped(tenant: tenant, actor: actor?.json.text)))
        } catch {
            throw MaestroError.thrown(error)
        }
    }

    /// This node's incarnation, and the version of Maestro.
    public func node() async throws -> (id: String, version: String) {
        let node: JSON = try await link.query("node.get")
        var fields = try Fields(node, "the node")
        return (try fields.need("node_id"), try fields.need("version"))
    }

    /// Takes nothing new, lets running work end as `running` says, and gives the leases back. Again, it does nothing.
    ///
    /// It is not given up when the `Task` that calls it is cancelled.
    public func close(_ running: Running = .park) async throws {
        do {
            try await link.host.close(running: running.rawValue)
        } catch {
            throw MaestroError.thrown(error)
        }
    }
}
