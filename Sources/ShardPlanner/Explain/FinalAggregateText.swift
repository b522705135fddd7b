/// Final aggregates for people: what is done with which columns of the partial rows, counted from 1.
enum FinalAggregateText {
    static func text(_ aggregate: FinalAggregate) -> String {
        switch aggregate {
        case .count(let column): "add counts \(column + 1)"
        case .sum(let column, _): "sum \(column + 1)"
        case .total(let column): "total \(column + 1)"
        case .average(let total, let count): "average \(total + 1)/\(count + 1)"
        case .minimum(let column, _): "min \(column + 1)"
        case .maximum(let column, _): "max \(column + 1)"
        case .groupConcat(let column, let separator): "concatenate \(column + 1) with '\(separator)'"
        case .countDistinct(let column, _): "count distinct \(column + 1)"
        case .sumDistinct(let column, _): "sum distinct \(column + 1)"
        case .totalDistinct(let column, _): "total distinct \(column + 1)"
        case .averageDistinct(let column, _): "average distinct \(column + 1)"
        case .any(let column): "any \(column + 1)"
        }
    }
}

/// Partial aggregates of rows that the middleware groups, over columns of the rows counted from 1.
enum HashPartialText {
    static func text(_ partial: HashPartial) -> String {
        switch partial {
        case .countRows: "count rows"
        case .count(let column): "count \(column + 1)"
        case .sum(let column): "sum \(column + 1)"
        case .total(let column): "total \(column + 1)"
        case .minimum(let column, _): "min \(column + 1)"
        case .maximum(let column, _): "max \(column + 1)"
        }
    }
}
