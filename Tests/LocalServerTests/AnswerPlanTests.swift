import HTTPTypes
import Testing
import WireFormats

@testable import LocalServer

@Suite struct AnswerPlanTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var status = 200
    var length: Int64?? = .some(.some(5))
    var toHead = false
    var version = HTTPVersion.http1_1
    var mayKeep = true
    let framing: AnswerPlan.Framing
    let sendsBody: Bool
    let connection: AnswerPlan.ConnectionField

    var testDescription: String { "\(status) \(String(describing: length)) head:\(toHead) \(version) keep:\(mayKeep)" }
  }

  @Test(arguments: [
    Row(framing: .length(5), sendsBody: true, connection: .none),
    Row(mayKeep: false, framing: .length(5), sendsBody: true, connection: .close),
    Row(version: .http1_0, framing: .length(5), sendsBody: true, connection: .keepAlive),
    Row(length: .none, framing: .length(0), sendsBody: false, connection: .none),
    Row(length: .some(.some(0)), framing: .length(0), sendsBody: false, connection: .none),
    Row(length: .some(.none), framing: .chunked, sendsBody: true, connection: .none),
    Row(length: .some(.none), version: .http1_0, framing: .untilClose, sendsBody: true, connection: .close),
    Row(toHead: true, framing: .length(5), sendsBody: false, connection: .none),
    Row(length: .some(.none), toHead: true, framing: .unstated, sendsBody: false, connection: .none),
    Row(length: .none, toHead: true, framing: .unstated, sendsBody: false, connection: .none),
    Row(
      length: .some(.none), toHead: true, version: .http1_0, framing: .unstated, sendsBody: false,
      connection: .keepAlive),
    Row(status: 204, framing: .unstated, sendsBody: false, connection: .none),
    Row(status: 304, length: .some(.none), framing: .unstated, sendsBody: false, connection: .none),
    Row(status: 404, length: .none, framing: .length(0), sendsBody: false, connection: .none),
  ])
  func answerIsFramedByRFC9112(_ row: Row) {
    let plan = AnswerPlan(
      status: .init(code: row.status), bodyLength: row.length, toHead: row.toHead, version: row.version,
      mayKeepConnection: row.mayKeep)
    #expect(plan.framing == row.framing)
    #expect(plan.sendsBody == row.sendsBody)
    #expect(plan.connectionField == row.connection)
  }
}
