import ArgumentParser
import Daemon
import Foundation

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Write a copy of the mirror, all of one moment.",
    discussion: """
      The daemon may run meanwhile. To use the copy, stop the daemon and put the file in the mirror's place, with the \
      account-key that lies beside the mirror: without it nobody is recognized as the owner of what is in it.
      """)

  @OptionGroup var location: LocationOptions

  @Argument(help: ArgumentHelp("Where to write it; nothing may be there yet.", valueName: "file"), completion: .file())
  var file: String

  func run() throws {
    let path = try location.databasePath()
    try location.reading { mirror throws(StartError) in try mirror.backUp(to: file) }
    let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
    Terminal.print("\(file): \(size / 1024) KiB")
    Terminal.note("Keep \((path as NSString).deletingLastPathComponent)/account-key with it.")
  }
}

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read the mirror through and say whether it is sound.",
    discussion: """
      Takes seconds for a large one; the daemon may run meanwhile. Exit code 0: it is sound. 1: it is damaged; a daemon that \
      meets the damage sets the file aside and begins a new one.
      """)

  @OptionGroup var location: LocationOptions

  func run() async throws {
    let path = try location.databasePath()
    do throws(StartError) {
      guard let damage = try await LocalMirror(path: path).damage() else { return Terminal.print("\(path) is sound.") }
      Terminal.error("\(path) is damaged: \(Terminal.line(damage, columns: 500))")
    } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
    throw ExitCode(1)
  }
}
