extension Pages {
  /// The page for a browser that has not proved who it is: how to get in.
  public static func signIn(frame: PageFrame) -> [UInt8] {
    document(
      frame, isSignedIn: false,
      main: """
        <section class="empty">
        <h1>This page needs a link</h1>
        <p>Your conversations are shown only to you. Run this in a terminal on this machine; it opens the browser with a \
        link that lets you in:</p>
        <figure class="code"><pre tabindex="0"><code>chatroutesd open</code></pre></figure>
        </section>
        """)
  }

  /// The page for an address at which the mirror holds nothing.
  public static func notFound(frame: PageFrame) -> [UInt8] {
    document(
      frame,
      main: """
        <section class="empty">
        <h1>Not in the local copy</h1>
        <p>There is nothing at this address. A conversation that was never opened through the daemon is not here yet; \
        one that was deleted is not here any more.</p>
        <p><a href="\(PageLink.list)">All conversations</a></p>
        </section>
        """)
  }

  /// The page for a failure of the daemon itself.
  /// - Parameter text: what failed and what to do next; without message text, titles or keys.
  public static func failure(_ text: String, frame: PageFrame) -> [UInt8] {
    document(
      frame,
      main: """
        <section class="empty">
        <h1>This page could not be made</h1>
        <p dir="auto">\(text)</p>
        <p>Apps are still being served. <code>chatroutesd status</code> and the log say more.</p>
        </section>
        """)
  }
}
