/// An answer that the mirror does not keep, and why.
struct Unmirrored: Error, Equatable {
  let reason: String
}

/// What an answer brings: the `data` of the envelope `{success, data}`, or the bare document.
struct Payload {
  private let root: JSONText
  private let parts: [JSONObject]

  init(_ body: [UInt8]) throws(Unmirrored) {
    do {
      root = try JSONText(checking: body)
    } catch {
      throw Unmirrored(reason: "the answer is not JSON (\(error.reason) at byte \(error.offset))")
    }
    let document = root.object
    if document?["success"]?.bool == false { throw Unmirrored(reason: "the answer says success: false") }
    parts = [document?["data"]?.object, document].compactMap(\.self)
  }

  subscript(_ name: String) -> JSONText? {
    for part in parts { if let value = part[name] { return value } }
    return nil
  }

  /// The entity under a name, or the payload itself when it is that entity; nil: neither.
  func entity(_ name: String) -> Sighting? {
    if let value = self[name] { return Sighting(value) }
    return parts.lazy.compactMap { Sighting($0.text) }.first
  }

  /// The entities of an array; nil: there is no such array.
  /// - Throws: when one of them is not an object with an id.
  func entities(_ name: String) throws(Unmirrored) -> [Sighting]? {
    guard let elements = elements(name) else { return nil }
    var sightings: [Sighting] = []
    for element in elements {
      guard let sighting = Sighting(element) else { throw Unmirrored(reason: "an entry of \(name) has no id") }
      sightings.append(sighting)
    }
    return sightings
  }

  private func elements(_ name: String) -> [JSONText]? {
    if let elements = self[name]?.elements() { return elements }
    // A list without a name: the payload itself.
    return self[name] == nil ? root.object?["data"]?.elements() ?? root.elements() : nil
  }

  /// Does the answer say that there is more than it shows?
  func saysMore(than count: Int) -> Bool {
    if self["hasNext"]?.bool == true || self["hasMore"]?.bool == true { return true }
    if self["nextCursor"]?.isString == true { return true }
    return (self["total"]?.integer ?? 0) > Int64(count)
  }
}
