// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "benches",
    dependencies: [.package(name: "MaestroKit", path: "../../bindings-swift")],
    targets: [.executableTarget(name: "stream", dependencies: [.product(name: "MaestroKit", package: "MaestroKit")])]
)
