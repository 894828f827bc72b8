import Testing

@testable import ChatRoutes

@Suite(.timeLimit(.minutes(1))) struct PlacesTests {
  @Test func placesAreGivenInTheOrderOfAsking() async throws {
    let places = Places(count: 1)
    let first = try await places.take(within: .zero)
    let (order, log) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup { group in
      for number in 1...3 {
        group.addTask {
          let place = try await places.take(within: .seconds(30))
          log.yield(number)
          place.giveBack()
        }
        while places.waitingCount < number { await Task.yield() }
      }
      first.giveBack()
      try await group.waitForAll()
    }
    log.finish()
    #expect(await order.reduce(into: []) { $0.append($1) } == [1, 2, 3])
    _ = try await places.take(within: .zero)
  }

  @Test(arguments: [Duration.zero, .nanoseconds(1), .milliseconds(20)])
  func whoWaitsTooLongIsTold(_ limit: Duration) async throws {
    let places = Places(count: 1)
    let held = try await places.take(within: .zero)
    for _ in 1...50 {
      let error = await #expect(throws: TransportError.self) { try await places.take(within: limit) }
      #expect(error?.kind == .exhausted)
    }
    held.giveBack()
    _ = try await places.take(within: .zero)
  }

  @Test func cancelledWaitEndsAtOnce() async throws {
    let places = Places(count: 1)
    let held = try await places.take(within: .zero)
    let waiting = Task { try await places.take(within: .seconds(3600)) }
    waiting.cancel()
    let error = await #expect(throws: TransportError.self) { try await waiting.value }
    #expect(error?.kind == .cancelled)
    held.giveBack()
    _ = try await places.take(within: .zero)
  }

  @Test func placeThatNobodyHoldsIsFreeAgainAndOnlyOnce() async throws {
    let places = Places(count: 1)
    for _ in 1...3 { _ = try await places.take(within: .zero) }
    let held = try await places.take(within: .zero)
    held.giveBack()
    held.giveBack()
    let next = try await places.take(within: .zero)
    await #expect(throws: TransportError.self) { try await places.take(within: .zero) }
    withExtendedLifetime(next) {}
  }
}
