extension Pages {
  /// The one script of the pages, served at `/assets/page.js`: it copies the text of a message. Nothing needs it.
  static let script = Array(scriptText.utf8)

  /// The policy lets run what has this sum, and nothing else: not even another script of the daemon (CSP 3 §6.7.2.3).
  /// A test compares it with the script.
  static let scriptHash = "sha256-idRBRyCEvs5n/IktWH75P6QpPi6UQQ1W+Exfo80LCes="

  private static let scriptText = #"""
    // The "Text" link of a message copies it. Without this script, or without a clipboard, the link shows the text.
    "use strict";
    addEventListener("click", async (event) => {
      const link = event.target.closest("a.copy");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !navigator.clipboard) return;
      event.preventDefault();
      try {
        const answer = await fetch(link.href);
        if (!answer.ok) throw new Error(String(answer.status));
        await navigator.clipboard.writeText(await answer.text());
        say(link, "Copied");
      } catch {
        location.assign(link.href);
      }
    });
    function say(link, words) {
      const before = link.dataset.words ?? link.textContent;
      link.dataset.words = before;
      link.setAttribute("role", "status");
      link.textContent = words;
      setTimeout(() => {
        link.textContent = before;
        link.removeAttribute("role");
      }, 2000);
    }

    """#
}
