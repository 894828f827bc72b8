extension World {
  /// Answers `/sandbox/…`, which is no part of the API: it needs no key and costs no call.
  ///
  /// - `GET /sandbox/healthz`: `{"status":"ok"}`.
  /// - `GET /sandbox/log`: `{total, endpoints, requests: [{method, target, count}]}` of API requests; `DELETE` empties it.
  /// - `POST /sandbox/faults` `{"path"?, "method"?, "fault", "times"?}`: the next matching API requests meet that fault,
  ///   texts as in `Fault`. `DELETE` takes the waiting ones back.
  mutating func control(_ call: Call) -> Reply {
    do throws(Problem) {
      switch (call.routedMethod, call.segments.dropFirst().joined(separator: "/")) {
      case ("GET", "healthz"): break
      case ("GET", "log"): return Reply(json: log.json)
      case ("DELETE", "log"): log.clear()
      case ("POST", "faults"): try faults.add(call.object())
      case ("DELETE", "faults"): faults.clear()
      default: throw .notFound("control endpoint")
      }
      return Reply(json: ["status": "ok"])
    } catch {
      return error.reply
    }
  }
}
