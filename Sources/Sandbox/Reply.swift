import Crypto
import Foundation

/// One whole answer as a value.
struct Reply: Sendable, Equatable {
  struct Field: Sendable, Equatable {
    var name: String
    var value: String
  }

  var status: Int
  var fields: [Field]
  var body: [UInt8]

  init(status: Int = 200, json: JSON) {
    self.status = status
    fields = [Field(name: "Content-Type", value: "application/json; charset=utf-8")]
    body = json.bytes
  }

  func first(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// This answer with a strong validator, or 304 when the client's `If-None-Match` knows it (RFC 9110 §13.1.2).
  func validated(against ifNoneMatch: String?) -> Reply {
    var reply = self
    let tag = "\"\(hex(SHA256.hash(data: Data(body)).prefix(16)))\""
    reply.fields.append(Field(name: "ETag", value: tag))
    guard let ifNoneMatch, Reply.matches(tag, list: ifNoneMatch) else { return reply }
    reply.status = 304
    reply.fields.removeAll { $0.name == "Content-Type" }
    reply.body = []
    return reply
  }

  private static func matches(_ tag: String, list: String) -> Bool {
    list.split(separator: ",").contains { item in
      let candidate = item.trimmingCharacters(in: .whitespaces)
      return candidate == "*" || candidate == tag || candidate == "W/" + tag
    }
  }
}

/// What a call leads to: an answer, or text to be generated first.
enum Outcome: Sendable {
  case reply(Reply)
  /// The driver waits the generation's time, then asks `World.finish` for the answer.
  case generate(Generation)
  /// The driver writes the tokens as events, then asks `World.finishStream` for the last events.
  case stream(Generation)
}
