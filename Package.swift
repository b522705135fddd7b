// swift-tools-version: 6.2
// The manifest is policy: each room (target) and what it may import stand here as data. Arrows point left only;
// Tests/LayoutTests compares the imports in the sources with this table.
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // Async functions stay on the caller's executor: a point read never changes threads.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "shardkit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "ShardKit", targets: ["ShardKit"]),
        .library(name: "ShardIDs", targets: ["ShardIDs"]),
        .library(name: "ShardSQL", targets: ["ShardSQL"]),
        .library(name: "ShardPostgres", targets: ["ShardPostgres", "ShardBackend", "ShardValues", "ShardBase"]),
        .library(name: "ShardReplicas", targets: ["ShardReplicas", "ShardValues", "ShardBase"]),
        .executable(name: "shardkit", targets: ["shardkit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        room("ShardBase"),
        room("ShardIDs"),
        room("ShardSQL", ["ShardBase"]),
        room("ShardValues", ["ShardBase"]),
        room("ShardReplicas", ["ShardBase", "ShardValues", collections]),
        room("ShardTopology", ["ShardBase", "ShardValues"]),
        room("ShardPlanner", ["ShardBase", "ShardSQL", "ShardTopology", "ShardValues"]),
        room("ShardBackend", ["ShardBase", "ShardValues", logging]),
        room("ShardSQLite", ["ShardBase", "ShardBackend", "ShardValues", "CSQLite", collections, logging]),
        room("ShardPostgres", ["ShardBase", "ShardBackend", "ShardValues", "CLibPQ", logging]),
        room("ShardCatalog", ["ShardBase", "ShardTopology", "ShardBackend", "ShardSQL", "ShardValues", logging]),
        room("ShardBusiness", ["ShardBase", "ShardBackend", "ShardValues", logging]),
        room(
            "ShardExecutor",
            [
                "ShardBase", "ShardPlanner", "ShardCatalog", "ShardReplicas", "ShardTopology", "ShardBackend",
                "ShardSQL",
                "ShardValues", collections, logging, metrics, tracing,
            ]),
        room(
            "ShardKit",
            [
                "ShardBase", "ShardSQL", "ShardValues", "ShardIDs", "ShardReplicas", "ShardTopology", "ShardPlanner",
                "ShardBackend", "ShardSQLite", "ShardPostgres", "ShardCatalog", "ShardBusiness", "ShardExecutor",
                logging,
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "shardkit",
            dependencies: ["ShardKit", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        // The oracle of property tests: plain SQLite through nothing but its C interface.
        .target(
            name: "PlainEngine", dependencies: ["ShardBase", "ShardValues", "CSQLite"], path: "Tests/PlainEngine",
            swiftSettings: settings),
        // PostgreSQL servers of the tests' own: made, started, stopped and removed.
        .target(name: "PostgresServer", path: "Tests/PostgresServer", swiftSettings: settings),
        // A sharded database over PostgreSQL databases, and a plain one beside it that says what is right.
        .target(
            name: "PostgresPair", dependencies: ["ShardBackend", "ShardKit", "ShardPostgres", "PostgresServer"],
            path: "Tests/PostgresPair", swiftSettings: settings),
        // The sqllogictest runner: a support library of tests, and the command that runs the whole corpus.
        .target(
            name: "Conformance",
            dependencies: [
                "ShardBase", "ShardSQL", "ShardTopology", "ShardValues", "ShardPlanner", "ShardKit", "PlainEngine",
                "PostgresPair",
            ],
            path: "Tests/Conformance", swiftSettings: settings),
        .executableTarget(
            name: "shardkit-conformance",
            dependencies: [
                "Conformance", "PostgresPair", "PostgresServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/ConformanceCommand", swiftSettings: settings),
        // The differential fuzzer: a support library of tests, and its command.
        .target(
            name: "Fuzzing",
            dependencies: [
                "ShardBase", "ShardSQL", "ShardTopology", "ShardValues", "ShardPlanner", "ShardExecutor", "ShardKit",
                "PlainEngine",
            ],
            path: "Tests/Fuzzing", swiftSettings: settings),
        .executableTarget(
            name: "shardkit-fuzz",
            dependencies: ["Fuzzing", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/FuzzCommand", swiftSettings: settings),
        // Stores of workers and segments in memory and in files, with faults to order, and what every store must do; and the
        // command that hands out identifiers from many processes that are killed.
        .target(name: "IDStores", dependencies: ["ShardIDs"], path: "Tests/IDStores", swiftSettings: settings),
        .executableTarget(
            name: "shardkit-ids", dependencies: ["ShardIDs", "IDStores"], path: "Tests/IDCommand",
            swiftSettings: settings),
        // The bank that is robbed of its processes: a command, and what a test runs of it.
        .executableTarget(
            name: "shardkit-bank",
            dependencies: [
                "ShardBase", "ShardKit", "PostgresPair", "PostgresServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/BankCommand", swiftSettings: settings),
        // Processes that lock, send messages and run sagas, and are killed and stopped meanwhile.
        .executableTarget(
            name: "shardkit-business",
            dependencies: [
                "ShardBase", "ShardKit", "PostgresPair", "PostgresServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/BusinessCommand", swiftSettings: settings),
        tests("LayoutTests", []),
        tests("ShardBaseTests", ["ShardBase"]),
        tests("ShardIDsTests", ["ShardIDs", "IDStores", "shardkit-ids"]),
        tests("ShardSQLTests", ["ShardBase", "ShardSQL", "CSQLite"]),
        tests(
            "ShardCatalogTests",
            ["ShardBase", "ShardBackend", "ShardValues", "ShardTopology", "ShardSQLite", "ShardCatalog"]),
        tests("ShardValuesTests", ["ShardBase", "ShardValues", "PlainEngine"]),
        tests("ShardReplicasTests", ["ShardBase", "ShardValues", "ShardReplicas"]),
        tests("ShardTopologyTests", ["ShardBase", "ShardValues", "ShardTopology", "PlainEngine"]),
        tests(
            "ShardPlannerTests",
            ["ShardBase", "ShardSQL", "ShardTopology", "ShardValues", "ShardPlanner", "CSQLite"]),
        tests(
            "ShardExecutorTests",
            [
                "ShardBase", "ShardSQL", "ShardTopology", "ShardValues", "ShardPlanner", "ShardBackend", "ShardSQLite",
                "ShardCatalog", "ShardExecutor", "CSQLite", logging,
            ]),
        tests(
            "ShardPostgresTests",
            ["ShardBase", "ShardBackend", "ShardValues", "ShardPostgres", "PostgresServer", logging]),
        tests(
            "ReplicaShardTests",
            ["ShardBase", "ShardBackend", "ShardKit", "ShardPostgres", "PostgresServer", "shardkit"]),
        tests(
            "PostgresShardTests",
            ["ShardBase", "ShardKit", "IDStores", "PostgresPair", "PostgresServer", "shardkit-bank"]),
        tests("ShardKitTests", ["ShardKit", "ShardSQL", "ShardTopology", "CSQLite", "IDStores", "shardkit-bank"]),
        tests(
            "ShardBusinessTests",
            [
                "ShardBase", "ShardBackend", "ShardValues", "ShardSQLite", "ShardBusiness", "ShardKit", "PostgresPair",
                "PostgresServer", "shardkit-business",
            ]),
        tests(
            "ObservationTests",
            [
                "ShardBase", "ShardKit", "PostgresPair", "PostgresServer", metrics, tracing,
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        tests("CommandTests", ["ShardKit", "shardkit"]),
        tests(
            "DifferentialTests",
            ["ShardBase", "ShardSQL", "ShardValues", "ShardKit", "PlainEngine", "Conformance", "Fuzzing"]),
    ]
)
