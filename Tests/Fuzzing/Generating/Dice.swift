import ShardBase

/// Seeded choices: one seed makes the same case again, everywhere.
struct Dice {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<max(limit, 1), using: &generator) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

    /// Some of the elements, one at least where there is one, in their order.
    mutating func some<Element>(_ elements: [Element], percent: Int = 50) -> [Element] {
        let chosen = elements.filter { _ in chance(percent) }
        return chosen.isEmpty && !elements.isEmpty ? [pick(elements)] : chosen
    }

    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] { elements.shuffled(using: &generator) }
}
