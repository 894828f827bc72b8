import ArgumentParser
import Daemon
import Foundation

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write conversations as files: all branches, drafts included.",
    discussion: """
      md is for people, and so is html, one file with a picture of the tree; json has every message as ChatRoutes sent it, to \
      the last digit. One conversation goes to standard \
      output, or to --output; several need a folder. Reads the mirror directly: no daemon and no network are needed.
      """)

  @OptionGroup var location: LocationOptions

  @Argument(help: "Ids of conversations, as `list` prints them.", completion: .conversations)
  var ids: [String] = []

  @Flag(help: "All conversations of the mirror.")
  var all = false

  @Option(
    help: ArgumentHelp("md, html or json. Default: md.", valueName: "format"),
    transform: { text in
      guard let format = LocalMirror.ExportFormat(rawValue: text) else {
        throw ValidationError("expected md, html or json, found \"\(text)\"")
      }
      return format
    })
  var format = LocalMirror.ExportFormat.md

  @Option(name: .shortAndLong, help: ArgumentHelp("A file, or a folder for several.", valueName: "path"))
  var output: String?

  func validate() throws {
    guard all != !ids.isEmpty else { throw ValidationError("expected ids of conversations, or --all") }
    if output == nil, all || ids.count > 1 {
      throw ValidationError("--output: expected a folder, since more than one conversation is exported")
    }
  }

  func run() throws {
    let exported = try location.reading { mirror throws(StartError) in
      guard all else { return try export(ids, of: mirror) }
      if let output { try makeFolder(output) }
      let copies = try mirror.copies()
      for (index, copy) in copies.enumerated() {
        // One of a credential that was refused since is shown to nobody.
        guard let bytes = try mirror.export(copy, as: format) else { continue }
        try write(bytes, to: place(of: copy.id, number: copy.number))
        Terminal.progress("exported \(index + 1) of \(copies.count)", isLast: index + 1 == copies.count)
      }
      return true
    }
    guard exported else { throw ExitCode(1) }
  }

  private func place(of id: String, number: Int = 1) -> String? {
    output.map { $0 + "/" + ExportFile.name(of: id, format, number: number) }
  }

  /// - Returns: false: some are not in the mirror.
  private func export(_ ids: [String], of mirror: LocalMirror) throws(StartError) -> Bool {
    var hasAll = true
    let isFolder = ids.count > 1
    if isFolder, let output { try makeFolder(output) }
    for (number, id) in ids.enumerated() {
      guard let bytes = try mirror.export(id, as: format) else {
        Terminal.error("the mirror holds no conversation \(Terminal.line(id, columns: 80)).")
        hasAll = false
        continue
      }
      try write(bytes, to: isFolder ? place(of: id) : output)
      if isFolder { Terminal.progress("exported \(number + 1) of \(ids.count)", isLast: number + 1 == ids.count) }
    }
    return hasAll
  }

  private func makeFolder(_ path: String) throws(StartError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch { throw StartError("cannot make the folder \(path): \(error.localizedDescription) See --output.") }
  }

  private func write(_ bytes: [UInt8], to path: String?) throws(StartError) {
    guard let path else {
      let text = String(decoding: bytes, as: UTF8.self)
      // A terminal would act on what a message holds; a file or another program gets every byte.
      return Terminal.write(Terminal.outputIsTerminal ? Terminal.harmless(text) : text)
    }
    // Beside its place first: what an earlier export wrote stays whole until this one is.
    let draft = path + ".part"
    guard FileManager.default.createFile(atPath: draft, contents: Data(bytes), attributes: [.posixPermissions: 0o600]),
      rename(draft, path) == 0
    else { throw StartError("cannot write \(path): \(String(cString: strerror(errno))). See --output.") }
  }
}
