/// A text in which to look for topics worth a branch of their own.
public struct SuggestBranchesRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "text", "suggestionsCount", "hybridDetection", "threshold", "llmModel", "llmProvider", "llmApiKey",
  ]
  public static let secretFieldNames: Set<String> = ["llmApiKey"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A request with the official client's defaults.
  public init(
    text: String, suggestionsCount: Int = 3, hybridDetection: Bool = false, threshold: Double = 0.7,
    llmModel: String? = nil, llmProvider: String? = nil, llmApiKey: APIKey? = nil
  ) {
    fields = [:]
    self.text = text
    self.suggestionsCount = suggestionsCount
    self.hybridDetection = hybridDetection
    self.threshold = threshold
    self.llmModel = llmModel
    self.llmProvider = llmProvider
    self.llmApiKey = llmApiKey?.revealed
  }

  /// The text.
  public var text: String? {
    get { self["text"] }
    set { self["text"] = newValue }
  }

  /// How many suggestions to make.
  public var suggestionsCount: Int? {
    get { self["suggestionsCount"] }
    set { self["suggestionsCount"] = newValue }
  }

  /// Whether to ask a language model, too.
  public var hybridDetection: Bool? {
    get { self["hybridDetection"] }
    set { self["hybridDetection"] = newValue }
  }

  /// The least confidence of a suggestion, 0...1.
  public var threshold: Double? {
    get { self["threshold"] }
    set { self["threshold"] = newValue }
  }

  /// The language model to ask.
  public var llmModel: String? {
    get { self["llmModel"] }
    set { self["llmModel"] = newValue }
  }

  /// Its provider.
  public var llmProvider: String? {
    get { self["llmProvider"] }
    set { self["llmProvider"] = newValue }
  }

  /// The key for the provider; no text made from this request shows it.
  public var llmApiKey: String? {
    get { self["llmApiKey"] }
    set { self["llmApiKey"] = newValue }
  }
}

/// The topics that were found.
public struct SuggestBranchesResponse: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["suggestions", "metadata"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The suggestions.
  public var suggestions: [BranchSuggestion]? {
    get { self["suggestions"] }
    set { self["suggestions"] = newValue }
  }

  /// How they were found.
  public var metadata: SuggestionMetadata? {
    get { self["metadata"] }
    set { self["metadata"] = newValue }
  }
}

/// A topic worth a branch of its own.
public struct BranchSuggestion: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "id", "title", "description", "triggerText", "branchPoint", "confidence", "reasoning", "estimatedDivergence",
  ]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The suggestion's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// A title for the branch.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// The words that gave rise to it.
  public var triggerText: String? {
    get { self["triggerText"] }
    set { self["triggerText"] = newValue }
  }

  /// Where these words are.
  public var branchPoint: BranchPoint? {
    get { self["branchPoint"] }
    set { self["branchPoint"] = newValue }
  }

  /// How sure the server is, 0...1.
  public var confidence: Double? {
    get { self["confidence"] }
    set { self["confidence"] = newValue }
  }

  /// Why it was suggested.
  public var reasoning: String? {
    get { self["reasoning"] }
    set { self["reasoning"] = newValue }
  }

  /// How far the branch would lead away.
  public var estimatedDivergence: Divergence? {
    get { self["estimatedDivergence"] }
    set { self["estimatedDivergence"] = newValue }
  }

  /// What the branch would be about (`description` on the wire).
  public var purpose: String? {
    get { self["description"] }
    set { self["description"] = newValue }
  }
}

/// A range of a text, in characters.
public struct BranchPoint: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["start", "end"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The first character.
  public var start: Int? {
    get { self["start"] }
    set { self["start"] = newValue }
  }

  /// The character after the last.
  public var end: Int? {
    get { self["end"] }
    set { self["end"] = newValue }
  }
}

/// How far a branch would lead away from its topic.
public struct Divergence: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let low = Divergence(rawValue: "low")
  public static let medium = Divergence(rawValue: "medium")
  public static let high = Divergence(rawValue: "high")

  public static let known: [Divergence] = [.low, .medium, .high]
}

/// How suggestions were found.
public struct SuggestionMetadata: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["detectionMethod", "totalBranchPointsFound", "modelUsed"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// By what means.
  public var detectionMethod: DetectionMethod? {
    get { self["detectionMethod"] }
    set { self["detectionMethod"] = newValue }
  }

  /// How many places were found in all.
  public var totalBranchPointsFound: Int? {
    get { self["totalBranchPointsFound"] }
    set { self["totalBranchPointsFound"] = newValue }
  }

  /// The language model that was asked.
  public var modelUsed: String? {
    get { self["modelUsed"] }
    set { self["modelUsed"] = newValue }
  }
}

/// By what means suggestions were found.
public struct DetectionMethod: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// By patterns alone.
  public static let pattern = DetectionMethod(rawValue: "pattern")
  /// By patterns and a language model.
  public static let hybrid = DetectionMethod(rawValue: "hybrid")
  /// By a language model.
  public static let llm = DetectionMethod(rawValue: "llm")

  public static let known: [DetectionMethod] = [.pattern, .hybrid, .llm]
}

/// The state of the AutoBranch service.
public struct HealthResponse: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["status", "version", "service"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// Its state, such as `healthy`.
  public var status: String? {
    get { self["status"] }
    set { self["status"] = newValue }
  }

  /// Its version.
  public var version: String? {
    get { self["version"] }
    set { self["version"] = newValue }
  }

  /// Its name.
  public var service: String? {
    get { self["service"] }
    set { self["service"] = newValue }
  }
}
