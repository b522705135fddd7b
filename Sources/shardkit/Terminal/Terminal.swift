#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is known of the terminal.
enum Terminal {
    static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The columns of the terminal that standard output is; 80 where it does not say.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// The width tables have to keep to: the terminal's, or none when the output goes elsewhere.
    static var tableWidth: Int? { isOutputTerminal ? columns : nil }
}

/// A terminal that hands over keys as they are typed, for as long as this value lives.
struct RawMode: ~Copyable {
    private let saved: termios

    private init(saved: termios) { self.saved = saved }

    /// Begins it; nil when standard input is no terminal.
    static func begin() -> RawMode? {
        var state = termios()
        guard tcgetattr(STDIN_FILENO, &state) == 0 else { return nil }
        let saved = state
        state.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN | ISIG)
        state.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | BRKINT)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &state) == 0 else { return nil }
        return RawMode(saved: saved)
    }

    deinit {
        var state = saved
        tcsetattr(STDIN_FILENO, TCSADRAIN, &state)
    }
}
