import Glibc

/// The calling thread's name, as `ps -L` shows it.
func threadName() -> String {
  let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
  defer { close(file) }
  var buffer = [UInt8](repeating: 0, count: 32)
  let count = read(file, &buffer, buffer.count)
  return String(decoding: buffer[..<max(0, count - 1)], as: UTF8.self)
}
