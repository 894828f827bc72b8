internal import Synchronization
internal import WireFormats

extension Connection {
  enum NextHead {
    case request(RequestHead, BodyFraming)
    /// It was answered from memory; what is left of the answer has to be sent, and this follows.
    case answered(Exchange.Sequel)
    case refused(ServerFailure.Reason)
    /// Closed by the client, idle too long, or drained.
    case over
  }

  /// The next request, or what else there is to do. Waits only for the rest of a head, and only so long.
  /// - Returns: nil: nothing is here, everything is sent.
  func nextHead() async -> NextHead? {
    var deadline: LoopTime?
    while true {
      if let next = takeHandedOver() ?? parsedHead().map(answeredIfReady) { return next }
      if !socket.outbound.isEmpty, await !flush() { return .over }
      if parser.isBetweenRequests, !socket.mayHaveMore { return nil }
      if !parser.isBetweenRequests, deadline == nil { deadline = loop.now.after(timeouts.head) }
      switch await receive(until: deadline, feeding: true) {
      case .bytes: continue
      case .wouldBlock: return nil
      case .timedOut: return .refused(.headTimeout)
      case .ended, .cut: return .over
      }
    }
  }

  private func takeHandedOver() -> NextHead? {
    guard handedOver != nil else { return nil }
    defer { handedOver = nil }
    return handedOver
  }

  /// nil: more bytes needed.
  @inline(never)
  func parsedHead() -> NextHead? {
    do throws(HTTPParseError) {
      // What else may come is the end of a request without a body.
      while let event = try parser.nextEvent() {
        if case .head(let head, let framing) = event { return .request(head, framing) }
      }
      return nil
    } catch {
      loop.statistics.parseErrors.wrappingAdd(1, ordering: .relaxed)
      return .refused(.malformedRequest(error))
    }
  }

  func flush() async -> Bool {
    do throws(ConnectionError) {
      try await socket.flush(stall: timeouts.writeStall)
      return true
    } catch {
      return false
    }
  }

  enum Received {
    case bytes(Int)
    case wouldBlock, ended, timedOut, cut
  }

  /// Waits for bytes and hands them to the parser, or throws them away.
  /// - Parameter deadline: nil: does not wait, and gives `.wouldBlock` instead.
  func receive(until deadline: LoopTime?, feeding: Bool) async -> Received {
    while true {
      switch socket.receive() {
      case .bytes(let bytes):
        if feeding { parser.feed(bytes) }
        let count = bytes.count
        if socket.isDueForOthers { await socket.letOthersRun() }
        return .bytes(count)
      case .ended:
        inputEnded = true
        return .ended
      case .failed:
        return .cut
      case .wouldBlock:
        break
      }
      guard let deadline else { return .wouldBlock }
      switch await socket.waitReadable(until: deadline) {
      case .ready: continue
      case .timedOut: return .timedOut
      case .cut: return .cut
      }
    }
  }

  /// The next piece of a request's body; nil: it is complete. Runs on the connection's loop.
  func nextPiece(of number: UInt64) async throws(ConnectionError) -> [UInt8]? {
    switch exchange.bodyAsked(of: number, bytesAreThere: parser.bufferedBytes > 0) {
    case .complete: return nil
    case .refuse(let error): throw error
    case .read: break
    case .sendContinueThenRead:
      socket.append { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
      try await socket.flush(stall: timeouts.writeStall)
    }
    while true {
      switch try parsedPiece() {
      case .piece(let piece): return piece
      case .complete: return nil
      case .needsMore: try await receiveBody(of: number)
      }
    }
  }

  private enum ParsedPiece {
    case piece([UInt8])
    case complete, needsMore
  }

  @inline(never)
  private func parsedPiece() throws(ConnectionError) -> ParsedPiece {
    do {
      switch try parser.nextEvent() {
      case .body(let bytes)?:
        exchange.bodyArrived(byteCount: bytes.count)
        return .piece(Array(bytes))
      case .end?:
        exchange.bodyEnded()
        return .complete
      case .head?: preconditionFailure("a request began within the body of another")
      case nil: return .needsMore
      }
    } catch {
      loop.statistics.parseErrors.wrappingAdd(1, ordering: .relaxed)
      throw exchange.bodyBroke(.bodyMalformed(error))
    }
  }

  private func receiveBody(of number: UInt64) async throws(ConnectionError) {
    let received = await receive(until: loop.now.after(timeouts.bodyProgress), feeding: true)
    guard exchange.number == number, !exchange.isOver else { throw .requestOver }
    switch received {
    case .bytes: return
    case .timedOut, .wouldBlock: throw exchange.bodyBroke(.bodyStalled)
    case .ended: throw exchange.bodyBroke(.bodyTruncated)
    case .cut: throw exchange.bodyBroke(.clientGone)
    }
  }

  /// Reads what the handler left of the body and throws it away.
  /// - Returns: Whether the next request was reached.
  func discardBody() async -> Bool {
    let deadline = loop.now.after(timeouts.linger)
    var room = server.configuration.drainBytesMax
    do throws(ConnectionError) {
      while room >= 0 {
        switch try parsedPiece() {
        case .complete: return true
        case .piece(let piece): room -= piece.count
        case .needsMore:
          try await socket.flush(stall: timeouts.writeStall)
          guard case .bytes = await receive(until: deadline, feeding: true) else { return false }
        }
      }
      return false
    } catch {
      return false
    }
  }
}
