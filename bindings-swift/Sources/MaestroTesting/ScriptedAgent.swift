import MaestroKit

extension AgentConfig {
    /// A deterministic agent that plays scripts.
    ///
    /// A line `scenario: NAME key=value` in a prompt chooses one of `scripts`; `${key}` in it is replaced by the value.
    ///
    /// - Parameters:
    ///   - script: what it does by default. Default: it says `ok`.
    ///   - rememberIn: a directory where it keeps its conversations. Default: it keeps none.
    public static func scripted(_ script: [Step]? = nil, scripts: [String: [Step]] = [:], rememberIn: String? = nil) -> AgentConfig {
        func steps(_ script: [Step]) -> JSON { .array(script.map(\.json)) }
        var config: JSON.Object = ["kind": "scripted"]
        if let script { config["default"] = steps(script) }
        if let rememberIn { config["remember_in"] = .string(rememberIn) }
        var named: JSON.Object = [:]
        for (name, script) in scripts { named[name] = steps(script) }
        config["scripts"] = .object(named)
        return AgentConfig(config: .object(config))
    }
}
