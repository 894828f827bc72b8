/// Text that packs about as well as what people and models write, the same in every run.
enum Prose {
  static func text(byteCount: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(byteCount + 16)
    var state: UInt64 = 1
    while text.count < byteCount {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += words[Int(state >> 33) % words.count].utf8
      text.append(UInt8(ascii: " "))
    }
    return Array(text.prefix(byteCount))
  }

  static let words = """
    a about above after again all also an and answer any are as ask at be because been before branch but by call can
    change checkpoint code come conversation could data day did different do does down each end even every example
    field file find first for from function get give go good had has have he help her here him his how I if in into
    is it its just know language large last like line list long look made make many may me mean message model more
    most must my name need new next no not now number of off on one only or other our out over page part people place
    point question read right run same say see set she should show since small so some state still such take tell
    than that the their them then there these they thing think this time to token too tree two type under up use
    value very want was way we well went were what when where which while who why will with word work would write
    year you your
    """.split { $0 == " " || $0 == "\n" }.map(String.init)
}
