import HTTPTypes
import LocalServer
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(1)))
struct ResponseTests {
  @Test func headGetsTheLengthWithoutTheBody() async throws {
    let rendered = RenderedResponse(head: HTTPResponse(status: .ok), body: Array("rendered".utf8))
    try await withServer { request in
      switch request.head.targetText {
      case "/bytes": .text("four")
      case "/rendered": Response(ReadyAnswer(rendered))
      case "/stream": Response(status: .ok, body: .stream(length: 9) { _ in Issue.record("body of a HEAD answer") })
      case "/own": Response(status: .ok, fields: [.contentLength: "77"])
      default: Response(status: .ok, body: .stream(length: nil) { _ in Issue.record("body of a HEAD answer") })
      }
    } _: { _, address in
      let client = try TestClient(address)
      let expected: [(String, String?)] = [
        ("/bytes", "4"), ("/rendered", "8"), ("/stream", "9"), ("/own", "77"), ("/unknown", nil),
      ]
      for (target, length) in expected {
        try await client.send("HEAD \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await client.answer(toHead: true)
        #expect(answer.field("Content-Length") == length, "\(target)")
        #expect(answer.field("Transfer-Encoding") == nil)
      }
    }
  }

  @Test(arguments: [204, 304])
  func statusWithoutBodySendsNone(_ status: Int) async throws {
    let rendered = RenderedResponse(head: HTTPResponse(status: .init(code: status)), body: Array("never".utf8))
    try await withServer { request in
      request.head.targetText == "/rendered"
        ? Response(ReadyAnswer(rendered)) : .text("never", status: .init(code: status))
    } _: { _, address in
      let client = try TestClient(address)
      for target in ["/rendered", "/bytes", "/rendered"] {
        try await client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.status == status)
        #expect(answer.field("Content-Length") == nil)
      }
    }
  }

  /// RFC 9110 §8.6: a 304 may say the length that GET would have had, a 204 must not.
  @Test(arguments: [(204, nil), (304, "77")] as [(Int, String?)])
  func headWithoutBodyKeepsItsLengthOnlyWhereItMay(_ status: Int, length: String?) async throws {
    try await withServer { _ in
      Response(status: .init(code: status), fields: [.contentLength: "77"])
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try await client.answer(toHead: true)
      #expect(answer.status == status)
      #expect(answer.field("Content-Length") == length)
    }
  }

  @Test func framingFieldsOfTheHandlerAreDropped() async throws {
    let fields: HTTPFields = [
      .contentLength: "99", .transferEncoding: "chunked", .connection: "upgrade", .contentType: "text/x",
    ]
    let rendered = RenderedResponse(head: HTTPResponse(status: .ok, headerFields: fields), body: [65])
    try await withServer { request in
      request.head.targetText == "/rendered"
        ? Response(ReadyAnswer(rendered)) : Response(status: .ok, fields: fields, body: .bytes([65]))
    } _: { _, address in
      let client = try TestClient(address)
      for target in ["/rendered", "/bytes"] {
        try await client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.text == "A")
        #expect(answer.field("Transfer-Encoding") == nil)
        #expect(answer.field("Connection") == nil)
        #expect(answer.field("Content-Type") == "text/x")
      }
    }
  }

  @Test func dateIsAddedOnlyWhereNoneIs() async throws {
    let own: HTTPFields = [.date: "Thu, 01 Jan 1970 00:00:00 GMT"]
    let rendered = RenderedResponse(head: HTTPResponse(status: .ok, headerFields: own), body: [])
    try await withServer { request in
      switch request.head.targetText {
      case "/rendered": Response(ReadyAnswer(rendered))
      case "/own": Response(status: .ok, fields: own)
      default: .text("x")
      }
    } _: { _, address in
      let client = try TestClient(address)
      for target in ["/rendered", "/own", "/none"] {
        try await client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        let head = try await client.answer().head
        #expect(head.components(of: "Date: ") == 1)
        #expect(head.contains("1970") == (target != "/none"))
      }
    }
  }

  @Test func extraFieldsStandInTheHead() async throws {
    let rendered = RenderedResponse(head: HTTPResponse(status: .ok), body: [65])
    try await withServer { _ in
      Response(ReadyAnswer(rendered, extraFields: Array("Age: 3\r\n".utf8)))
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.field("Age") == "3")
      #expect(answer.text == "A")
    }
  }
}

extension String {
  func components(of text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
