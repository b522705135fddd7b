import ShardKit

/// Rows of the demo's shop: the same in every run, since they come from a seeded generator.
struct ShopRows {
    let orderCount: Int
    var userCount: Int { max(orderCount * 12 / 110, 100) }
    let productCount = 500

    init(orderCount: Int) { self.orderCount = orderCount }

    private var random = SeededGenerator(seed: 20_240_229)

    static let countries: [(code: String, name: String, continent: String)] = [
        ("AT", "Austria", "Europe"), ("AU", "Australia", "Oceania"), ("BR", "Brazil", "America"),
        ("CA", "Canada", "America"), ("CL", "Chile", "America"), ("DE", "Germany", "Europe"),
        ("EG", "Egypt", "Africa"), ("ES", "Spain", "Europe"), ("FR", "France", "Europe"), ("GH", "Ghana", "Africa"),
        ("IN", "India", "Asia"), ("IT", "Italy", "Europe"), ("JP", "Japan", "Asia"), ("KE", "Kenya", "Africa"),
        ("KR", "South Korea", "Asia"), ("MX", "Mexico", "America"), ("NG", "Nigeria", "Africa"),
        ("NL", "Netherlands", "Europe"), ("NZ", "New Zealand", "Oceania"), ("PE", "Peru", "America"),
        ("PL", "Poland", "Europe"), ("PT", "Portugal", "Europe"), ("SE", "Sweden", "Europe"),
        ("US", "United States", "America"), ("VN", "Vietnam", "Asia"),
    ]
    private static let firstNames = [
        "Ada", "Ben", "Chloe", "David", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jun", "Kofi", "Lena", "Mei", "Noor",
        "Omar", "Priya", "Quinn", "Rosa", "Sven", "Tomas", "Uma", "Viktor", "Wanda", "Ximena", "Yuki", "Zoe",
    ]
    private static let lastNames = [
        "Abe", "Brandt", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kim", "Lopez",
        "Mensah", "Novak", "Okafor", "Patel", "Rossi", "Silva", "Tanaka", "Weber",
    ]
    private static let adjectives = [
        "Plain", "Fine", "Small", "Large", "Light", "Heavy", "Round", "Square", "Old", "New",
    ]
    private static let things = [
        ("lamp", "home"), ("chair", "home"), ("kettle", "kitchen"), ("pan", "kitchen"), ("knife", "kitchen"),
        ("novel", "books"), ("atlas", "books"), ("ball", "sports"), ("racket", "sports"), ("radio", "electronics"),
    ]
    private static let statuses = ["new", "paid", "shipped", "shipped", "shipped", "returned"]

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    /// A day within four years.
    private mutating func day() -> String {
        let (year, month) = (Int.random(in: 2021...2024, using: &random), Int.random(in: 1...12, using: &random))
        return "\(year)-\(Self.two(month))-\(Self.two(Int.random(in: 1...28, using: &random)))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private var products: [Double] = []

    mutating func product(_ id: Int) -> [Value] {
        let (thing, category) = Self.things[id % Self.things.count]
        let price = Double(Int.random(in: 199...29_999, using: &random)) / 100
        products.append(price)
        return [
            .integer(Int64(id)), .text("\(pick(Self.adjectives)) \(thing) \(id)"), .text(category), .real(price),
        ]
    }

    mutating func user(_ id: Int) -> [Value] {
        let (first, last) = (pick(Self.firstNames), pick(Self.lastNames))
        return [
            .integer(Int64(id)), .text("\(first) \(last)"),
            .text("\(first.lowercased()).\(last.lowercased())\(id)@example.com"), .text(pick(Self.countries).code),
            .text(day()),
        ]
    }

    /// An order with its items; some users order often, most seldom.
    mutating func order(_ id: Int) -> (order: [Value], items: [[Value]]) {
        let spread = Double.random(in: 0..<1, using: &random)
        let user = Int64(1 + Int(spread * spread * Double(userCount)))
        var total = 0
        var items: [[Value]] = []
        for line in 1...Int.random(in: 1...3, using: &random) {
            let product = Int.random(in: 1...products.count, using: &random)
            let quantity = Int.random(in: 1...4, using: &random)
            total += Int((products[product - 1] * 100).rounded()) * quantity
            items.append([
                .integer(user), .integer(Int64(id)), .integer(Int64(line)), .integer(Int64(product)),
                .integer(Int64(quantity)), .real(products[product - 1]),
            ])
        }
        let order: [Value] = [
            .integer(user), .integer(Int64(id)), .text(day()), .text(pick(Self.statuses)), .real(Double(total) / 100),
        ]
        return (order, items)
    }
}
