#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A POSIX thread that runs a closure and is never joined.
enum PosixThread {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        let argument = Unmanaged.passRetained(Start(body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(
                &thread, nil,
                { pointer in
                    Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body()
                    return nil
                }, argument)
            if let thread { pthread_detach(thread) }
        #else
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { pointer in
                    if let pointer { Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body() }
                    return nil
                }, argument)
            if code == 0 { pthread_detach(thread) }
        #endif
        precondition(code == 0, "no thread could be started: error \(code)")
    }
}

/// Something to wait for: a flag with a mutex and a condition. They live as long as the process.
final class PosixFlag: Sendable {
    // Safe to share: the pointers never change, and the mutex guards what they point to.
    private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let isRaised = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(condition, nil)
        #else
            // Time that is not set to and fro.
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
        #endif
        isRaised.initialize(to: false)
    }

    func raise() {
        pthread_mutex_lock(mutex)
        isRaised.pointee = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits until it is raised, or for so many nanoseconds, and lowers it.
    func wait(nanoseconds limit: Int64? = nil) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if let limit, !isRaised.pointee {
            #if canImport(Darwin)
                var time = timespec(tv_sec: Int(limit / 1_000_000_000), tv_nsec: Int(limit % 1_000_000_000))
                pthread_cond_timedwait_relative_np(condition, mutex, &time)
            #else
                var time = timespec()
                clock_gettime(CLOCK_MONOTONIC, &time)
                let end = Int64(time.tv_nsec) + limit % 1_000_000_000
                time.tv_sec += Int(limit / 1_000_000_000 + end / 1_000_000_000)
                time.tv_nsec = Int(end % 1_000_000_000)
                pthread_cond_timedwait(condition, mutex, &time)
            #endif
        } else {
            while !isRaised.pointee { pthread_cond_wait(condition, mutex) }
        }
        isRaised.pointee = false
    }
}
