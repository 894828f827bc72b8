/// A write with what was asked and what was answered, taken apart before the database is touched.
struct SeenWrite {
  let write: MirrorWrite
  /// nil: the body is not an object.
  let request: JSONObject?
  /// nil: the answer is not JSON; some writes need none.
  let answer: Payload?

  init(_ write: MirrorWrite, requestBody: [UInt8], responseBody: [UInt8]) {
    self.write = write
    request = Self.object(requestBody)
    answer = try? Payload(responseBody)  // nil is judged by the fold: a delete needs no answer
  }

  init(_ write: MirrorWrite, requestBody: [UInt8], answer: Payload) {
    self.write = write
    request = Self.object(requestBody)
    self.answer = answer
  }

  private static func object(_ body: [UInt8]) -> JSONObject? {
    (try? JSONText(checking: body))?.object  // nil: the API judged the request; here it only adds detail
  }

  /// The entity under a name in the answer.
  func entity(_ name: String) throws(Unmirrored) -> Sighting {
    guard let entity = answer?.entity(name) else { throw Unmirrored(reason: "the answer shows no \(name)") }
    return entity
  }

  /// What an update did to an entity: the answer's word, else what the request asked for.
  func update(_ name: String, id: String) throws(Unmirrored) -> Sighting {
    if let entity = answer?.entity(name) { return entity }
    guard let request else { throw Unmirrored(reason: "the answer shows no \(name)") }
    return Sighting(id: id, object: request)
  }
}
