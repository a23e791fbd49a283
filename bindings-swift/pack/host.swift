// A host of an agent that never gets ready; examples/guarded.sh kills it: `host PROJECT PROGRAM`.
import MaestroKit

let (project, program) = (CommandLine.arguments[1], CommandLine.arguments[2])
let maestro = try await Maestro.open(.sqlite(project + ".db"), agents: ["claude": .claudeCode(program: program)])
let shop = try await maestro.projects.ensure("shop", path: project)
_ = try await maestro.sessions.open(project: shop)
