import Foundation
import HTTPTypes
import Testing

@testable import ChatRoutes

struct MessageStreamTests {
  static let complete = #"""
    {"type":"complete","message":{"id":"m1","role":"assistant","content":"Hé","tokenCount":2},"usage":{"promptTokens":8,
    """#.replacingOccurrences(of: "\n", with: "") + #""completionTokens":2,"totalTokens":10},"model":"gpt-5-x"}"#

  static let whole = """
    data: {"type":"content","content":"H","model":"gpt-5-x"}

    data: {"type":"content","content":"é","model":"gpt-5-x"}

    data: \(complete)

    data: [DONE]


    """

  private func stream(_ pieces: Pieces, branchID: String? = nil) async throws -> (MessageStream, ScriptedTransport) {
    let transport = ScriptedTransport([.stream(pieces)])
    let request = SendMessageRequest(content: "Hi", branchId: branchID)
    return (try await ChatRoutesClient(scripted: transport).messages.stream(to: "c1", request), transport)
  }

  private func contents(_ stream: MessageStream) async throws -> [String] {
    var contents: [String] = []
    for try await chunk in stream {
      contents.append(chunk.content ?? chunk.message?.content ?? chunk.type?.rawValue ?? "?")
    }
    return contents
  }

  @Test func requestAsksForAStream() async throws {
    let (_, transport) = try await stream(Pieces([]))
    let request = try #require(transport.requests.first)
    #expect("\(request.method) \(request.target)" == "POST /api/v1/conversations/c1/messages/stream")
    #expect(request.fields[.accept] == "text/event-stream")
    #expect(text(request.body) == #"{"content":"Hi"}"#)
  }

  @Test func eventsAreTheSameHoweverTheBytesAreCut() async throws {
    let bytes = Array(Self.whole.utf8)
    for cut in 0...bytes.count {
      let (stream, _) = try await stream(Pieces(bytes: [Array(bytes[..<cut]), Array(bytes[cut...])]))
      #expect(try await contents(stream) == ["H", "é", "Hé"], "cut at \(cut)")
    }
    let (stream, _) = try await stream(Pieces(bytes: bytes.map { [$0] }))
    #expect(try await contents(stream) == ["H", "é", "Hé"])
  }

  @Test func completionHasMessageUsageAndModel() async throws {
    let (stream, _) = try await stream(Pieces([Self.whole]), branchID: "b1")
    let completion = try #require(try await stream.completion())
    #expect(completion.message?.id == "m1")
    #expect(completion.message?.conversationId == "c1")
    #expect(completion.message?.branchId == "b1")
    #expect(completion.usage?.totalTokens == 10)
    #expect(completion.model == "gpt-5-x")
  }

  @Test func placeGivenByTheServerStays() async throws {
    let text = #"data: {"type":"complete","message":{"id":"m","conversationId":"other","branchId":"main"}}"# + "\n\n"
    let (stream, _) = try await stream(Pieces([text]), branchID: "b1")
    let message = try await stream.completion()?.message
    #expect(message?.conversationId == "other" && message?.branchId == "main")
  }

  @Test func callbacksSeeEveryEvent() async throws {
    let transport = ScriptedTransport([.stream(Pieces([Self.whole]))])
    let seen = Counter()
    let completion = try await ChatRoutesClient(scripted: transport).messages.stream(to: "c1", .init(content: "Hi")) {
      _ in
      seen.increment()
    }
    #expect(seen.value == 3)
    #expect(completion?.message?.content == "Hé")
  }

  @Test func unknownEventsPassAndWhatIsNoEventIsSkipped() async throws {
    let text = """
      : comment\r
      event: ping\r
      data: not JSON\r
      \r
      data: {"type":"thinking","depth":3}\r
      \r
      data: [1]\r
      \r
      data: {"type":"content",\r
      data: "content":"\\ud83d"}\r
      \r
      data: [DONE]\r
      \r
      data: {"type":"content","content":"after the end"}\r
      \r

      """
    let (stream, _) = try await stream(Pieces([text]))
    #expect(try await contents(stream) == ["thinking", "\u{FFFD}"])
  }

  static let content = "data: {\"type\":\"content\",\"content\":\"H\"}\n\n"

  @Test(
    arguments: [
      ("", nil), (content, nil), ("data: [DONE]", nil), (content, TransportError.Kind.connectionLost),
      (content, .bodyIdle),
      ("data: \(complete)", nil), ("data: \(complete)\n", nil),
    ] as [(String, TransportError.Kind?)])
  func streamWithoutItsEndIsAnError(text: String, kind: TransportError.Kind?) async throws {
    let failure = kind.map { TransportError($0, requestMayHaveTakenEffect: true) }
    let (stream, _) = try await stream(Pieces([text], then: failure))
    var chunks = stream.makeAsyncIterator()
    let error = await #expect(throws: ChatRoutesError.self) { while try await chunks.next() != nil {} }
    #expect(error?.kind == .network(kind ?? .connectionLost))
    #expect(error?.requestMayHaveTakenEffect == true)
    #expect(try await chunks.next() == nil)
  }

  @Test(arguments: [nil, TransportError.Kind.connectionLost])
  func wholeMessageIsAnEndEvenWithoutDone(kind: TransportError.Kind?) async throws {
    let failure = kind.map { TransportError($0, requestMayHaveTakenEffect: true) }
    let (stream, _) = try await stream(Pieces(["data: \(Self.complete)\n\n"], then: failure))
    #expect(try await stream.completion()?.message?.id == "m1")
  }

  @Test func doneWithoutMessageIsAnEnd() async throws {
    let (stream, _) = try await stream(Pieces([Self.content + "data: [DONE]\n\n"]))
    #expect(try await stream.completion() == nil)
  }

  @Test func errorAnswerIsThrownBeforeTheStream() async throws {
    let transport = ScriptedTransport([.json(#"{"message":"M"}"#, status: 404)])
    let error = await #expect(throws: ChatRoutesError.self) {
      _ = try await ChatRoutesClient(scripted: transport).messages.stream(to: "c1", .init(content: "x"))
    }
    #expect(error?.kind == .notFound)
  }

  @Test(.timeLimit(.minutes(1)), arguments: [true, false])
  func leavingTheStreamClosesTheConnection(byCancelling: Bool) async throws {
    let (begun, closed) = (Gate(), Gate())
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n\(Self.content)")
      peer.waitForEnd()
      closed.open()
    }
    let client = try ChatRoutesClient(apiKey: "k", baseURL: server.origin)
    let reading = Task {
      for try await chunk in try await client.messages.stream(to: "c1", .init(content: "Hi")) {
        #expect(chunk.content == "H")
        begun.open()
        if !byCancelling { break }
      }
    }
    #expect(await begun.opened())
    if byCancelling {
      reading.cancel()
      let error = await #expect(throws: ChatRoutesError.self) { try await reading.value }
      #expect(error?.kind == .network(.cancelled))
    } else {
      try await reading.value
    }
    #expect(await closed.opened())
    await client.shutdown()
  }
}
