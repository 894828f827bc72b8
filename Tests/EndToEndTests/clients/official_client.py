"""Drives the official Python client (chatroutes 0.2.6) through the daemon, in phases that a test starts.

    official_client.py online  BASE DIRECT KEY STATE   every method; what the reads answered goes to STATE
    official_client.py offline BASE DIRECT KEY STATE   the same reads must answer the same; writes must fail soon

BASE is the daemon's base URL with /api/v1, DIRECT the sandbox's. Prints one line a check; exits 1 at the first failure.
"""
import json
import sys
import time

from chatroutes import ChatRoutes
from chatroutes.exceptions import ChatRoutesError, NetworkError, ServerError

phase, base, direct, key, state_path = sys.argv[1:6]
client = ChatRoutes(api_key=key, base_url=base, timeout=30, retry_attempts=0)


def check(what, holds, found=None):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        print(f"     found: {json.dumps(found, ensure_ascii=True)[:2000]}", flush=True)
        sys.exit(1)


def difference(left, right, path="$"):
    """The first place where two JSON values differ; None: they are equal."""
    if type(left) is not type(right):
        return f"{path}: {left!r:.200} / {right!r:.200}"
    if isinstance(left, dict):
        for name in list(left) + list(right):
            if name not in left or name not in right:
                return f"{path}.{name}: only on one side: {(left if name in left else right)[name]!r:.200}"
            if found := difference(left[name], right[name], f"{path}.{name}"):
                return found
        return None
    if isinstance(left, list):
        for index, (a, b) in enumerate(zip(left, right)):
            if found := difference(a, b, f"{path}[{index}]"):
                return found
        return None if len(left) == len(right) else f"{path}: {len(left)} / {len(right)} elements"
    return None if left == right else f"{path}: {left!r:.200} / {right!r:.200}"


def stream(conversation_id, content, **more):
    chunks, completed = [], []
    client.messages.stream(
        conversation_id, {"content": content, **more}, chunks.append, completed.append)
    text = "".join(c.get("content") or "" for c in chunks if c.get("type") == "content")
    check("a stream brings its completed message", len(completed) == 1, chunks[-2:])
    check("its chunks add up to the message", completed[0]["content"] == text, [completed[0]["content"], text])
    return completed[0]


def reads(ids):
    """Every read of the client, by name."""
    c, b, other = ids["conversation"], ids["branch"], ids["other"]
    return {
        "conversations.list": lambda: client.conversations.list(),
        "conversations.list page 1 of 1": lambda: client.conversations.list({"page": 1, "limit": 1}),
        "conversations.list page 2 of 1": lambda: client.conversations.list({"page": 2, "limit": 1}),
        "conversations.list owned": lambda: client.conversations.list({"filter": "owned"}),
        "conversations.get": lambda: client.conversations.get(c),
        "conversations.get other": lambda: client.conversations.get(other),
        "conversations.get_tree": lambda: client.conversations.get_tree(c),
        "messages.list": lambda: client.messages.list(c),
        "messages.list branch": lambda: client.messages.list(c, b),
        "branches.list": lambda: client.branches.list(c),
        "branches.get_messages": lambda: client.branches.get_messages(c, b),
        "checkpoints.list": lambda: client.checkpoints.list(c),
        "checkpoints.list branch": lambda: client.checkpoints.list(c, ids["main"]),
    }


def online():
    conversation = client.conversations.create({"title": "Tunnels & brücken \u2028 \"quoted\"", "model": "gpt-5"})
    c = conversation["id"]
    sent = client.messages.send(c, {"content": "What is a mirror? \U0001f686", "temperature": 0.5})
    check("messages.send answers an assistant's message", sent["message"]["role"] == "assistant", sent)
    streamed = stream(c, "Say more about tunnels.")
    messages = client.messages.list(c)
    check("messages.list shows both exchanges", [m["role"] for m in messages] == ["user", "assistant"] * 2, messages)
    main = next(b["id"] for b in client.branches.list(c) if b["isMain"])
    fork = client.branches.fork(c, {"forkPointMessageId": messages[1]["id"], "title": "another way", "contextMode": "FULL"})
    b = fork["id"]
    client.branches.send_message(c, b, {"content": "And on this branch?"})
    stream(c, "Streamed into the branch.", branchId=b)
    made = client.branches.create(c, {"title": "from a node", "baseNodeId": messages[0]["id"], "contextMode": "FULL"})
    client.branches.update(c, made["id"], {"title": "renamed"})
    merged = client.branches.fork(c, {"forkPointMessageId": messages[3]["id"], "title": "to merge"})
    client.branches.send_message(c, merged["id"], {"content": "Merge me."})
    client.branches.merge(c, merged["id"])
    gone = client.branches.create(c, {"title": "to delete"})
    client.branches.delete(c, gone["id"])
    client.messages.update(messages[2]["id"], "Say much more about tunnels.")
    extra = client.messages.send(c, {"content": "This exchange loses its answer."})
    client.messages.delete(extra["message"]["id"])
    client.conversations.update(c, {"title": "Tunnels, renamed"})
    kept = client.checkpoints.create(c, main, messages[3]["id"])
    client.checkpoints.recreate(kept["id"])
    dropped = client.checkpoints.create(c, main, messages[1]["id"])
    client.checkpoints.delete(dropped["id"])
    suggestions = client.autobranch.suggest_branches("Should I use SQL or NoSQL? Alternatively, files.", 3)
    check("autobranch.suggest_branches answers", "suggestions" in suggestions, suggestions)
    check("autobranch.analyze_text answers", "suggestions" in client.autobranch.analyze_text("One. Or two?"))
    check("autobranch.health answers", client.autobranch.health().get("status") is not None)
    other = client.conversations.create({"title": "the other one"})["id"]
    doomed = client.conversations.create({"title": "to delete"})["id"]
    client.conversations.delete(doomed)
    ids = {"conversation": c, "branch": b, "other": other, "main": main}
    answers = {name: read() for name, read in reads(ids).items()}

    # From here on nothing is read through the daemon any more: these messages are only sent and streamed.
    unread = client.conversations.create({"title": "never read"})["id"]
    client.messages.send(unread, {"content": "only sent"})
    stream(unread, "only streamed")
    seen_by_upstream = ChatRoutes(api_key=key, base_url=direct, retry_attempts=0).messages.list(unread)
    state = {"ids": ids, "answers": answers, "unread": unread, "unread_messages": seen_by_upstream,
             "streamed": streamed["id"], "doomed": doomed, "message": messages[0]["id"], "checkpoint": kept["id"]}
    with open(state_path, "w", encoding="utf-8") as file:
        json.dump(state, file)
    print("ok   every method of the client was called")


