import Foundation
import HTTPTypes
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import Testing

@testable import ChatRoutes

/// The same promises over TLS, with a certificate made for the occasion.
@Suite(.timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct HTTPTransportTLSTests {
  @Test func targetIsSentByteForByteOverHTTP11() async throws {
    let server = try await TLSServer()
    let transport = try server.transport(isTrusted: true)
    let port = server.port
    let target = #"/api/v1/x/../y//z%2f?a=b|c{d}&e=[1]&q="x""#
    for _ in 1...2 {
      let response = try await transport.send(TransportRequest(method: "GET", target: target))
      #expect(try await response.body.collect(upTo: 10) == Array("ok".utf8))
    }
    await transport.shutdown()
    try await server.close()
    let request = "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n"
    #expect(server.requests == [request, request])
    #expect(server.protocols == ["http/1.1"])
  }

  @Test func untrustedCertificateIsADefiniteOutageWithoutEffect() async throws {
    let server = try await TLSServer()
    let transport = try server.transport(isTrusted: false)
    let error = await failure(of: TransportRequest(method: "POST", target: "/"), on: transport)
    #expect(error?.kind == .tls)
    #expect(error?.requestMayHaveTakenEffect == false)
    let probed = await #expect(throws: TransportError.self) { try await transport.probe(timeout: .seconds(5)) }
    #expect(probed?.kind == .tls)
    await transport.shutdown()
    try await server.close()
    #expect(server.requests.isEmpty)
  }

  @Test func probeShakesHandsAndSendsNothing() async throws {
    let server = try await TLSServer()
    let transport = try server.transport(isTrusted: true)
    try await transport.probe(timeout: .seconds(5))
    await transport.shutdown()
    try await server.close()
    #expect(server.requests.isEmpty)
  }
}

/// Answers every request with `ok`; offers HTTP/2 first.
private final class TLSServer: Sendable {
  private let certificate: NIOSSLCertificate
  private let channel: any Channel
  private let notes = Notes()

  var port: Int { channel.localAddress?.port ?? 0 }
  var requests: [String] { notes.seen.withLock { $0.requests } }
  var protocols: [String] { notes.seen.withLock { $0.protocols } }

  init() async throws {
    let (certificate, key) = try Self.makeCertificate()
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(certificate)], privateKey: .privateKey(key))
    configuration.applicationProtocols = ["h2", "http/1.1"]
    let context = try NIOSSLContext(configuration: configuration)
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { [notes] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context), Answering(notes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.certificate = certificate
  }

  func close() async throws { try await channel.close() }

  func transport(isTrusted: Bool) throws -> HTTPTransport {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if isTrusted { configuration.trustRoots = .certificates([certificate]) }
    return try HTTPTransport(
      origin: "https://127.0.0.1:\(port)", connectTimeoutMax: .seconds(10), poolIdleTimeout: .seconds(30),
      tlsConfiguration: configuration)
  }

  private static func makeCertificate() throws -> (NIOSSLCertificate, NIOSSLPrivateKey) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // A leftover in the temporary folder harms nobody.
    defer { try? FileManager.default.removeItem(at: folder) }
    let (key, certificate) = (folder.appendingPathComponent("key").path, folder.appendingPathComponent("cert").path)
    let openssl = Process()
    openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    openssl.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
      certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    return (
      try #require(try NIOSSLCertificate.fromPEMFile(certificate).first), try NIOSSLPrivateKey(file: key, format: .pem)
    )
  }

  private final class Notes: Sendable {
    let seen = Mutex<(requests: [String], protocols: [String])>(([], []))
  }

  private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let notes: Notes
    private var text = ""

    init(_ notes: Notes) { self.notes = notes }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .handshakeCompleted(let name)? = event as? TLSUserEvent {
        notes.seen.withLock { $0.protocols.append(name ?? "none") }
      }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      guard text.hasSuffix("\r\n\r\n") else { return }
      notes.seen.withLock { [text] in $0.requests.append(text) }
      text = ""
      context.writeAndFlush(
        wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
