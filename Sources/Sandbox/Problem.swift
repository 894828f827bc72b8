/// Why the API refuses a call; written as `{error, message, details?, retryAfter?}`.
struct Problem: Error, Sendable, Equatable {
  var status: Int
  var code: String
  var message: String
  var details: JSON?
  /// Seconds; goes into the body and into `Retry-After`.
  var retryAfter: Int?

  static func validation(_ message: String, field: String? = nil) -> Problem {
    Problem(status: 400, code: "VALIDATION_ERROR", message: message, details: field.map { ["field": .string($0)] })
  }

  static func authentication(_ message: String) -> Problem {
    Problem(status: 401, code: "AUTHENTICATION_ERROR", message: message)
  }

  static func notFound(_ what: String) -> Problem {
    Problem(status: 404, code: "NOT_FOUND", message: "\(what) not found")
  }

  static func rateLimit(limit: Int, retryAfter: Int) -> Problem {
    Problem(
      status: 429, code: "RATE_LIMIT_EXCEEDED",
      message: "the plan allows \(limit) calls a month; the next month begins in \(retryAfter) s",
      details: ["limit": .int(limit)], retryAfter: retryAfter)
  }

  /// The problem that stands for a bare status, as injected faults and the HTTP server need it.
  static func status(_ status: Int, message: String) -> Problem {
    let code =
      switch status {
      case 401: "AUTHENTICATION_ERROR"
      case 404: "NOT_FOUND"
      case 429: "RATE_LIMIT_EXCEEDED"
      case 500...: "SERVER_ERROR"
      default: "VALIDATION_ERROR"
      }
    return Problem(
      status: status, code: code, message: message, retryAfter: status == 429 || status == 503 ? 1 : nil)
  }

  var json: JSON {
    JSON.object([])
      .adding("error", .string(code))
      .adding("message", .string(message))
      .adding("details", details)
      .adding("retryAfter", retryAfter.map(JSON.int))
  }

  var reply: Reply {
    var reply = Reply(status: status, json: json)
    if let retryAfter { reply.fields.append(.init(name: "Retry-After", value: String(retryAfter))) }
    return reply
  }
}
