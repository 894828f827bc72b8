import Testing
import WireFormats

@Suite struct HTTPParseErrorTests {
  @Test(
    arguments: [
      (400, [.invalidMethod, .invalidTarget, .invalidVersion, .invalidLineEnd, .tooManyEmptyLines(limit: 1)]),
      (400, [.invalidFieldName, .whitespaceBeforeColon, .foldedField, .invalidFieldValue]),
      (400, [.missingHost, .repeatedHost, .invalidHost]),
      (400, [.invalidContentLength, .conflictingFraming, .invalidTransferEncoding]),
      (400, [.invalidChunk, .chunkLineTooLong(limit: 1), .tooMuchChunkOverhead(limit: 1)]),
      (413, [.bodyTooLong(limit: 1)]), (414, [.targetTooLong(limit: 1)]),
      (431, [.fieldTooLong(limit: 1), .tooManyFields(limit: 1), .headTooLong(limit: 1), .trailersTooLong(limit: 1)]),
      (501, [.methodTooLong(limit: 1), .methodNotImplemented, .unsupportedTransferEncoding]),
      (505, [.unsupportedVersion]),
    ] as [(Int, [HTTPParseError])])
  func errorCarriesTheStatusToAnswerWith(_ status: Int, _ errors: [HTTPParseError]) {
    for error in errors {
      #expect(error.status == status)
      #expect(error.description == "\(status): \(error.message)")
      #expect(error.message.last == "." || error.message.last == "?")
    }
  }

  @Test func textNamesTheLimit() {
    #expect(HTTPParseError.targetTooLong(limit: 4711).message.contains("4711 bytes"))
  }
}
