"""What a reader's browser makes of the daemon's own pages: hostile text runs nothing and loads
nothing, the layout fits a phone and a desk in both colour schemes, axe-core finds no barrier, and
every link can be reached and seen with the keyboard. Upstream is dead while the pages are read.

    pages_in_chromium.py BINARY FOLDER [--screenshots DIR] [--axe PATH]

Needs Debian's `chromium` and `chromium-driver`, and axe.min.js in the site-packages of the Python
that runs this (pip install --no-deps axe-playwright-python) or at PATH; otherwise the standard
library only.
FOLDER is an empty one for the mirror and the browser's profile. Prints one line a page and every
failure; exits 1 when there was any.
"""
import argparse
import collections
import glob
import http.client
import json
import os
import signal
import site
import subprocess
import sys
import time

from chromium import Chromium, ChromiumError
from program import Program, binary

WHOLE_SECONDS = 300
KEY = "cr_prod_sk_" + "b20c5e11" * 8
TABS = 30
OUTER_HTML_MAX = 200
SHOWN_PER_RULE = 5

SCRIPT = "<script>window.pwned = 1</script>"
QUERY = "%22%3E%3Cscript%3Ewindow.pwned=1%3C/script%3E"

# Name, address, and what the page must show: {names} are ids of what was seeded.
PAGES = [
    ("list", "/", "ChatRoutes is not being reached"),
    ("list-2", "/?page=2", SCRIPT),
    ("search-form", "/search", "Looking closer"),
    ("search-found", "/search?q=pwned", "window.pwned"),
    ("search-none", "/search?q=nothing-there", "Nothing found"),
    ("search-hint", "/search?q=before:soon", "expected a day"),
    ("search-hostile", "/search?q=" + QUERY, '"><script>window.pwned=1</script>'),
    ("three", "/conversations/{three}", "Three branches"),
    ("three-branch", "/conversations/{three}?branch={three.branch}", "The scenic way"),
    ("many", "/conversations/{many}", "Branch 60"),
    ("many-branch", "/conversations/{many}?branch={many.branch}", "On branch 60"),
    ("draft", "/conversations/{draft}", "Unfinished answers"),
    ("draft-branch", "/conversations/{draft}?branch={draft.branch}", "Another try"),
    ("long", "/conversations/{long}", "Question 1 "),
    ("long-2", "/conversations/{long}?page=2", "Question 150"),
    ("long-branch", "/conversations/{long}?branch={long.branch}", "A short cut"),
    ("rtl", "/conversations/{rtl}", "\u0645\u0631\u062d\u0628\u0627"),
    ("rtl-branch", "/conversations/{rtl}?branch={rtl.branch}", "\u0641\u0631\u0639"),
    ("rich", "/conversations/{rich}", "let mirror"),
    ("rich-branch", "/conversations/{rich}?branch={rich.branch}", "let mirror"),
    ("hostile", "/conversations/{hostile}", SCRIPT),
    ("hostile-branch", "/conversations/{hostile}?branch={hostile.branch}", SCRIPT),
    ("huge", "/conversations/{huge}", "huge line"),
    ("three-tree", "/conversations/{three}/tree", "The branches in words"),
    ("many-tree", "/conversations/{many}/tree", "Branch 60"),
    ("long-tree", "/conversations/{long}/tree", "A short cut"),
    ("hostile-tree", "/conversations/{hostile}/tree?branch={hostile.branch}", SCRIPT),
    ("three-compare", "/conversations/{three}/compare?left={three.branch}&right={three.merged}",
     "Both begin"),
    ("many-compare", "/conversations/{many}/compare", "Both begin with the same"),
    ("hostile-compare", "/conversations/{hostile}/compare?right={hostile.branch}", SCRIPT),
    ("usage", "/usage", "tokens"),
    ("overview", "/overview", "Conversations"),
    ("not-found", "/nope", "Not in the local copy"),
    ("sign-in", "/", "chatroutesd open"),  # the last: visited without the cookie
]
STATUS = {"not-found": 404, "sign-in": 401}
# Pages being written: a 404 is no failure of theirs.
NOT_THERE_YET = set()

