import Synchronization

/// The thread on which segments are fetched and workers renewed.
///
/// Callers that draw identifiers in tight loops never suspend; on a small machine they hold every thread of the
/// cooperative pool, and a refill that had to wait for one of those would come when the buffers are dry. As the
/// preferred executor of the refilling tasks this thread runs them whatever the pool does. There is one for a process,
/// started at first use. A store may block it for as long as one request takes; other refills wait for that long.
final class BackgroundThread: TaskExecutor {
    static let shared = BackgroundThread()

    private let jobs = Mutex<[UnownedJob]>([])
    private let flag = PosixFlag()

    private init() {
        PosixThread.start { [self] in run() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        flag.raise()
    }

    private func run() {
        while true {
            flag.wait()
            let batch = jobs.withLock { jobs in
                let batch = jobs
                jobs.removeAll(keepingCapacity: true)
                return batch
            }
            for job in batch { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
