/// Renders the error catalogue as `docs/refusals.md`.
public enum RefusalCatalogue {
    /// The whole page in Markdown: every code once, grouped by category, refusals first, each with what happened and
    /// what to do. The text depends on the catalogue alone, so a test can compare it with the committed file.
    public static func markdown() -> String {
        var lines = [
            "# Refusals and errors",
            "",
            "ShardKit answers exactly what one plain database would, or gives one of these codes. Codes are stable:",
            "scripts may match them. This page is generated from the catalogue in `Sources/ShardBase`.",
        ]
        for category in ErrorCode.Category.allCases {
            lines += ["", "## \(category.title)", "", category.explanation, ""]
            lines += ["| code | what happened | what to do |", "|---|---|---|"]
            for code in ErrorCode.allCases where code.category == category {
                lines.append("| `\(code.rawValue)` | \(code.summary) | \(code.advice) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
