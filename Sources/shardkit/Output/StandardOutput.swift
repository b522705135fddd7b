#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes whole buffers to a file descriptor. When nobody reads any more, it says so once instead of failing each time.
struct StandardOutput {
    /// The reader is gone (`| head`): there is nobody to write for.
    struct ReaderGone: Error {}

    let descriptor: Int32
    static let output = StandardOutput(descriptor: STDOUT_FILENO)
    static let errors = StandardOutput(descriptor: STDERR_FILENO)

    /// Writes all bytes; blocks until they are taken.
    func write(_ bytes: [UInt8]) throws(ReaderGone) {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress! + start, $0.count - start) }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw ReaderGone()
            }
            start += count
        }
    }

    func write(_ text: String) throws(ReaderGone) { try write(Array(text.utf8)) }

    func line(_ text: String) throws(ReaderGone) { try write(text + "\n") }
}

private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, start, count)
}
