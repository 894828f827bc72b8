/// A number of bytes as people read it.
public enum ByteSize {
  private static let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]

  /// `312 bytes`, `4.0 KiB`, `87 MiB`: powers of 1024, two digits or more.
  public static func text(_ bytes: Int64) -> String {
    var (value, unit) = (Double(bytes), 0)
    while value >= 1024, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    guard unit > 0, value < 9.95 else { return "\(Int(value.rounded())) \(units[unit])" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
