/// A conversation with all its branches, in either of the two forms that servers give.
public struct ConversationTree: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["conversation", "tree", "metadata", "branches", "mainBranch"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The conversation.
  public var conversation: Conversation? {
    get { self["conversation"] }
    set { self["conversation"] = newValue }
  }

  /// The messages as a tree; in the form that the Python client expects.
  public var tree: TreeNode? {
    get { self["tree"] }
    set { self["tree"] = newValue }
  }

  /// The measures of the tree; in the form that the Python client expects.
  public var metadata: TreeMetadata? {
    get { self["metadata"] }
    set { self["metadata"] = newValue }
  }

  /// The branches; in the form that the TypeScript client expects.
  public var branches: [Branch]? {
    get { self["branches"] }
    set { self["branches"] = newValue }
  }

  /// The main branch; in the form that the TypeScript client expects.
  public var mainBranch: Branch? {
    get { self["mainBranch"] }
    set { self["mainBranch"] = newValue }
  }
}

/// The measures of a tree.
public struct TreeMetadata: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["totalNodes", "totalBranches", "maxDepth"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// How many messages it holds.
  public var totalNodes: Int? {
    get { self["totalNodes"] }
    set { self["totalNodes"] = newValue }
  }

  /// How many branches it has.
  public var totalBranches: Int? {
    get { self["totalBranches"] }
    set { self["totalBranches"] = newValue }
  }

  /// How many messages its longest path has.
  public var maxDepth: Int? {
    get { self["maxDepth"] }
    set { self["maxDepth"] = newValue }
  }
}

/// A message in a tree, with what follows it.
public struct TreeNode: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["id", "content", "role", "children", "branchInfo"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The message's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The text.
  public var content: String? {
    get { self["content"] }
    set { self["content"] = newValue }
  }

  /// Who speaks.
  public var role: Role? {
    get { self["role"] }
    set { self["role"] = newValue }
  }

  /// The messages that follow it.
  public var children: [TreeNode]? {
    get { self["children"] }
    set { self["children"] = newValue }
  }

  /// The branch that begins here.
  public var branchInfo: BranchInfo? {
    get { self["branchInfo"] }
    set { self["branchInfo"] = newValue }
  }
}

/// What a tree tells of a branch.
public struct BranchInfo: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["id", "branchId", "title", "contextMode", "isMain"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The branch's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The branch's id, under its other name.
  public var branchId: String? {
    get { self["branchId"] }
    set { self["branchId"] = newValue }
  }

  /// Its title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// How much of the parent's messages the model sees.
  public var contextMode: ContextMode? {
    get { self["contextMode"] }
    set { self["contextMode"] = newValue }
  }

  /// Whether it is the main branch.
  public var isMain: Bool? {
    get { self["isMain"] }
    set { self["isMain"] = newValue }
  }
}