def offline():
    with open(state_path, encoding="utf-8") as file:
        state = json.load(file)
    for name, read in reads(state["ids"]).items():
        if name.startswith("conversations.list"):
            continue  # a conversation was created since: checked below
        found = difference(read(), state["answers"][name])
        check(f"{name} answers the same JSON offline", found is None, found)
    check_lists(state)
    check_unread(state)
    check_writes(state)


def check_lists(state):
    before = state["answers"]["conversations.list"]
    now = client.conversations.list()
    check("the list shows the newest conversation first", now["data"][0]["id"] == state["unread"], now)
    check("and behind it, to the letter, what it showed before", difference(now["data"][1:], before["data"]) is None,
          difference(now["data"][1:], before["data"]))
    for name in ("page", "limit", "hasNext"):
        check(f"with the same {name}", now[name] == before[name], now)
    check("the total counts it", now["total"] == before["total"] + 1, now)
    check("deleted conversations stay deleted", state["doomed"] not in [c["id"] for c in now["data"]], now)
    pages = [client.conversations.list({"page": p, "limit": 1})["data"] for p in (1, 2, 3)]
    check("pages work offline", [c["id"] for page in pages for c in page] == [c["id"] for c in now["data"]], pages)


def check_unread(state):
    found = client.messages.list(state["unread"])
    shown = [(m["id"], m["role"], m["content"], m["conversationId"]) for m in found]
    wanted = [(m["id"], m["role"], m["content"], m["conversationId"]) for m in state["unread_messages"]]
    # A stream never tells the id of the user's message: there a stand-in is right.
    hidden = [i for i, m in enumerate(wanted) if m[1] == "user" and i >= 2]
    for index in hidden:
        wanted[index] = (shown[index][0],) + wanted[index][1:]
    check("messages that were only sent or streamed are there", shown == wanted, [shown, wanted])
    whole = client.conversations.get(state["unread"])
    check("also in the conversation", [m["content"] for m in whole["messages"]] == [m[2] for m in wanted], whole)


def check_writes(state):
    c, b = state["ids"]["conversation"], state["ids"]["branch"]
    writes = {
        "conversations.create": lambda: client.conversations.create({"title": "offline"}),
        "conversations.update": lambda: client.conversations.update(c, {"title": "offline"}),
        "messages.send": lambda: client.messages.send(c, {"content": "offline"}),
        "messages.stream": lambda: client.messages.stream(c, {"content": "offline"}, lambda chunk: None),
        "messages.update": lambda: client.messages.update(state["message"], "offline"),
        "branches.fork": lambda: client.branches.fork(c, {"forkPointMessageId": state["message"], "title": "x"}),
        "branches.merge": lambda: client.branches.merge(c, b),
        "checkpoints.recreate": lambda: client.checkpoints.recreate(state["checkpoint"]),
        "autobranch.suggest_branches": lambda: client.autobranch.suggest_branches("offline?"),
    }
    for name, write in writes.items():
        began = time.monotonic()
        try:
            write()
            check(f"{name} fails offline", False)
        except (ServerError, NetworkError) as error:
            took = time.monotonic() - began
            check(f"{name} fails offline with {type(error).__name__} in under 2 s", took < 2, took)
        except ChatRoutesError as error:
            check(f"{name} fails offline as an outage", False, repr(error))
    titles = [x["title"] for x in client.conversations.list()["data"]]
    check("failed writes leave no trace", "offline" not in titles, titles)


{"online": online, "offline": offline}[phase]()
