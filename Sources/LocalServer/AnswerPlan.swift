internal import HTTPTypes
internal import WireFormats

/// How one answer is framed on the wire (RFC 9112 §6) and whether the connection outlives it (§9.3).
struct AnswerPlan: Equatable {
  enum Framing: Equatable {
    /// The head says nothing about a body: there is none, or it is not ours to describe.
    case unstated
    case length(Int64)
    case chunked
    case untilClose
  }

  enum ConnectionField: Equatable {
    case none, close, keepAlive
  }

  let framing: Framing
  let sendsBody: Bool
  let connectionField: ConnectionField

  var keepsConnection: Bool { connectionField != .close }

  /// - Parameter bodyLength: What the handler knows of the body: nil within `.some` when it streams without a length,
  ///   nil when there is no body at all.
  init(
    status: HTTPResponse.Status, bodyLength: Int64??, toHead: Bool, version: HTTPVersion, mayKeepConnection: Bool
  ) {
    let bodyless = toHead || status.forbidsBody
    framing = Self.framing(bodyLength, status: status, toHead: toHead, version: version)
    sendsBody = !bodyless && framing != .length(0)
    if !mayKeepConnection || (framing == .untilClose) {
      connectionField = .close
    } else {
      connectionField = version == .http1_0 ? .keepAlive : .none
    }
  }

  private static func framing(
    _ bodyLength: Int64??, status: HTTPResponse.Status, toHead: Bool, version: HTTPVersion
  ) -> Framing {
    if status.forbidsBody { return .unstated }
    switch bodyLength {
    case .none: return toHead ? .unstated : .length(0)
    case .some(.some(let length)): return .length(length)
    case .some(.none):
      if toHead { return .unstated }
      return version == .http1_1 ? .chunked : .untilClose
    }
  }
}
