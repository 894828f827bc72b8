import NIOSSL

/// Certificates of authorities that are trusted beside those of the system, such as a company's own.
public struct ExtraRoots: Sendable {
  let certificates: [NIOSSLCertificate]

  /// Reads a file of one or more certificates.
  /// - Throws: `ExtraRootsError` when it cannot be read or holds none.
  public init(pemFile path: String) throws(ExtraRootsError) {
    do { certificates = try NIOSSLCertificate.fromPEMFile(path) } catch {
      throw ExtraRootsError(path: path)
    }
    guard !certificates.isEmpty else { throw ExtraRootsError(path: path) }
  }
}

/// A file that holds no certificates.
public struct ExtraRootsError: Error, Sendable, Equatable, CustomStringConvertible {
  let path: String

  /// What is expected instead.
  public var description: String {
    "\(path) cannot be read as certificates: expected a file of -----BEGIN CERTIFICATE----- blocks (PEM)"
  }
}
