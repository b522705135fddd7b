import ShardBase
import Testing

struct CatalogueTests {
    @Test("every code has a summary and advice of its own, written as sentences", arguments: ErrorCode.allCases)
    func everyCodeIsExplained(code: ErrorCode) {
        for text in [code.summary, code.advice] {
            #expect(text.hasSuffix("."), "\(code.rawValue): \(text)")
            #expect(text.first?.isUppercase == true || text.hasPrefix("UNION"), "\(code.rawValue): \(text)")
            #expect(!text.contains("|") && !text.contains("\n"), "\(code.rawValue) would break the table: \(text)")
        }
        #expect(ErrorCode.allCases.filter { $0.summary == code.summary } == [code])
    }

    @Test("the page names each code once, refusals first")
    func pageIsComplete() throws {
        let page = RefusalCatalogue.markdown()
        for code in ErrorCode.allCases {
            #expect(page.components("| `\(code.rawValue)` |") == 2, "\(code.rawValue)")
        }
        let refusals = try #require(page.firstRange(of: "## Refusals"))
        let statements = try #require(page.firstRange(of: "## Errors in the statement"))
        #expect(refusals.lowerBound < statements.lowerBound)
        #expect(page.hasSuffix("|\n"))
    }

    @Test("an error is a refusal exactly when its code is one")
    func refusalsAreKnown() {
        #expect(ShardError(.joinOffKey, "x").isRefusal)
        #expect(!ShardError(.constraint, "x").isRefusal)
    }

    @Test("an error's place shows line, column and a caret under the character")
    func placesAreShown() {
        let place = ShardError.Place(offset: 17, in: "SELECT 'é',\n  frm t".utf8)
        #expect(place.line == 2)
        #expect(place.column == 5)
        #expect(place.excerpt == "  frm t\n    ^")
    }
}

extension String {
    /// The number of pieces that a separator makes.
    func components(_ separator: String) -> Int { split(separator: separator, omittingEmptySubsequences: false).count }
}
