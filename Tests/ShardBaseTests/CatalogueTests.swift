import Foundation
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
            #expect(page.components(separatedBy: "| `\(code.rawValue)` |").count == 2, "\(code.rawValue)")
        }
        let refusals = try #require(page.firstRange(of: "## Refusals"))
        let statements = try #require(page.firstRange(of: "## Errors in the statement"))
        #expect(refusals.lowerBound < statements.lowerBound)
        #expect(page.hasSuffix("|\n"))
    }

    /// `SHARDKIT_REWRITE_FIXTURES=1 swift test --filter CatalogueTests` writes the page anew; a rewriting run fails.
    @Test("docs/refusals.md is the catalogue's page")
    func pageIsCommitted() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/refusals.md")
        if ProcessInfo.processInfo.environment["SHARDKIT_REWRITE_FIXTURES"] != nil {
            try RefusalCatalogue.markdown().write(to: file, atomically: true, encoding: .utf8)
            Issue.record("docs/refusals.md was written anew; run again without SHARDKIT_REWRITE_FIXTURES")
            return
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == RefusalCatalogue.markdown())
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
