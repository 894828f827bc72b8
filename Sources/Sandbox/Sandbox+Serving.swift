import HTTPTypes
import LocalServer
import Synchronization
import WireFormats

extension Sandbox {
  /// Answers one request: reads it, meets its fault, asks the world, waits as long as a model would take.
  func answer(_ request: Request) async throws -> Response {
    let body = try await request.body.collect(upTo: configuration.bodyBytesMax)
    let call = Call(request.head, body: body)
    if call.segments.first == "sandbox" { return Response(world.withLock { $0.control(call) }) }
    do {
      let fault = try world.withLock { world throws(Problem) in try world.receive(call) }
      return try await answer(call, meeting: fault)
    } catch let problem as Problem {
      return Response(problem.reply)
    }
  }

  private func answer(_ call: Call, meeting fault: Fault?) async throws -> Response {
    switch fault {
    case nil: return await answer(call, cutAfter: nil)
    case .cutAfter(let count): return await answer(call, cutAfter: count)
    case .slow(let delay):
      await wait(delay)
      return await answer(call, cutAfter: nil)
    case .status(let status): throw Problem.status(status, message: "this fault was asked for")
    case .garbage: return Response(Fault.garbled)
    case .hang: await wait(.seconds(600))
    case .cut: break
    case .refuse(let outage): refuseConnections(for: outage)
    }
    // To the server this means that there is nobody to answer: it cuts the connection without a byte.
    throw ConnectionError.clientGone
  }

  private func answer(_ call: Call, cutAfter: Int?) async -> Response {
    switch world.withLock({ $0.respond(to: call, now: now) }) {
    case .reply(let reply): return Response(reply, cutAfter: cutAfter)
    case .generate(let generation):
      await wait(generation.duration(tokenDelay: configuration.tokenDelay))
      return Response(world.withLock { $0.finish(generation, for: call, now: now) }, cutAfter: cutAfter)
    case .stream(let generation):
      let id = world.withLock { $0.random.identifier("req") }
      return Response(
        status: .ok,
        fields: [
          .contentType: "text/event-stream", .cacheControl: "no-cache", HTTPField.Name("X-Request-Id")!: id,
        ],
        body: .stream(length: nil) { [self] writer in try await write(generation, to: writer, cutAfter: cutAfter) })
    }
  }

  /// Writes a stream at the model's pace. Its messages are recorded in every case: a client that left, a cut connection
  /// and a drain do not undo what the model has written.
  private func write(_ generation: Generation, to writer: BodyWriter, cutAfter: Int?) async throws {
    var delivery = EventDelivery(writer: writer, eventsMax: cutAfter ?? .max)
    for event in generation.events where !delivery.isCut {
      await wait(configuration.tokenDelay)
      await delivery.deliver(event)
    }
    for event in world.withLock({ $0.finishStream(generation, now: now) }) { await delivery.deliver(event) }
    if delivery.isCut || delivery.clientIsGone { throw ConnectionError.clientGone }
  }

  /// Cancellation ends the wait early: the client or the sandbox is leaving, and what follows is done at once.
  private func wait(_ duration: Duration) async {
    guard duration > .zero else { return }
    _ = try? await Task.sleep(for: duration)
  }
}

/// Events on their way to one client, up to the one at which a fault cuts the connection.
private struct EventDelivery {
  let writer: BodyWriter
  let eventsMax: Int
  private(set) var clientIsGone = false
  private var delivered = 0

  init(writer: BodyWriter, eventsMax: Int) {
    self.writer = writer
    self.eventsMax = eventsMax
  }

  var isCut: Bool { delivered >= eventsMax }

  mutating func deliver(_ event: [UInt8]) async {
    guard !isCut, !clientIsGone else { return }
    do {
      try await writer.write(event)
      delivered += 1
    } catch {
      clientIsGone = true
    }
  }
}

extension Call {
  init(_ head: RequestHead, body: [UInt8]) {
    self.init(
      method: head.method, target: String(decoding: head.originForm, as: UTF8.self),
      authorization: head.firstText("Authorization"), apiKey: head.firstText("X-API-Key"),
      ifNoneMatch: head.firstText("If-None-Match"), fault: head.firstText("X-Sandbox-Fault"), body: body)
  }
}

extension Response {
  /// - Parameter cutAfter: Body bytes after which the connection is cut. Nil, or more than there are: never.
  init(_ reply: Reply, cutAfter: Int? = nil) {
    var fields = HTTPFields()
    for field in reply.fields {
      guard let name = HTTPField.Name(field.name) else { preconditionFailure("\(field.name) is no field name") }
      fields.append(HTTPField(name: name, value: field.value))
    }
    let body = reply.body
    guard let cutAfter, cutAfter < body.count else {
      self.init(status: .init(code: reply.status), fields: fields, body: body.isEmpty ? .empty : .bytes(body))
      return
    }
    self.init(
      status: .init(code: reply.status), fields: fields,
      body: .stream(length: Int64(body.count)) { writer in
        try await writer.write(Array(body.prefix(cutAfter)))
        throw ConnectionError.clientGone
      })
  }
}