SCHEMES = ("light", "dark")
SIZES = {"360x740": (360, 740, True), "1280x900": (1280, 900, False)}
AXE_VIEWS = [("light", "1280x900"), ("dark", "1280x900"), ("light", "360x740")]
# Many thousand elements of the same few kinds: axe-core looks at them in the first view only.
AXE_ONCE = {"huge"}

# MARK: What is seeded

RICH = """# A night train

Some *emphasis*, **strength**, ~~a mistake~~ and `let mirror = 1`, then <https://example.com/a>.

## A table

| Train | From | Minutes |
|:------|:----:|--------:|
| NJ 40 | Wien | 720 |
| EN 50 | Graz | 65 |

### Code

```swift
let mirror = Mirror(path: "/var/lib/chatroutesd/mirror.sqlite", isReadOnly: true, pages: 4096, x: 1)
```

- [x] ticket
- [ ] toothbrush
  1. soft
  2. green

> A quote, with [a link](https://example.com/?a=1&b=2 "Title") and a mail to a@example.com.
>
> > A quote in it.

![A map](https://example.com/map.png)

---

Footnote-like text[^1] and a word\u00a0that\u2011does\u2011not\u2011break.
"""

PAYLOADS = [
    SCRIPT,
    "<ScRiPt >alert(1)</sCrIpT>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "<img src=x onerror=\"window.pwned = 1\">",
    "<img src=\"x` `<script>alert(1)</script>\"` `>",
    "<svg onload=alert(1)>",
    "<svg><script>window.pwned = 1</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text y=9>x</text></a></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style>"
    "<img title=\"--><img src=1 onerror=alert(1)>\">",
    "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](javascript&colon;alert(1))",
    "[click](&#x6A;avascript:alert(1))",
    "[click](java\tscript:alert(1))",
    "[click](java&Tab;script&NewLine;:alert(1))",
    "[click](<java\u0000script:alert(1)>)",
    "[click]( \u0001javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD53aW5kb3cucHduZWQ9MTwvc2NyaXB0Pg==)",
    "[click](data:text/html,<script>window.pwned=1</script>)",
    "[click](vbscript:msgbox(1))",
    "[click](file:///etc/passwd)",
    "[click](//evil.example/pwned)",
    "[click](/conversations/../open?ticket=1)",
    "[click](https://example.com/\"onmouseover=\"alert(1))",
    "[click](https://example.com \"x\" onmouseover=alert(1) \")",
    "<javascript:alert(1)>",
    "<data:text/html,pwned>",
    "<https://example.com/'onclick='alert(1)>",
    "www.example.com\"onclick=\"alert(1) and https://example.com/<script>alert(1)</script>",
    "[ref]\n\n[ref]: javascript:alert(1)",
    "[ref][x]\n\n[x]: data:text/html,<script>window.pwned=1</script>"
    " '\"><img src=x onerror=alert(1)>'",
    "![image](javascript:alert(1))",
    "![\" onerror=\"alert(1)](https://evil.example/pwned.png)",
    "![remote](https://evil.example/beacon.png?pwned) <img src=https://evil.example/beacon.gif>",
    "<div onclick=alert(1)>\n<b>raw block</b>\n</div>",
    "<table><tr><td background=\"javascript:alert(1)\">pwned</table></main></body></html>",
    "<b><i><u><a href=\"javascript:alert(1)\">never closed",
    "<!-- a comment --><!--> <img src=x onerror=alert(1)> -->",
    "<!-- never closed <script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY p \"pwned\">]>&p;",
    "<meta http-equiv=\"refresh\" content=\"0;url=javascript:alert(1)\">",
    "<iframe src=\"javascript:alert(1)\"></iframe>"
    "<iframe srcdoc=\"<script>parent.pwned=1</script>\">",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object>"
    "<embed src=//evil.example/x>",
    "<form action=https://evil.example/steal><button formaction=javascript:alert(1)>pwned</button>",
    "<form id=pwned name=pwned><input name=action><input name=attributes></form>",
    "<base href=\"https://evil.example/\"><a href=\"x\">pwned</a>",
    "<link rel=stylesheet href=//evil.example/x.css>"
    "<style>*{background:url(//evil.example/pwned)}</style>",
    "<p style=\"position:fixed;inset:0;background:url(https://evil.example/pwned)\">cover</p>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>"
    "</title><script>alert(1)</script>",
    "<details open ontoggle=alert(1)><summary>pwned</summary></details>",
    "<input autofocus onfocus=alert(1)><video src=x onerror=alert(1)></video>"
    "<body onload=alert(1)>",
    "<template><script>window.pwned = 1</script></template><slot name=pwned></slot>",
    "{{constructor.constructor('window.pwned = 1')()}} ${alert(1)} #{alert(1)} <%= alert(1) %>",
    "```\"><script>alert(1)</script>\n</code></pre><script>window.pwned = 1</script>\n```",
    "`</code><script>alert(1)</script>` ~~<s onclick=alert(1)>~~ **<b onclick=alert(1)>**",
    "| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |\n|:-:|-:|\n"
    "| <script>alert(1)</script> | x |",
    "# <script>alert(1)</script>\n\n###### <h1>pwned</h1>",
    "- [x] <img src=x onerror=alert(1)>\n- [ ] [x](javascript:alert(1))",
    "\u202egnp.exe \u2066pwned\u2067 \u202d<script>alert(1)</script> never ended",
    "nul \u0000 bell \u0007 escape \u001b[31m line \u2028 paragraph \u2029 pwned \ufeff\ufffe",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4- \u00bcscript\u00bealert(1)\u00bc/script\u00be",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;script&amp;gt; &#60;script&#62;alert(1)",
]

