/// Names in SQL text.
public enum SQLName {
    /// A name in double quotes, whatever it holds.
    public static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
