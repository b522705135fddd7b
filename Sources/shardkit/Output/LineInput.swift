#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads a file descriptor line by line, as bytes: lines may hold anything but a line feed, of any length.
struct LineInput {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

    /// The next line without its line feed; nil at the end. A last line without a line feed counts.
    mutating func next() -> [UInt8]? {
        var scanned = start
        while true {
            if let end = buffer[scanned...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            scanned = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            if start > 0 {
                buffer.removeSubrange(..<start)
                scanned -= start
                start = 0
            }
            fill()
        }
    }

    /// Everything that is left.
    mutating func rest() -> [UInt8] {
        while !isAtEnd { fill() }
        defer { start = buffer.count }
        return Array(buffer[start...])
    }

    private mutating func fill() {
        let chunk = 1 << 16
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: chunk))
        let count = buffer.withUnsafeMutableBytes { bytes in
            var count = 0
            repeat { count = read(descriptor, bytes.baseAddress! + old, chunk) } while count < 0 && errno == EINTR
            return count
        }
        buffer.removeLast(chunk - max(count, 0))
        if count <= 0 { isAtEnd = true }
    }
}