HUGE = [
    "|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n|" + "<script>alert(1)</script>|" * 20,
    "| a | b |\n|---|---|\n" + "| <b onclick=alert(1)> | pwned |\n" * 2000,
    "> " * 2000 + "<script>window.pwned = 1</script>",
    "".join("  " * depth + "- [x](javascript:alert(1))\n" for depth in range(120)),
    "- " * 2000 + "deep list",
    "huge line " + "pwned" * 20000,
    "[" * 3000 + "pwned" + "](javascript:alert(1))" * 500,
    "*" * 5000 + "_" * 5000 + "<" * 5000 + "`" * 5001,
    "x " * 5000 + "\n\n" + "Z\u0351\u036b\u0343\u036a\u0302" * 500,
]


class Api:
    """Calls through the daemon, as an app makes them."""

    def __init__(self, server):
        self.connection = server.connect()

    def call(self, method, path, body=None):
        fields = {"Authorization": "ApiKey " + KEY, "Content-Type": "application/json"}
        self.connection.request(
            method, path, None if body is None else json.dumps(body).encode(), fields)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            sys.exit(f"FAIL {method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text).get("data")

    def create(self, title):
        return self.call("POST", "/api/v1/conversations", {"title": title})["conversation"]["id"]

    def send(self, conversation, content, branch=None):
        place = f"/branches/{branch}" if branch else ""
        self.call("POST", f"/api/v1/conversations/{conversation}{place}/messages",
                  {"content": content})

    def messages(self, conversation):
        return self.call("GET", f"/api/v1/conversations/{conversation}/messages")["messages"]

    def fork(self, conversation, title, content, index=1):
        """A branch behind a message of the main one, with an exchange of its own."""
        body = {"forkPointMessageId": self.messages(conversation)[index]["id"], "title": title}
        path = f"/api/v1/conversations/{conversation}/fork"
        branch = self.call("POST", path, body)["branch"]["id"]
        self.send(conversation, content, branch)
        return branch

    def read(self, conversation):
        """Everything an app can read of a conversation, so that the mirror has it whole."""
        path = f"/api/v1/conversations/{conversation}"
        for part in ("", "/tree", "/messages", "/checkpoints"):
            self.call("GET", path + part)
        for branch in self.call("GET", path + "/branches")["branches"]:
            self.call("GET", f"{path}/branches/{branch['id']}/messages")


class Seed:
    """Real traffic through the daemon; `ids` holds what PAGES names."""

    def __init__(self, daemon, sandbox):
        self.api, self.sandbox, self.ids = Api(daemon), sandbox, {}
        for title in PAYLOADS:
            self.api.create(title)
        for part in (self.huge, self.hostile, self.long, self.many, self.rich, self.rtl,
                     self.draft, self.three):
            part()
            self.api.read(self.ids[part.__name__])
        self.break_stream()
        self.api.call("GET", "/api/v1/conversations?limit=100")

    def begin(self, name, title, *contents):
        conversation = self.ids[name] = self.api.create(title)
        for content in contents:
            self.api.send(conversation, content)
        return conversation

    def branch(self, name, title, content, index=1):
        branch = self.api.fork(self.ids[name], title, content, index)
        self.ids[name + ".branch"] = branch
        return branch

    def huge(self):
        self.begin("huge", "huge " + "W" * 3000, *HUGE)

    def hostile(self):
        self.begin("hostile", SCRIPT, *PAYLOADS)
        for title in PAYLOADS[3:15] + PAYLOADS[-8:] + [SCRIPT]:
            self.branch("hostile", title, title, index=9)

    def long(self):
        self.begin("long", "300 messages", *(f"Question {n} of many" for n in range(1, 151)))
        self.branch("long", "A short cut", "What if we stop here?", index=21)

    def many(self):
        self.begin("many", "60 branches", "Where shall we go?", "And then?")
        for number in range(2, 61):
            self.branch("many", f"Branch {number}", f"On branch {number}", index=number % 4)

    def rich(self):
        self.begin("rich", "Rich *Markdown* in an answer", RICH, "Thank you.")
        self.branch("rich", "**Bold** branch", RICH)

    def rtl(self):
        self.begin("rtl", "\u0645\u0631\u062d\u0628\u0627 (hello), 2 \u05e9\u05dc\u05d5\u05dd",
                   "\u0645\u0631\u062d\u0628\u0627 `code` and English.",
                   "- \u05e9\u05dc\u05d5\u05dd")
        self.branch("rtl", "\u0641\u0631\u0639 (branch)",
                    "\u0643\u064a\u0641 \u062d\u0627\u0644\u0643")

    def draft(self):
        self.begin("draft", "A broken stream", "Before the storm")
        self.branch("draft", "Another try", "Once more")

    def break_stream(self):
        """An answer of which a part arrives; reading the messages again would complete it."""
        path = f"/api/v1/conversations/{self.ids['draft']}/messages/stream"
        order = json.dumps({"path": path, "fault": "cut-after=9"})
        control, client = self.sandbox.connect(), self.api.connection
        control.request("POST", "/sandbox/faults", order)
        control.getresponse().read()
        control.close()
        client.request("POST", path, json.dumps({"content": "A stream that breaks off"}),
                       {"Authorization": "ApiKey " + KEY, "Content-Type": "application/json"})
        try:
            client.getresponse().read()
        except (http.client.HTTPException, OSError):
            pass  # as it was asked for
        client.close()

    def notice_outage(self):
        """The daemon tries upstream, in vain, and says so on its pages from then on."""
        self.api.call("GET", "/api/v1/conversations?limit=1")

    def three(self):
        c = self.begin("three", "Three branches", "How do trains pass the Alps?", "And at night?",
                       "With a bicycle?")
        path = f"/api/v1/conversations/{c}"
        merged = self.ids["three.merged"] = self.branch("three", "To merge", "Merge me.")
        self.api.call("POST", f"{path}/branches/{merged}/merge", {})
        self.branch("three", "The scenic way", "What about Bernina?", index=3)
        messages = self.api.messages(c)
        self.api.call("PATCH", f"/api/v1/messages/{messages[2]['id']}", {"content": "And by day?"})
        for message in (messages[1], messages[5]):
            body = {"branchId": message["branchId"], "anchorMessageId": message["id"]}
            self.api.call("POST", path + "/checkpoints", body)


# MARK: What is looked for in the page

# Before anything of the page runs.
LISTENER = """
window.__seen = [];
document.addEventListener("securitypolicyviolation", event => window.__seen.push(
  ["policy violation", `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`]));
for (const name of ["alert", "confirm", "prompt", "print"])
  window[name] = text => { window.__seen.push(["dialog", `${name}(${text})`]); };
"""

SAFETY = r"""(() => {
  const found = window.__seen.slice();
  const say = (rule, node) => found.push([rule, node.outerHTML]);
  const all = (selector, rule, isFine = () => false) =>
    document.querySelectorAll(selector).forEach(node => isFine(node) || say(rule, node));
  if (window.pwned !== undefined) found.push(["executed", String(window.pwned)]);
  all("*", "event handler attribute",
    node => !node.getAttributeNames().some(name => /^on/i.test(name)));
  all("iframe, frame, object, embed, applet, base, meta[http-equiv=refresh i]", "active element");
  all("script", "script", node => node.getAttribute("src") === "/assets/page.js" && !node.text);
  all("style, [style], [srcdoc]", "inline style or document");
  const url = (node, name) => new URL(node.getAttribute(name) || "", location.href);
  all("form", "form leads away", node => url(node, "action").origin === location.origin);
  all("[formaction]", "form leads away",
    node => url(node, "formaction").origin === location.origin);
  all("link[href]", "link leads away", node => url(node, "href").origin === location.origin);
  const isOutside = node => node.classList.contains("outside")
    && ["http:", "https:", "mailto:"].includes(url(node, "href").protocol)
    && ["noopener", "noreferrer"].every(word => node.relList.contains(word));
  const isOwn = node => !node.classList.contains("outside")
    && /^(\/(?!\/)|[?#])/.test(node.getAttribute("href"))
    && url(node, "href").origin === location.origin;
  all("a[href]", "where a link leads", node => isOwn(node) || isOutside(node));
  for (const name of ["src", "poster", "background", "data", "action", "cite"])
    all(`[${name}]`, "where an attribute leads",
      node => /^(\/(?!\/)|[?#])/.test(node.getAttribute(name)));
  all("[srcset], [ping]", "attribute that nothing here needs");
  all("a", "xlink", node => !node.getAttributeNames().some(name => /xlink/.test(name)));
  return found;
})()"""

# A conversation kept as one file: it has its style in it, and leads within itself or out.
KEPT_SAFETY = r"""(() => {
  const found = window.__seen.slice();
  const all = (selector, rule, isFine = () => false) =>
    document.querySelectorAll(selector).forEach(
      node => isFine(node) || found.push([rule, node.outerHTML]));
  if (window.pwned !== undefined) found.push(["executed", String(window.pwned)]);
  all("*", "event handler attribute",
    node => !node.getAttributeNames().some(name => /^on/i.test(name)));
  all("script, iframe, frame, object, embed, applet, base, form, link, img",
    "nothing of that kind belongs into a file");
  all("[style], [src], [srcset], [srcdoc]", "nor does such an attribute");
  all("meta[http-equiv]", "meta", node => node.httpEquiv === "Content-Security-Policy");
  all("a[href]", "where a link leads", node => {
    const address = node.getAttribute("href");
    return address.startsWith("#")
      ? document.getElementById(decodeURIComponent(address.slice(1))) !== null
      : node.classList.contains("outside") && /^(https?|mailto):/.test(address);
  });
  return found;
})()"""

LAYOUT = r"""(() => {
  const found = [], root = document.documentElement, smallest = 11;
  if (root.scrollWidth > root.clientWidth) {
    const name = `wider than the window: ${root.scrollWidth} > ${root.clientWidth}`;
    const isClipped = node => node && node !== document.body
      && (getComputedStyle(node).overflowX !== "visible" || isClipped(node.parentElement));
    let widest = root, right = root.clientWidth;
    for (const node of document.body.querySelectorAll("*")) {
      const end = node.getBoundingClientRect().right;
      if (end >= right && !isClipped(node.parentElement)) [widest, right] = [node, end];
    }
    found.push([name, widest.outerHTML]);
  }
  const headings = document.querySelectorAll("h1");
  if (headings.length !== 1)
    found.push([`${headings.length} h1`, [...headings].map(node => node.outerHTML).join()]);
  const size = node => parseFloat(getComputedStyle(node).fontSize)
    * (node instanceof SVGGraphicsElement ? Math.abs(node.getScreenCTM().a) : 1);
  const isSeen = node => {
    const box = node.getBoundingClientRect();
    return node.checkVisibility({ visibilityProperty: true, opacityProperty: true })
      && box.width > 1 && box.height > 1;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), known = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || known.has(node)) continue;
    known.add(node);
    if (size(node) < smallest && isSeen(node))
      found.push([`text of ${size(node)} px`, node.outerHTML]);
  }
  return found;
})()"""

UNFOLD = r"""(() => {
  const folded = [...document.querySelectorAll("details:not([open])")];
  for (const node of folded) node.open = true;
  return folded.length > 0;
})()"""

FOCUS = r"""(() => {
  window.__focused = [];
  document.addEventListener("focusin", event => {
    const node = event.target, style = getComputedStyle(node);
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
      && !/^(transparent|rgba\(.*, 0\))$/.test(style.outlineColor);
    window.__focused.push({ isOutlined, isSkip: node.matches("a.skip"), html: node.outerHTML });
  });
})()"""

# After a real key, so that what a script focuses counts as focused by the keyboard.
REACH = r"""(() => {
  const found = [];
  const look = node => { const style = getComputedStyle(node);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow].join(); };
  for (const node of document.querySelectorAll("a[href], button, input, select, summary")) {
    if (!node.checkVisibility({ visibilityProperty: true })) continue;
    document.activeElement?.blur();
    const before = look(node);
    node.focus({ preventScroll: true });
    if (document.activeElement !== node || node.tabIndex < 0)
      found.push(["cannot be focused", node.outerHTML]);
    else if (look(node) === before) found.push(["focus changes nothing", node.outerHTML]);
  }
  return found;
})()"""

AXE = r"""(async () => {
  const rules = { "target-size": { enabled: true } };
  for (const { ruleId } of axe.getRules(["best-practice"]))
    if (/landmark|heading|^region$|skip-link/.test(ruleId)) rules[ruleId] = { enabled: true };
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
  const result = await axe.run(document, {
    runOnly: { type: "tag", values: tags }, rules, resultTypes: ["violations"] });
  return result.violations.flatMap(rule => rule.nodes.map(node => {
    const why = [...node.any, ...node.all, ...node.none].map(check => check.message)[0] ?? "";
    return [`axe ${rule.id}`, `${why} ${node.html}`];
  }));
})()"""


class Reader:
    """Visits pages and collects what is wrong with them."""

    def __init__(self, browser, origin, axe, screenshots):
        self.browser, self.origin, self.screenshots = browser, origin, screenshots
        with open(axe, encoding="utf-8") as file:
            self.axe = file.read()
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=LISTENER)
        # Tab may leave a page with few links; it counts as focused all the same.
        browser.cdp("Emulation.setFocusEmulationEnabled", enabled=True)

    def read(self, name, address, text):
        """What is wrong with a page, as {(rule, HTML): [view]}; None: it is not there yet."""
        found = collections.defaultdict(list)
        for scheme in SCHEMES:
            for size in SIZES:
                failures = self.view(name, address, text, scheme, size)
                if failures is None:
                    return None
                for rule, html in failures:
                    views = found[rule, " ".join(html.split())[:OUTER_HTML_MAX]]
                    if f"{scheme} {size}" not in views:
                        views.append(f"{scheme} {size}")
        return found

    def view(self, name, address, text, scheme, size):
        browser = self.browser
        browser.show(scheme, *SIZES[size])
        self.forget()
        try:
            browser.visit(self.origin + address)
            statuses, failures = self.network(address)
            if statuses == [404] and name in NOT_THERE_YET:
                return None
            if self.screenshots:
                browser.screenshot(f"{self.screenshots}/{name}-{scheme}-{size}.png")
            wanted = STATUS.get(name, 200)
            if statuses != [wanted]:
                failures.append((f"status {statuses} instead of {wanted}", address))
            failures += self.content(text)
            if (scheme, size) in AXE_VIEWS[:1 if name in AXE_ONCE else None]:
                browser.evaluate(self.axe + ";0")
                failures += browser.evaluate(AXE)
            failures += self.keyboard() + browser.evaluate(SAFETY) + self.console(address, wanted)
        except ChromiumError as error:
            return [("the browser failed", str(error))]
        return failures

    def kept(self, path, text):
        """What is wrong with a conversation that was kept as a file, on a phone."""
        browser, failures = self.browser, []
        browser.show("light", *SIZES["360x740"])
        self.forget()
        browser.visit("file://" + path)
        for entry in browser.entries("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if url != "file://" + path:
                    failures.append(("a request left the file", url))
        failures += self.content(text) + browser.evaluate(KEPT_SAFETY)
        browser.evaluate(self.axe + ";0")
        failures += browser.evaluate(AXE) + self.console(path, 200)
        return {(rule, " ".join(html.split())[:OUTER_HTML_MAX]): ["file"] for rule, html in failures}

    def forget(self):
        """What is in the logs belongs to the page before."""
        for kind in ("browser", "performance"):
            self.browser.entries(kind)

    def content(self, text):
        shown = self.browser.evaluate("document.title + document.documentElement.textContent")
        failures = [] if text in shown else [("does not show what was seeded", text)]
        failures += self.browser.evaluate(LAYOUT)
        # From here on with everything unfolded.
        return failures + (self.browser.evaluate(LAYOUT) if self.browser.evaluate(UNFOLD) else [])

    def network(self, address):
        """The statuses of the page itself, and requests that left the daemon."""
        statuses, failures = [], []
        for entry in self.browser.entries("performance"):
            message = json.loads(entry["message"])["message"]
            method, parameters = message["method"], message.get("params", {})
            if method == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith(self.origin + "/"):
                    failures.append(("a request left the daemon", url))
            if method == "Network.responseReceived" and parameters["type"] == "Document":
                statuses.append(parameters["response"]["status"])
        return statuses, failures

    def console(self, address, status):
        """Severe entries; that the page itself answers an error status, as it should, is none."""
        own = (f"{self.origin}{address} - Failed to load resource: "
               f"the server responded with a status of {status} ")
        return [("console", entry["message"]) for entry in self.browser.entries("browser")
                if entry["level"] == "SEVERE"
                and not (status != 200 and entry["message"].startswith(own))]

    def keyboard(self):
        """The first Tab reaches the skip link; each element that has the focus shows it."""
        self.browser.evaluate(FOCUS)
        self.browser.press_tab(TABS + 1)
        focused = self.browser.evaluate("window.__focused")
        failures = [("focus without an outline", one["html"])
                    for one in focused if not one["isOutlined"]]
        if not focused or not focused[0]["isSkip"]:
            failures.append(("the first Tab misses the skip link", str(focused[:1])))
        return failures + self.browser.evaluate(REACH)


# MARK: The run


def find_axe():
    """The newest axe.min.js among the packages of this Python."""
    folders = site.getsitepackages() + [site.getusersitepackages()]
    patterns = [folder + "/*/**/axe.min.js" for folder in folders]
    found = [path for pattern in patterns for path in glob.glob(pattern, recursive=True)]
    if not found:
        sys.exit("FAIL no axe.min.js in site-packages: pip install --no-deps axe-playwright-python")
    return max(found, key=axe_version)


def axe_version(path):
    with open(path, encoding="utf-8") as file:
        words = file.read(40).split()  # /*! axe v4.12.1
    numbers = words[2].lstrip("v").split(".") if len(words) > 2 else []
    return [int(number) for number in numbers if number.isdigit()]


def report(name, found, seconds):
    if found is None:
        print(f"wait {name}: not there yet", flush=True)
        return 0
    print(f"{'FAIL' if found else 'ok  '} {name} ({seconds:.1f} s)", flush=True)
    shown = collections.Counter()
    for (rule, html), views in found.items():
        shown[rule] += 1
        if shown[rule] <= SHOWN_PER_RULE:
            print(f"     {rule} | {name} | {', '.join(views)} | {html}", flush=True)
    for rule, count in shown.items():
        if count > SHOWN_PER_RULE:
            print(f"     {rule} | {name} | and {count - SHOWN_PER_RULE} more", flush=True)
    return len(found)


def enter(browser, origin, database):
    """Gives the browser its cookie, by the link a user gets."""
    link = subprocess.run([binary, "open", "--print", "--url", origin, "--database", database],
                          capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    browser.visit(link)


def read_all(reader, ids):
    failures = 0
    for name, template, text in PAGES:
        if name == "sign-in":
            reader.browser.cdp("Network.clearBrowserCookies")
        address = template
        for key, value in ids.items():
            address = address.replace("{" + key + "}", value)
        began = time.monotonic()
        found = reader.read(name, address, text)
        failures += report(name, found, time.monotonic() - began)
    return failures


COPY_SECONDS = 10


def copies(browser, origin, conversation):
    """What is wrong with the link that copies a message."""
    browser.cdp("Browser.grantPermissions", origin=origin,
                permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    address = f"/conversations/{conversation}"
    browser.visit(origin + address)
    browser.evaluate("document.querySelector('a.copy').click()")
    until = time.monotonic() + COPY_SECONDS
    while (said := browser.evaluate("document.querySelector('a.copy').textContent")) != "Copied":
        if time.monotonic() > until:
            return {("the link does not copy", said): ["copy"]}
        time.sleep(0.05)
    copied = browser.evaluate("navigator.clipboard.readText()")
    text = browser.evaluate("fetch(document.querySelector('a.copy').href).then(a => a.text())")
    place = browser.evaluate("location.pathname")
    return {} if copied == text and text and place == address else {
        ("the clipboard holds something else", copied): ["copy"]}


# Conversations that are kept as files, and what those must show.
KEPT = [("three", "Forks from"), ("rich", "let mirror"), ("hostile", SCRIPT), ("draft", "Draft:")]


def read_kept(reader, ids, database, folder):
    """Exports conversations, and opens the files from the disk."""
    failures = 0
    for name, text in KEPT:
        path = os.path.join(folder, name + ".html")
        subprocess.run([binary, "export", ids[name], "--format", "html", "--output", path,
                        "--database", database], timeout=60, check=True)
        began = time.monotonic()
        found = reader.kept(path, text)
        failures += report(name + ", kept as a file", found, time.monotonic() - began)
    return failures


def arguments():
    parser = argparse.ArgumentParser(description="The daemon's pages in Chromium.")
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("--screenshots")
    parser.add_argument("--axe", help="axe.min.js, instead of the one in site-packages")
    options = parser.parse_args()
    options.folder = os.path.abspath(options.folder)
    for folder in filter(None, (options.folder, options.screenshots)):
        os.makedirs(folder, exist_ok=True)
    return options


def give_up(number, _):
    """Ends the run so that everything that was started is ended too."""
    raise TimeoutError(f"{signal.Signals(number).name}; the limit is {WHOLE_SECONDS} s")


def start(folder, children):
    """A sandbox and the daemon in front of it; both are added to what has to be ended."""
    sandbox = Program(
        "sandbox", "--listen", "127.0.0.1:0", "--api-key", KEY, "--token-delay", "0")
    children.append(sandbox)
    database = os.path.join(folder, "mirror.sqlite")
    daemon = Program("serve", "--listen", "127.0.0.1:0", "--database", database,
                     "--upstream", "http://%s:%d" % sandbox.address)
    children.append(daemon)
    return sandbox, daemon, database


def run(options, axe, children):
    """Everything; browsers and programs that were started are in `children` to be ended."""
    began = time.monotonic()
    sandbox, daemon, database = start(options.folder, children)
    seed = Seed(daemon, sandbox)
    sandbox.end(signal.SIGTERM)
    seed.notice_outage()
    print(f"ok   seeded ({time.monotonic() - began:.1f} s)", flush=True)
    browser = Chromium(options.folder)
    children.append(browser)
    origin = "http://%s:%d" % daemon.address
    enter(browser, origin, database)
    reader = Reader(browser, origin, axe, options.screenshots)
    failures = report("copy", copies(browser, origin, seed.ids["three"]), 0)
    failures += read_all(reader, seed.ids)
    failures += read_kept(reader, seed.ids, database, options.folder)
    version = ".".join(map(str, axe_version(axe)))
    print(f"{failures} failures; Chromium {browser.version}, axe {version}; "
          f"{time.monotonic() - began:.0f} s", flush=True)
    return failures


def main():
    options, children = arguments(), []
    axe = options.axe or find_axe()
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, give_up)
    signal.alarm(WHOLE_SECONDS)
    try:
        return 1 if run(options, axe, children) else 0
    finally:
        signal.alarm(0)
        for child in reversed(children):
            child.close() if isinstance(child, Chromium) else child.process.kill()


if __name__ == "__main__":
    sys.exit(main())
