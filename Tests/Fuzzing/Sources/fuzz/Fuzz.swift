import CFuzzer
import Glibc
import Invariants

/// Runs libFuzzer on the target that FUZZ_TARGET names; the arguments are libFuzzer's.
///
/// scripts/fuzz calls it, with SWIFT_BACKTRACE=enable=no: a backtrace of Swift's own would come before libFuzzer has
/// written down what happened.
@main struct Fuzz {
  private static let target = named(getenv("FUZZ_TARGET").map { String(cString: $0) } ?? "")

  static func main() {
    _ = target
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, check))
  }

  /// Ends the process at an input that breaks an invariant: libFuzzer then writes it to a file.
  private static let check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = { start, count in
    do throws(Violation) {
      try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
      fatalError(error.description)
    }
    return 0
  }

  private static func named(_ name: String) -> FuzzTarget {
    guard let target = FuzzTarget(rawValue: name) else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
      print("FUZZ_TARGET has to be one of: \(names)")
      exit(64)
    }
    return target
  }
}
