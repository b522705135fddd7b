import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The thread on which segments are fetched and workers renewed.
///
/// Callers that draw identifiers in tight loops never suspend; on a small machine they hold every thread of the
/// cooperative pool, and a refill that had to wait for one of those would come when the buffers are dry. As the
/// preferred executor of the refilling tasks this thread runs them whatever the pool does. There is one for a process,
/// started at first use. A store may block it for as long as one request takes; other refills wait for that long.
final class BackgroundThread: TaskExecutor {
    static let shared = BackgroundThread()

    private let jobs = Mutex<[UnownedJob]>([])
    private let signal = Semaphore()

    private init() {
        let body: @Sendable () -> Void = { [self] in run() }
        Thread.start(body)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        signal.post()
    }

    private func run() {
        while true {
            signal.wait()
            let batch = jobs.withLock { jobs in
                let batch = jobs
                jobs.removeAll(keepingCapacity: true)
                return batch
            }
            for job in batch { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}

/// A POSIX thread that runs a closure once and is never joined.
private enum Thread {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        let argument = Unmanaged.passRetained(Start(body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(&thread, nil, { pointer in
                Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            }, argument)
            if let thread { pthread_detach(thread) }
        #else
            var thread = pthread_t()
            let code = pthread_create(&thread, nil, { pointer in
                if let pointer { Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, argument)
            pthread_detach(thread)
        #endif
        precondition(code == 0, "no thread could be started: error \(code)")
    }
}

/// A counting semaphore of a mutex and a condition; both live as long as the process.
private final class Semaphore: Sendable {
    // Safe to share: the pointers never change, and POSIX guards what they point to.
    private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let count = UnsafeMutablePointer<Int>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        count.initialize(to: 0)
    }

    func post() {
        pthread_mutex_lock(mutex)
        count.pointee += 1
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Takes all there is, at least one.
    func wait() {
        pthread_mutex_lock(mutex)
        while count.pointee == 0 { pthread_cond_wait(condition, mutex) }
        count.pointee = 0
        pthread_mutex_unlock(mutex)
    }
}
