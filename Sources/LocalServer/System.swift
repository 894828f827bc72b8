internal import CLinux
internal import Glibc

/// The system calls of this module, each wrapped once: EINTR is retried, would-block is a value.
enum System {
  /// What a non-blocking call did.
  enum Outcome {
    case done(Int)
    case wouldBlock
    case failed(CInt)
  }

  static func receive(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    outcome { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
  }

  /// Sends without ever raising SIGPIPE.
  static func send(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Outcome {
    outcome { Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL)) }
  }

  /// Sends several pieces in one call, without ever raising SIGPIPE.
  static func send(_ descriptor: CInt, _ pieces: UnsafeMutableBufferPointer<iovec>) -> Outcome {
    var message = msghdr()
    message.msg_iov = pieces.baseAddress
    message.msg_iovlen = pieces.count
    return outcome { sendmsg(descriptor, &message, CInt(MSG_NOSIGNAL)) }
  }

  /// Takes the next connection of a listening socket; its descriptor does not block.
  static func accept(_ listener: CInt, from address: inout sockaddr_storage) -> Outcome {
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &address) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        outcome { Int(clinux_accept(listener, generic, &length)) }
      }
    }
  }

  static func setOption(_ descriptor: CInt, level: CInt, name: CInt, to value: CInt) {
    var value = value
    // A socket option that the kernel refuses costs latency, never correctness.
    _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  /// How much of what was sent the peer has not taken yet.
  static func untakenBytes(_ descriptor: CInt) -> Int {
    var count: CInt = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
  }

  /// Makes `close` reset the connection, so that the peer sees a broken transfer instead of an end.
  static func resetOnClose(_ descriptor: CInt) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
  }

  /// The text for an error number, as `strerror` gives it, in lower case to stand inside a sentence.
  static func text(_ code: CInt) -> String {
    String(cString: strerror(code)).lowercased()
  }

  @inline(__always)
  private static func outcome(_ call: () -> Int) -> Outcome {
    while true {
      let result = call()
      guard result < 0 else { return .done(result) }
      let code = errno
      if code == EINTR { continue }
      precondition(code != EBADF, "a descriptor was used after it was closed")
      return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
    }
  }
}
