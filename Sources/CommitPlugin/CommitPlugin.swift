import Foundation
import PackagePlugin

/// Gives the program the commit it was built from, as `Commit.text`; nil where there is no repository.
@main
struct CommitPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
    let root = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appending(path: "Commit.swift")
    // Written to by each commit and each checkout: then it is looked at again.
    let moves = [".git/HEAD", ".git/logs/HEAD"].map { root.appending(path: $0) }
      .filter { FileManager.default.fileExists(atPath: $0.path) }
    return [
      .buildCommand(
        displayName: "Noting the commit", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: ["-c", Self.script, "sh", root.path, output.path], inputFiles: moves, outputFiles: [output])
    ]
  }

  /// A folder inside somebody else's repository has no commit of its own; one of another owner (a build as root) has.
  private static let script = """
    git() { command git -c safe.directory="*" -C "$root" "$@" 2>/dev/null; }
    root=$1 text=nil
    if [ "$(git rev-parse --show-toplevel)" = "$root" ] && commit=$(git rev-parse --short=12 HEAD); then
      text="\\"$commit\\""
    fi
    echo "enum Commit { static let text: String? = $text }" >"$2"
    """
}
