#!/usr/bin/env bash
# Makes TPC-H's tables, queries and published answers at scale factor 0.01 in the folder $1, by the generator that the
# PyPI package duckdb 1.1.3 has built in. Nothing of it is part of this repository: the query texts are the TPC's.
set -euo pipefail
folder=$1
[ -e "$folder/complete" ] && exit 0
mkdir -p "$folder"
if ! python3 -c "import duckdb; assert duckdb.__version__ == '1.1.3'" 2>/dev/null; then
    python3 -m venv "$folder/venv" || {
        echo "TPC-H needs Python with venv: sudo apt-get install -y python3-venv" >&2
        exit 1
    }
    "$folder/venv/bin/pip" install --quiet duckdb==1.1.3
    python="$folder/venv/bin/python"
else
    python=python3
fi
"$python" - "$folder" <<'PYTHON'
import decimal
import pathlib
import sys

import duckdb

folder = pathlib.Path(sys.argv[1])
duck = duckdb.connect()
duck.execute("CALL dbgen(sf=0.01)")

def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, (int, decimal.Decimal)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"

# One statement a line. The columns' SQLite types are chosen by the reader of this file.
with open(folder / "rows.sql", "w") as out:
    for table in ["region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem"]:
        rows = duck.execute(f"SELECT * FROM {table}").fetchall()
        for start in range(0, len(rows), 200):
            values = ",".join("(" + ",".join(map(literal, row)) + ")" for row in rows[start:start + 200])
            out.write(f"INSERT INTO {table} VALUES {values}\n")
for number, text in duck.execute("FROM tpch_queries()").fetchall():
    (folder / f"q{number:02}.sql").write_text(text)
for number, answer in duck.execute(
        "SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = 0.01").fetchall():
    (folder / f"a{number:02}.txt").write_text(answer)
(folder / "complete").touch()
PYTHON
