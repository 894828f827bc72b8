import Foundation
import FoundationXML
import Testing

/// A page read back by an XML parser: that it parses at all proves that tags nest and attributes are quoted.
struct ParsedPage {
  var elements: [Element] = []
  var text = ""

  struct Element {
    var name: String
    var attributes: [String: String]
  }

  init(_ page: [UInt8]) throws {
    let parser = XMLParser(data: Data(page))
    let collector = Collector()
    parser.delegate = collector
    let isWellFormed = parser.parse()
    let error = parser.parserError.map { "\($0)" } ?? "no error"
    try #require(isWellFormed, "line \(parser.lineNumber), column \(parser.columnNumber): \(error)")
    elements = collector.elements
    text = collector.text
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  var links: [String] { all("a").compactMap { $0.attributes["href"] } }

  private final class Collector: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    var text = ""

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  }
}
