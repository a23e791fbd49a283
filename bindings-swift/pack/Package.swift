// swift-tools-version: 6.0
import PackageDescription

let kit: [Target.Dependency] = [
    .product(name: "MaestroKit", package: "MaestroKit"), .product(name: "MaestroTesting", package: "MaestroKit"),
]

let package = Package(
    name: "product",
    dependencies: [.package(path: "../MaestroKit")],
    targets: [
        .executableTarget(name: "quickstart", dependencies: kit),
        .executableTarget(name: "host", dependencies: kit),
    ]
)
