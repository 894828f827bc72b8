/// What a search asked and found.
public struct SearchView: Sendable {
  /// As it was typed.
  public var query: String
  /// false: there was nothing to look for in it.
  public var isAsked: Bool
  /// What of it was not understood, each a sentence.
  public var hints: [String]
  /// true: what is about the words most comes first, not what is newest.
  public var isBestFirst: Bool
  public var hits: [SearchHitRow]
  public var page: Paging

  public init(
    query: String, isAsked: Bool = true, hints: [String] = [], isBestFirst: Bool = false, hits: [SearchHitRow] = [],
    page: Paging = Paging()
  ) {
    (self.query, self.isAsked, self.hints, self.isBestFirst) = (query, isAsked, hints, isBestFirst)
    (self.hits, self.page) = (hits, page)
  }
}
