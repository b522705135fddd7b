import ShardCatalog
import ShardPlanner
import ShardTopology

/// The catalog's objects as the planner sees them, and back: rooms that do not know each other.
extension SchemaObject {
    init(_ object: CatalogObject) {
        var text = SchemaText(
            kind: SchemaText.Kind(object.kind), name: object.name, tableName: object.tableName, sql: object.sql)
        if object.kind == .virtual, let table = object.table {
            text.virtualColumns = table.schema.columns.map { .init(name: $0.name, declaredType: $0.declaredType) }
        }
        self.init(text: text, table: object.table)
    }
}

extension CatalogObject {
    init(_ object: SchemaObject) {
        self.init(
            kind: CatalogObject.Kind(object.text.kind), name: object.text.name, tableName: object.text.tableName,
            sql: object.text.sql, table: object.table)
    }
}

extension SchemaText.Kind {
    fileprivate init(_ kind: CatalogObject.Kind) {
        switch kind {
        case .table: self = .table
        case .index: self = .index
        case .view: self = .view
        case .trigger: self = .trigger
        case .virtual: self = .virtual
        }
    }
}

extension CatalogObject.Kind {
    fileprivate init(_ kind: SchemaText.Kind) {
        switch kind {
        case .table: self = .table
        case .index: self = .index
        case .view: self = .view
        case .trigger: self = .trigger
        case .virtual: self = .virtual
        }
    }
}
