import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads for work that blocks: scans, commits that wait for the disk, DDL. Shared by all shards of the process, so
/// that blocking C never holds a thread of Swift's own pool.
///
/// A task runs on it with `withTaskExecutorPreference` (about 10 µs there and back).
public final class WorkExecutor: TaskExecutor, Sendable {
    /// One thread per core.
    public static let shared = WorkExecutor(threads: max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))

    private struct State {
        var jobs: [UnownedJob] = []
        /// Jobs before this index have been taken.
        var head = 0
    }

    private let state: Mutex<State>
    private let signal: Signal

    public init(threads: Int) {
        state = Mutex(State())
        signal = Signal()
        for _ in 0..<threads { start() }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        signal.post()
    }

    private func run() {
        while true {
            signal.wait()
            let job = state.withLock { state -> UnownedJob? in
                guard state.head < state.jobs.count else { return nil }
                let job = state.jobs[state.head]
                state.head += 1
                if state.head == state.jobs.count || state.head > 1024 {
                    state.jobs.removeFirst(state.head)
                    state.head = 0
                }
                return job
            }
            job?.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // SQLite's parser and our merge are shallow; 2 MiB leaves room for deep expressions.
        pthread_attr_setstacksize(&attributes, 2 << 20)
        let box = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<WorkExecutor>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, box)
        pthread_attr_destroy(&attributes)
    }

    /// A counting semaphore.
    /// `@unchecked Sendable`: the semaphore is only touched through sem_post and sem_wait, which are thread-safe.
    private final class Signal: @unchecked Sendable {
        private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        init() { sem_init(semaphore, 0, 0) }
        func post() { sem_post(semaphore) }
        func wait() { while sem_wait(semaphore) != 0 {} }
    }
}
