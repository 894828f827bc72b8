import HTTPTypes

/// The payload of a successful answer: inside the envelope `{success, data}`, or bare.
struct Answer: Sendable {
  private let status: Int
  private let root: JSONValue

  /// - Throws: `INVALID_RESPONSE` when the body is not JSON; the server's error when the envelope says `success: false`.
  init(status: Int, fields: HTTPFields, body: [UInt8], credential: Credential) throws(ChatRoutesError) {
    guard let root = try? JSONValue(parsing: body) else {
      // The position would help nobody, and the text is not ours to show.
      throw .invalidResponse(status: status, "The server's answer is not JSON.")
    }
    if root["success"] == .bool(false) {
      throw ChatRoutesError(status: status, fields: fields, body: body, credential: credential)
    }
    self.status = status
    self.root = root
  }

  /// What the API's own names may be found in, most likely first.
  private var payloads: [JSONValue] { (root["data"].map { [$0] } ?? []) + [root] }

  /// The object under `name`, or the payload itself if it is the object.
  func object<Model: JSONModel>(_ name: String) throws(ChatRoutesError) -> Model {
    if let found = payloads.lazy.compactMap({ $0[name]?.as(Model.self) }).first { return found }
    guard let bare = payloads.first(where: { $0["id"] != nil })?.as(Model.self) else {
      throw .invalidResponse(status: status, "The server's answer holds no \(name).")
    }
    return bare
  }

  /// The payload as an object, whatever is in it.
  func payload<Model: JSONModel>() throws(ChatRoutesError) -> Model {
    guard let model = payloads.lazy.compactMap({ $0.as(Model.self) }).first else {
      throw .invalidResponse(status: status, "The server's answer is not an object.")
    }
    return model
  }

  /// The list under `name`, or the payload itself if it is a list.
  func list<Model: JSONModel>(_ name: String) throws(ChatRoutesError) -> [Model] {
    let lists = payloads.lazy.compactMap { $0[name]?.as([Model].self) ?? $0.as([Model].self) }
    guard let found = lists.first else {
      throw .invalidResponse(status: status, "The server's answer holds no list of \(name).")
    }
    return found
  }

  /// One page: the list and its numbers lie at the top (Python) or in the envelope (TypeScript).
  func page<Model: JSONModel>(_ name: String) throws(ChatRoutesError) -> PaginatedResponse<Model> {
    let data: [Model] = try list(name)
    return PaginatedResponse(
      data: data, total: field("total") ?? data.count, page: field("page") ?? 1, limit: field("limit") ?? 10,
      hasNext: field("hasNext"))
  }

  private func field<Value: JSONConvertible>(_ name: String) -> Value? {
    payloads.lazy.compactMap { $0[name]?.as(Value.self) ?? $0["pagination"]?[name]?.as(Value.self) }.first
  }
}
