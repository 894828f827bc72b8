import HTTPTypes
import Testing
import WireFormats

@testable import LocalServer

@Suite struct ExchangeTests {
  @Test func waitingClientIsToldToContinueOnce() throws {
    var exchange = try Exchange("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    #expect(exchange.bodyAsked(of: 7, bytesAreThere: false) == .sendContinueThenRead)
    #expect(exchange.bodyAsked(of: 7, bytesAreThere: false) == .read)
    exchange.bodyEnded()
    #expect(exchange.bodyAsked(of: 7, bytesAreThere: false) == .complete)
  }

  @Test func noContinueFollowsTheAnswersHead() throws {
    var exchange = try Exchange("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    _ = exchange.answer()
    #expect(exchange.bodyAsked(of: 7, bytesAreThere: false) == .read)
  }

  @Test func bodyOfAnotherRequestIsRefused() throws {
    var exchange = try Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
    #expect(exchange.bodyAsked(of: 6, bytesAreThere: true) == .refuse(.requestOver))
    _ = exchange.answerEnded(exchange.answer())
    #expect(exchange.bodyAsked(of: 7, bytesAreThere: true) == .refuse(.requestOver))
  }

  @Test func brokenBodyStaysBrokenAndEndsTheConnection() throws {
    var exchange = try Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
    #expect(exchange.bodyBroke(.bodyStalled) == .bodyStalled)
    #expect(exchange.bodyAsked(of: 7, bytesAreThere: true) == .refuse(.bodyStalled))
    let plan = exchange.answer()
    #expect(!plan.keepsConnection)
    #expect(exchange.answerEnded(plan) == .close)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, Exchange.Sequel.nextRequest),
    ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", false, .close),
    ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", true, .close),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", true, .nextRequest),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", true, .discardBody),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", true, .close),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", true, .discardBody),
    ("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", true, .close),
  ])
  func unreadBodyDecidesWhatFollows(_ head: String, _ serverKeeps: Bool, _ sequel: Exchange.Sequel) throws {
    var exchange = try Exchange(head)
    let plan = exchange.answer(serverKeeps: serverKeeps)
    #expect(exchange.answerEnded(plan) == sequel)
  }

  @Test func partlyReadBodyIsCountedByWhatRemains() throws {
    var exchange = try Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 150\r\n\r\n")
    _ = exchange.bodyAsked(of: 7, bytesAreThere: true)
    exchange.bodyArrived(byteCount: 50)
    #expect(exchange.answerEnded(exchange.answer()) == .discardBody)
  }
}

extension Exchange {
  fileprivate init(_ request: String) throws {
    var parser = RequestParser()
    parser.feed(Array(request.utf8))
    guard case .head(let head, let framing)? = try parser.nextEvent() else { throw ConnectionError.requestOver }
    self.init(number: 7, head: head, framing: framing)
  }

  /// A plain 200 with five bytes, where 100 bytes may be discarded.
  fileprivate mutating func answer(serverKeeps: Bool = true) -> AnswerPlan {
    answerBegins(
      status: .ok, bodyLength: .some(.some(5)), serverKeepsConnection: serverKeeps, bytesAreThere: false,
      discardBytesMax: 100)
  }
}
