public import ArgumentParser
public import Daemon

// What these words may be, the parser tells in its errors and completions.
extension LocalMirror.ListState: ExpressibleByArgument {}
extension LocalMirror.ListOrder: ExpressibleByArgument {}
