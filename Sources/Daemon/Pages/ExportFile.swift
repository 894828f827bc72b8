/// The file that a conversation is exported into.
public enum ExportFile {
  private static let nameMax = 200

  /// Ids can hold anything: what is no letter, digit, `-` or `_` is written as its code, so two ids never share a file.
  /// - Parameter number: of the copy, when there are several.
  public static func name(of id: String, _ format: LocalMirror.ExportFormat, number: Int = 1) -> String {
    let name =
      id.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          String(UnicodeScalar(byte))
        default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
      }.joined() + (number > 1 ? "~copy-\(number)" : "")
    guard name.count > nameMax else { return "\(name).\(format.rawValue)" }
    // Longer than a file's name may be: the rest is told apart by a sum over all of it (FNV-1a).
    let sum = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return "\(name.prefix(nameMax))~\(String(sum, radix: 16)).\(format.rawValue)"
  }
}
