import CLibPQ
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The thread that waits for the sockets of PostgreSQL connections, and runs the tasks that prefer it.
///
/// A task that runs on the loop (`Task(executorPreference: loop)`, `withTaskExecutorPreference(loop)`, or an actor on
/// ``serialExecutor``) uses connections without ever changing threads: it sends, the same thread waits, and it goes on.
/// Tasks from elsewhere may use the same connections; they pay two changes of thread per wait. The loop itself never
/// touches a connection, it only says that a socket is ready, so a connection belongs to whoever is using it.
///
/// What runs on a loop must not block. A loop lives as long as the process.
///
/// `@unchecked Sendable`: `local` and `running` are touched on the loop's thread only; all else is locked or immutable.
public final class PostgresLoop: TaskExecutor, @unchecked Sendable {
    /// The loop that connections use unless told otherwise.
    public static let shared = PostgresLoop()

    private struct Job {
        var job: UnownedJob
        /// Of an actor on the serial executor; else of a task that prefers the loop.
        var isSerial: Bool
    }

    private struct Remote {
        var jobs: [Job] = []
        /// The thread waits in the poller, or is about to.
        var isSleeping = false
    }

    private struct Sockets {
        var watches: [UInt64: SocketWatch] = [:]
        var lastToken: UInt64 = 0
    }

    private let poller = Poller()
    private let remote = Mutex(Remote())
    private let sockets = Mutex(Sockets())
    private let thread = Atomic<UInt>(0)
    private var local: [Job] = []
    private var running: [Job] = []

    public init() {
        start()
    }

    /// Whether the caller's thread is the loop's.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == Self.currentThread }

    private static var currentThread: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }

    // MARK: Jobs

    public func enqueue(_ job: consuming ExecutorJob) { add(Job(job: UnownedJob(job), isSerial: false)) }

    /// The loop as the executor of actors: all actors on it run on its one thread, one after the other.
    public var serialExecutor: any SerialExecutor { serial }

    private lazy var serial = Serial(loop: self)

    private final class Serial: SerialExecutor {
        unowned let loop: PostgresLoop
        init(loop: PostgresLoop) { self.loop = loop }
        func enqueue(_ job: consuming ExecutorJob) { loop.add(Job(job: UnownedJob(job), isSerial: true)) }
        func checkIsolated() { precondition(loop.isCurrent, "not on the loop's thread") }
    }

    private func add(_ job: Job) {
        if isCurrent {
            local.append(job)
            return
        }
        let isSleeping = remote.withLock { remote -> Bool in
            remote.jobs.append(job)
            defer { remote.isSleeping = false }
            return remote.isSleeping
        }
        // Whoever finds the thread asleep wakes it; the others find it woken.
        if isSleeping { poller.wake() }
    }

    private func run() {
        thread.store(Self.currentThread, ordering: .relaxed)
        let task = asUnownedTaskExecutor()
        let actors = serial.asUnownedSerialExecutor()
        while true {
            let mayBlock = remote.withLock { remote -> Bool in
                if !remote.jobs.isEmpty {
                    local.append(contentsOf: remote.jobs)
                    remote.jobs.removeAll(keepingCapacity: true)
                }
                remote.isSleeping = local.isEmpty
                return local.isEmpty
            }
            poller.wait(blocking: mayBlock) { event in
                sockets.withLock { $0.watches[event.token] }?.signal(event)
            }
            if mayBlock {
                remote.withLock { remote in
                    remote.isSleeping = false
                    if !remote.jobs.isEmpty {
                        local.append(contentsOf: remote.jobs)
                        remote.jobs.removeAll(keepingCapacity: true)
                    }
                }
            }
            // What these jobs enqueue comes after the sockets have been looked at again.
            swap(&local, &running)
            for job in running {
                if job.isSerial {
                    job.job.runSynchronously(isolatedTo: actors, taskExecutor: task)
                } else {
                    job.job.runSynchronously(on: task)
                }
            }
            running.removeAll(keepingCapacity: true)
        }
    }

    private func start() {
        _ = serial
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 2 << 20)
        let box = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        pthread_create(
            &thread, &attributes,
            { argument in
                // Imported as optional on one platform and not on the other.
                let argument: UnsafeMutableRawPointer? = argument
                guard let argument else { return nil }
                Unmanaged<PostgresLoop>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, box)
        pthread_attr_destroy(&attributes)
    }

    // MARK: Sockets

    /// Watches a duplicate of a socket until ``SocketWatch/end()``.
    func watch(_ original: Int32) -> SocketWatch {
        let socket = fcntl(original, F_DUPFD_CLOEXEC, 0)
        precondition(socket >= 0, "the system gives no more descriptors: errno \(errno)")
        return sockets.withLock { sockets in
            sockets.lastToken += 1
            let watch = SocketWatch(socket: socket, token: sockets.lastToken, loop: self)
            sockets.watches[sockets.lastToken] = watch
            poller.add(socket, sockets.lastToken, .readable)
            return watch
        }
    }

    func change(_ watch: SocketWatch, _ interest: SocketInterest) { poller.change(watch.socket, watch.token, interest) }

    func ignore(_ watch: SocketWatch) { poller.remove(watch.socket) }

    func forget(_ watch: SocketWatch) {
        sockets.withLock { $0.watches[watch.token] = nil }
        poller.remove(watch.socket)
    }
}
