import LocalServer
import Synchronization
import Testing
import WireFormats

@testable import Daemon

@Suite struct UnansweredCallsTests {
  typealias Calls = UnansweredCalls<String>

  private let clock = TestClock()

  private func request() throws -> Request {
    var parser = RequestParser()
    parser.feed(Array("POST /api/v1/conversations/c/messages HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    guard case .head(let head, _)? = try parser.nextEvent() else { throw CancellationError() }
    return Request(head: head, body: RequestBody(), peer: .unix(userID: nil))
  }

  private func key(_ body: String = "b") throws -> Calls.Key {
    Calls.Key(try request().head, body: Array(body.utf8), nil)
  }

  @Test func aClientThatIsThereKeepsItsCall() throws {
    let calls = Calls()
    _ = calls.begin(try key(), "first", try request())
    #expect(calls.takeOver(try key(), by: try request()) == nil)
    #expect(calls.takeOver(try key("other"), by: try request()) == nil)
  }

  @Test func aCallWhoseClientLeftIsTakenOverOnce() throws {
    let calls = Calls()
    let ticket = calls.begin(try key(), "first", try request())
    calls.leave(ticket)
    let taken = try #require(calls.takeOver(try key(), by: try request()))
    #expect(taken.call == "first" && calls.wasTakenOver(ticket) && !calls.wasTakenOver(taken.ticket))
    #expect(calls.takeOver(try key(), by: try request()) == nil)
    calls.answered(taken.ticket, isKeepable: true)
    #expect(calls.count == 0)
  }

  /// Leaving and ending are two tasks' news: they come in either order.
  @Test(arguments: [true, false])
  func anAnswerThatNobodyGotIsKeptForAMinute(leavesFirst: Bool) throws {
    for (seconds, isThere) in [(59, true), (61, false)] {
      let calls = Calls(now: { [clock] in clock.now })
      let ticket = calls.begin(try key(), "first", try request())
      if leavesFirst { calls.leave(ticket) }
      calls.ended(ticket, isKeepable: true)
      if !leavesFirst { calls.leave(ticket) }
      clock.advance(.seconds(seconds))
      #expect((try calls.takeOver(key(), by: request()) != nil) == isThere, "after \(seconds) s")
    }
  }

  @Test(arguments: [true, false])
  func anAnswerThatCannotBeGivenTwiceIsNotKept(leavesFirst: Bool) throws {
    let calls = Calls()
    let ticket = calls.begin(try key(), "first", try request())
    if leavesFirst { calls.leave(ticket) }
    calls.ended(ticket, isKeepable: false)
    if !leavesFirst { calls.leave(ticket) }
    #expect(calls.count == 0)
  }

  @Test func soManyAnswersAreKept() throws {
    let calls = Calls(now: { [clock] in clock.now })
    for number in 0..<Calls.keptMax + 10 {
      let ticket = calls.begin(try key("\(number)"), "\(number)", try request())
      calls.leave(ticket)
      calls.ended(ticket, isKeepable: true)
      clock.advance(.milliseconds(1))
    }
    #expect(calls.count <= Calls.keptMax + 1)
    #expect(try calls.takeOver(key("0"), by: request()) == nil)
  }
}

private final class TestClock: Sendable {
  private let time = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { time.withLock { $0 } }
  func advance(_ span: Duration) { time.withLock { $0 += span } }
}
