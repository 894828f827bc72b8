internal import GRDB

extension MirrorStore {
  /// The account of a credential; nil: upstream has not accepted it, or refused it since.
  public func account(for key: AccountKey) throws(MirrorError) -> AccountID? {
    try read("look an account up") { db in
      try db.first("SELECT id FROM account WHERE key = ? AND refused = 0", [key.digest.blob])
        .map { AccountID(rawValue: try $0[0]) }
    }
  }

  /// The account of a credential, refused or not; nil: it was never accepted here.
  public func accountID(of key: AccountKey) throws(MirrorError) -> AccountID? {
    try read("look an account up") { db in
      try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT id FROM account WHERE key = ?"), arguments: [key.digest.blob]
      ).map(AccountID.init(rawValue:))
    }
  }

  /// Upstream refused this credential and has not accepted it since. A credential never heard of is not refused.
  public func isRefused(_ key: AccountKey) throws(MirrorError) -> Bool {
    try read("look an account up") { db in
      try db.first("SELECT 1 FROM account WHERE key = ? AND refused = 1", [key.digest.blob]) != nil
    }
  }

  /// Upstream accepted this credential (2xx): its account begins, or is shown again.
  public func admit(_ key: AccountKey) async throws(MirrorError) -> AccountID {
    // Not looked up first: a refusal that waits for the writer comes before this.
    return try await write("admit an account") { db in
      let row = try db.first(
        """
        INSERT INTO account (key) VALUES (?)
        ON CONFLICT (key) DO UPDATE SET refused = 0 RETURNING id
        """, [key.digest.blob])
      guard let row else { preconditionFailure("RETURNING gives a row") }
      return AccountID(rawValue: try row[0])
    }
  }

  /// Upstream said 401 or 403: the account sees nothing until it is admitted again. Nothing is deleted.
  public func refuse(_ key: AccountKey) async throws(MirrorError) {
    try await write("refuse an account") { db in
      try db.execute(sql: "UPDATE account SET refused = 1 WHERE key = ?", arguments: [key.digest.blob])
    }
  }
}
