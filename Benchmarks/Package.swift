// swift-tools-version: 6.2
// Benchmarks are a package of their own: nothing of them is built with the library or its tests.
import PackageDescription

let package = Package(
    name: "shardkit-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "shardkit", path: "..")],
    targets: [
        .target(name: "CMallocCounter"),
        .systemLibrary(name: "CSQLiteDirect", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLibPQDirect", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // The tests' own server, through a link to its folder.
        .target(name: "PostgresServer", swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "CMallocCounter", "CSQLiteDirect", "CLibPQDirect", "PostgresServer",
                .product(name: "ShardPostgres", package: "shardkit"), .product(name: "ShardKit", package: "shardkit"),
                .product(name: "ShardSQL", package: "shardkit"),
                .product(name: "ShardIDs", package: "shardkit"),
                .product(name: "ShardReplicas", package: "shardkit"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .enableUpcomingFeature("ExistentialAny"),
            ]),
    ]
)
