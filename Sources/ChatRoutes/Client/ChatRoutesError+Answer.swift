import Glibc
import HTTPTypes

extension ChatRoutesError {
  /// Reads an answer that tells of an error: `{error, message, details?, retryAfter?}`, or whatever it is instead.
  /// - Parameter now: seconds since 1970, for a `Retry-After` that is a date.
  init(status: Int, fields: HTTPFields, body: [UInt8], credential: Credential, now: Int = time(nil)) {
    // Not JSON: a gateway's page, say. The status has to do.
    let answer = try? JSONValue(parsing: body)
    let words = answer?["message"]?.as(String.self) ?? answer?["error"]?.as() ?? answer?["error"]?["message"]?.as()
    let retryAfter = Self.retryAfter(answer, fields, now: now)
    let (kind, standardCode) = Self.classify(status, retryAfter: retryAfter)
    let ownCode = answer?["code"]?.as(String.self) ?? answer?["error"]?.as() ?? answer?["error"]?["code"]?.as()
    self.init(
      kind, status: status, code: credential.scrubbing(standardCode ?? ownCode ?? "HTTP_\(status)"),
      message: credential.scrubbing(words ?? "The server answered \(status) without saying why."),
      details: answer?["details"].map(credential.scrubbing),
      requestMayHaveTakenEffect: status >= 500, retryAfter: retryAfter)
  }

  private static func classify(_ status: Int, retryAfter: Duration?) -> (Kind, code: String?) {
    switch status {
    case 400: (.validation, "VALIDATION_ERROR")
    case 401: (.authentication, "AUTHENTICATION_ERROR")
    case 404: (.notFound, "NOT_FOUND")
    case 429: (.rateLimit(retryAfter: retryAfter), "RATE_LIMIT_EXCEEDED")
    case 500...: (.server, "SERVER_ERROR")
    default: (.other, nil)
    }
  }

  /// The body's `retryAfter` (seconds) or else the field `Retry-After` (seconds or a date; RFC 9110 §10.2.3).
  private static func retryAfter(_ answer: JSONValue?, _ fields: HTTPFields, now: Int) -> Duration? {
    if let seconds = answer?["retryAfter"]?.as(Double.self)
      ?? answer?["retryAfter"]?.as(String.self).flatMap(Double.init)
    {
      return duration(seconds)
    }
    guard let text = fields[.retryAfter] else { return nil }
    if let seconds = Double(text) { return duration(seconds) }
    return secondsSince1970(text).map { .seconds(max(0, $0 - now)) }
  }

  private static func duration(_ seconds: Double) -> Duration? {
    seconds >= 0 && seconds < 1e9 ? .seconds(seconds) : nil
  }

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the one form servers may send (RFC 9110 §5.6.7).
  private static func secondsSince1970(_ text: String) -> Int? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == ":" })
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 8, words[7] == "GMT", let month = months.firstIndex(of: String(words[2])),
      let day = CInt(words[1]), let year = CInt(words[3]), let hour = CInt(words[4]), let minute = CInt(words[5]),
      let second = CInt(words[6])
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, CInt(month), day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
    return timegm(&parts)
  }
}
