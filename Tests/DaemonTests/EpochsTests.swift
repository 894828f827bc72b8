import MirrorStore
import Testing

@testable import Daemon

@Suite struct EpochsTests {
  let epochs = Epochs()
  let alice = AccountKey([UInt8](repeating: 1, count: 32))
  let bob = AccountKey([UInt8](repeating: 2, count: 32))

  @Test func aWriteOutdatesTheGetsOfItsConversationAndOfTheList() {
    let same = epochs.ticket(alice, conversation: "c1")
    let other = epochs.ticket(alice, conversation: "c2")
    let list = epochs.ticket(alice, conversation: nil)
    let bobs = epochs.ticket(bob, conversation: "c1")
    epochs.move(alice, conversation: "c1")
    #expect(!epochs.isCurrent(same) && !epochs.isCurrent(list))
    #expect(epochs.isCurrent(other) && epochs.isCurrent(bobs))
    #expect(epochs.isCurrent(epochs.ticket(alice, conversation: "c1")))
  }

  @Test func aWriteToAnUnknownConversationOutdatesTheWholeAccount() {
    let mine = epochs.ticket(alice, conversation: "c1")
    let bobs = epochs.ticket(bob, conversation: "c1")
    epochs.move(alice, conversation: nil)
    #expect(!epochs.isCurrent(mine) && epochs.isCurrent(bobs))
  }

  @Test func aFullTableStartsAnewAndTrustsNoOldTicket() {
    let early = epochs.ticket(bob, conversation: "c")
    for number in 0...Epochs.scopesMax { epochs.move(alice, conversation: "c\(number)") }
    #expect(!epochs.isCurrent(early))
  }
}
