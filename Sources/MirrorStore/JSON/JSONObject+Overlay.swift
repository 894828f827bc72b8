extension JSONObject {
  /// This object with newer values for the members both have; nil: none of them differs.
  func replacingShared(from newer: JSONObject) -> [UInt8]? {
    var differs = false
    let members = members.map { member -> Member in
      guard let value = newer.value(of: member.name), value != member.value else { return member }
      differs = true
      return Member(name: member.name, value: value)
    }
    return differs ? Self.joined(members) : nil
  }

  /// This object with everything a newer, perhaps partial one says: shared members replaced, new ones added at the end.
  func overlaid(by newer: JSONObject) -> [UInt8] {
    var members = members.map { Member(name: $0.name, value: newer.value(of: $0.name) ?? $0.value) }
    members += newer.members.filter { value(of: $0.name) == nil }
    return Self.joined(members)
  }

  /// An older object with everything that this newer, perhaps partial one says; this one alone when the older is damaged.
  func laid(over older: JSONObject?) -> [UInt8] {
    guard let older, case let both = older.overlaid(by: self), (try? JSONText(checking: both)) != nil else {
      return Array(text.bytes)
    }
    return both
  }

  /// Has this object every member of the other?
  func covers(_ other: JSONObject) -> Bool {
    other.members.allSatisfy { value(of: $0.name) != nil }
  }

  /// Does a member that both have differ?
  func contradicts(_ other: JSONObject) -> Bool {
    members.contains { member in other.value(of: member.name).map { $0 != member.value } ?? false }
  }

  /// The text without some members; as received when it has none of them.
  func removing(_ names: [String]) -> [UInt8] {
    let kept = members.filter { member in !names.contains { member.name.isName($0) } }
    return kept.count == members.count ? Array(text.bytes) : Self.joined(kept)
  }

  /// The text with another value for a member it has; as received when it has no such member.
  func replacing(_ name: String, with value: some Sequence<UInt8>) -> [UInt8] {
    let value = JSONText(trusted: ArraySlice(value))
    return Self.joined(members.map { $0.name.isName(name) ? Member(name: $0.name, value: value) : $0 })
  }

  private func value(of name: JSONText) -> JSONText? {
    if let same = members.last(where: { $0.name == name }) { return same.value }
    return name.string.flatMap { self[$0] }
  }

  private static func joined(_ members: [Member]) -> [UInt8] {
    var json: [UInt8] = [UInt8(ascii: "{")]
    for member in members {
      if json.count > 1 { json.append(UInt8(ascii: ",")) }
      json.append(contentsOf: member.name.bytes)
      json.append(UInt8(ascii: ":"))
      json.append(contentsOf: member.value.bytes)
    }
    json.append(UInt8(ascii: "}"))
    return json
  }
}

/// Appends a member to the text of an object, in front of its closing brace. A text without one is damaged and stays as it
/// is: who composes with it finds out.
func appendMember(_ name: StaticString, _ value: some Sequence<UInt8>, toObject json: inout [UInt8]) {
  guard json.last == UInt8(ascii: "}") else { return }
  json.removeLast()
  while let last = json.last, isWhitespace(last) { json.removeLast() }
  if json.last != UInt8(ascii: "{") { json.append(UInt8(ascii: ",")) }
  json.append(UInt8(ascii: "\""))
  json.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  json.append(contentsOf: "\":".utf8)
  json.append(contentsOf: value)
  json.append(UInt8(ascii: "}"))
}
