/// Requests as clients send them, byte for byte.
enum Requests {
  /// What the official Python client sends for a page of messages.
  static let ofSDK = head(
    "GET /api/v1/conversations/7c9e6679-7425-40de-944b-e07fc1f90ae7/messages?page=1&limit=50 HTTP/1.1",
    "Host: 127.0.0.1:8484",
    "User-Agent: python-requests/2.32.3",
    "Accept-Encoding: gzip, deflate",
    "Accept: application/json",
    "Connection: keep-alive",
    "Content-Type: application/json",
    "X-Request-ID: 0f8fad5b-d9cb-469f-a165-70867728950e",
    "Authorization: Bearer cr_live_51Hq8ZtKx2eVnUY0mPqRsTgBdWfJcLaE7oXyNiMk3vGh6DsAp4ZrTw9uCb"
  )

  /// What Chromium sends for a page of the conversation browser, 16 fields.
  static let ofBrowser = head(
    "GET /conversations/7c9e6679-7425-40de-944b-e07fc1f90ae7?branch=main HTTP/1.1",
    "Host: 127.0.0.1:8484",
    "Connection: keep-alive",
    "Cache-Control: max-age=0",
    #"sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99""#,
    "sec-ch-ua-mobile: ?0",
    #"sec-ch-ua-platform: "Linux""#,
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-User: ?1",
    "Sec-Fetch-Dest: document",
    "Referer: http://127.0.0.1:8484/conversations",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Cookie: theme=dark; sidebar=open; zone=Europe%2FBerlin; last=7c9e6679-7425-40de-944b-e07fc1f90ae7; "
      + "session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.0x8Jm2Yp4c7QvT1nKf5RzLb6WdHgUa3sEoXiMyNtPkc"
  )

  /// A message that is sent, with 2 KiB of JSON.
  static let ofMessage: [UInt8] = {
    let frame = (start: #"{"content":""#, end: #"","model":"gpt-4o","branchId":"main"}"#)
    let text = Prose.text(byteCount: 2048 - frame.start.utf8.count - frame.end.utf8.count)
    let body = Array(frame.start.utf8) + text + Array(frame.end.utf8)
    let head = Self.head(
      "POST /api/v1/conversations/7c9e6679-7425-40de-944b-e07fc1f90ae7/messages HTTP/1.1",
      "Host: 127.0.0.1:8484",
      "User-Agent: python-requests/2.32.3",
      "Accept-Encoding: gzip, deflate",
      "Accept: application/json",
      "Connection: keep-alive",
      "Content-Type: application/json",
      "Authorization: Bearer cr_live_51Hq8ZtKx2eVnUY0mPqRsTgBdWfJcLaE7oXyNiMk3v",
      "Content-Length: \(body.count)"
    )
    return head + body
  }()

  private static func head(_ lines: String...) -> [UInt8] {
    Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }
}
