import Testing

@testable import Daemon

@Suite struct PromiseTests {
  @Test func everyWaiterGetsTheValue() async {
    let promise = Promise<Int>()
    await withTaskGroup(of: Int?.self) { group in
      for _ in 0..<10 { group.addTask { await promise.value() } }
      promise.keep(7)
      for await value in group { #expect(value == 7) }
    }
    #expect(await promise.value() == 7)
  }

  @Test func onlyTheFirstValueCounts() async {
    let promise = Promise<Int>()
    promise.keep(1)
    promise.keep(2)
    #expect(await promise.value() == 1)
  }

  @Test func aCancelledWaiterGoesOnWithoutIt() async {
    let promise = Promise<Int>()
    let waiter = Task { await promise.value() }
    waiter.cancel()
    #expect(await waiter.value == nil)
    promise.keep(1)
    #expect(await promise.value() == 1)
  }

  @Test func aLimitEndsTheWait() async {
    let promise = Promise<Int>()
    #expect(await promise.value(within: .milliseconds(1)) == nil)
    promise.keep(3)
    #expect(await promise.value(within: .zero) == 3)
  }
}
