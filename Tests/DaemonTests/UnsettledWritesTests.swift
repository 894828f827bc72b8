import MirrorStore
import Testing

@testable import Daemon

@Suite struct UnsettledWritesTests {
  private let alice = AccountKey(Array(repeating: 1, count: 32))
  private let bob = AccountKey(Array(repeating: 2, count: 32))

  @Test func anAccountIsUnsettledFromTheAnswerToTheRecord() {
    let writes = UnsettledWrites()
    #expect(!writes.has { alice })
    writes.begin(alice)
    writes.begin(alice)
    #expect(writes.has { alice } && !writes.has { bob })
    writes.settled(alice)
    #expect(writes.has { alice }, "one of two")
    writes.settled(alice)
    #expect(!writes.has { alice })
    writes.begin(bob)
    #expect(writes.has { bob } && !writes.has { alice }, "once settled it can be unsettled again")
  }

  @Test func aFailedWriteIsRememberedUntilItIsSettledAtLast() throws {
    let writes = UnsettledWrites()
    writes.begin(alice)
    writes.failed(.deleteConversation("c"), alice)
    #expect(writes.has { alice } && writes.hasFailures)
    let (key, write) = try #require(writes.failures.first)
    #expect(key.account == alice && write == .deleteConversation("c"))
    writes.settledAtLast(key)
    writes.settledAtLast(key)
    #expect(!writes.has { alice } && !writes.hasFailures)
  }

  @Test func beyondTheLimitAnAccountIsNotTrustedAnyMore() {
    let writes = UnsettledWrites()
    for _ in 0...UnsettledWrites.failedMax { writes.failed(.createConversation, alice) }
    for (key, _) in writes.failures { writes.settledAtLast(key) }
    writes.begin(bob)  // so that it is looked at all
    #expect(writes.has { alice } && writes.hasFailures)
    writes.forgetAll()
    #expect(!writes.has { alice } && !writes.hasFailures)
  }
}

@Suite struct DescriptorShareTests {
  @Test(arguments: [(128, 16, 112), (1024, 128, 224), (1_048_576, 4096, 4192), (16, 8, 104)])
  func upstreamAndTheDaemonItselfHaveTheirShare(limit: Int, upstream: Int, reserved: Int) {
    let share = DescriptorShare(limit: limit)
    #expect(share.upstreamConnections == upstream && share.reserved == reserved)
  }
}
