/// What `autobranch/suggest-branches` finds: phrases at which a text could go another way.
struct BranchSuggestions {
  private struct Pattern {
    let phrase: String
    let title: String
    let confidence: Double
    let divergence: String
  }

  private struct Finding {
    let pattern: Pattern
    let start: Int
    let end: Int
    let trigger: String
  }

  private static let patterns = [
    Pattern(phrase: "on the other hand", title: "The opposite view", confidence: 0.93, divergence: "high"),
    Pattern(phrase: "alternatively", title: "The alternative", confidence: 0.95, divergence: "high"),
    Pattern(phrase: "another approach", title: "Another approach", confidence: 0.91, divergence: "high"),
    Pattern(phrase: "instead of", title: "The replaced option", confidence: 0.86, divergence: "medium"),
    Pattern(phrase: "versus", title: "A comparison", confidence: 0.84, divergence: "medium"),
    Pattern(phrase: "we could", title: "A possibility", confidence: 0.78, divergence: "medium"),
    Pattern(phrase: "what if", title: "A thought experiment", confidence: 0.88, divergence: "high"),
    Pattern(phrase: "however", title: "The objection", confidence: 0.74, divergence: "low"),
    Pattern(phrase: " or ", title: "A choice", confidence: 0.71, divergence: "low"),
  ]

  private let findings: [Finding]
  private let count: Int
  private let method: String
  private let model: String?

  /// Offsets count Unicode scalars, as Python's strings do. Phrases below `threshold` (default 0.7) do not count.
  init(for body: JSON) throws(Problem) {
    let text = try body.requiredText("text")
    let threshold = (body["threshold"] ?? .double(0.7)).number ?? -1
    guard (0...1).contains(threshold) else {
      throw .validation("threshold must be a number from 0 to 1", field: "threshold")
    }
    count = (body["suggestionsCount"] ?? 3).int ?? 0
    guard (1...20).contains(count) else {
      throw .validation("suggestionsCount must be a number from 1 to 20", field: "suggestionsCount")
    }
    let isHybrid = try body.flag("hybridDetection") ?? false
    method = isHybrid ? "hybrid" : "pattern"
    model = isHybrid ? try body.optionalText("llmModel") ?? LanguageModel.names[0] : nil
    findings = BranchSuggestions.findings(in: text).filter { $0.pattern.confidence >= threshold }
  }

  private static func findings(in text: String) -> [Finding] {
    let scalars = Array(text.unicodeScalars)
    let lowered = scalars.map { $0.isASCII ? Unicode.Scalar($0.value | (("A"..."Z").contains($0) ? 32 : 0))! : $0 }
    var findings: [Finding] = []
    for pattern in patterns {
      let phrase = Array(pattern.phrase.unicodeScalars)
      guard lowered.count >= phrase.count else { continue }
      for start in 0...(lowered.count - phrase.count) where lowered[start] == phrase[0] {
        guard lowered[start..<(start + phrase.count)].elementsEqual(phrase) else { continue }
        var trigger = String.UnicodeScalarView()
        trigger.append(contentsOf: scalars[start..<(start + phrase.count)])
        findings.append(
          Finding(pattern: pattern, start: start, end: start + phrase.count, trigger: String(trigger)))
      }
    }
    return findings.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
  }

  var json: JSON {
    [
      "suggestions": .array(findings.prefix(count).enumerated().map { suggestion($1, number: $0 + 1) }),
      "metadata": [
        "detectionMethod": .string(method), "totalBranchPointsFound": .int(findings.count), "modelUsed": JSON(model),
      ],
    ]
  }

  private func suggestion(_ finding: Finding, number: Int) -> JSON {
    [
      "id": .string("suggestion_\(number)"), "title": .string(finding.pattern.title),
      "description": .string("Continue from this point in a branch of its own."),
      "triggerText": .string(finding.trigger),
      "branchPoint": ["start": .int(finding.start), "end": .int(finding.end)],
      "confidence": .double(finding.pattern.confidence),
      "reasoning": .string("The phrase names a second way to go on."),
      "estimatedDivergence": .string(finding.pattern.divergence),
    ]
  }
}
