"""Runs KQL on rows: reads one JSON request a line, writes one JSON answer a line.

{"tables": {name: [[column, type], ...]}, "functions": [definition, ...]}  first; types are those of Log Analytics
{"rows": {table: [row, ...]}}                                              replaces the rows of all tables
{"query": text, "now": time, "from": time, "to": time, "ingestedUntil": time, "most": number}
    the result over the rows whose TimeGenerated lies within the bounds: {"columns": [[name, type], ...], "rows": [[cell, ...], ...]};
    no more than `most` rows, where that is given

Whatever fails is answered by {"error": text}.
"""

import datetime
import decimal
import json
import re
import sys
from typing import Any

import duckdb_kql
from duckdb_kql import stored_functions

import missing

TYPES = {
    "string": "VARCHAR",
    "guid": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "boolean": "BOOLEAN",
    "bool": "BOOLEAN",
}
# Log Analytics adds these to every table.
IMPLIED = [("_IngestionTime", "datetime"), ("Type", "string"), ("TenantId", "string"), ("_ResourceId", "string"), ("_BilledSize", "real")]


class Engine:
    def __init__(self) -> None:
        self.connection = duckdb_kql.connect()
        self.connection.execute("SET threads = 1")
        self.connection.execute("SET memory_limit = '1GB'")
        missing.register(self.connection)
        # A query reads its tables and nothing else of the machine.
        self.connection.execute("SET enable_external_access = false")
        self.columns: dict[str, dict[str, str]] = {}
        self.functions: Any = None
        self.translated: dict[str, Any] = {}

    def declare(self, tables: dict[str, list[list[str]]], functions: list[str]) -> None:
        """Queries see views, which keep to the bounds of the query; rows stand in the tables behind them."""
        self.connection.execute("CREATE SCHEMA rows")
        for name, columns in tables.items():
            typed = {column: TYPES[kind.lower()] for column, kind in [*columns, *IMPLIED]}
            self.columns[name] = typed
            self.connection.execute(f'CREATE TABLE rows."{name}" ({", ".join(f"{quoted(c)} {t}" for c, t in typed.items())})')
            self.connection.execute(
                f"""CREATE VIEW "{name}" AS SELECT * FROM rows."{name}"
                WHERE TimeGenerated BETWEEN getvariable('from') AND getvariable('to') AND "_IngestionTime" <= getvariable('ingested')"""
            )
        self.functions = stored_functions.parse_functions([missing.spell_characters(text) for text in functions])

    def fill(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        for name, typed in self.columns.items():
            self.connection.execute(f'DELETE FROM rows."{name}"')
            given = rows.get(name, [])
            unknown = sorted({column for row in given for column in row} - set(typed))
            if unknown:
                raise ValueError(f"{name} has no column {', '.join(unknown)}")
            if given:
                # A string is never null in Kusto.
                blank = {column: "" for column, kind in typed.items() if kind == "VARCHAR"}
                text = json.dumps([{**blank, **row} for row in given])
                shape = json.dumps([typed])
                self.connection.execute(
                    f'INSERT INTO rows."{name}" SELECT unnest(from_json(?, ?), max_depth := 2)', [text, shape]
                )

    def run(self, query: str, bounds: dict[str, Any]) -> dict[str, Any]:
        if query not in self.translated:
            # The time is a parameter of the SQL, so that a text is translated once for all times.
            inlined, rest = take_functions(missing.spell_out(query, self.columns))
            functions = {None: {**self.functions[None], **stored_functions.parse_functions(inlined)[None]}}
            self.translated[query] = duckdb_kql.to_sql(
                rest, schema={name: list(typed) for name, typed in self.columns.items()}, functions=functions, query_now=datetime.datetime(2000, 1, 1)
            )
        sql = self.translated[query]
        for variable, key in (("from", "from"), ("to", "to"), ("ingested", "ingestedUntil")):
            self.connection.execute(f"SET VARIABLE \"{variable}\" = CAST('{bounds[key]}' AS TIMESTAMP)")
        parameters = {name: instant(bounds["now"]) if name == "kqlnow" else value for name, value in sql.parameters.items()}
        most = bounds.get("most")
        text = str(sql) if most is None else f"SELECT * FROM ({sql}) LIMIT {int(most)}"
        cursor = self.connection.execute(text, parameters)
        columns = [(column[0], str(column[1])) for column in cursor.description]
        rows = [[plain(cell, kind) for cell, (_, kind) in zip(row, columns)] for row in cursor.fetchall()]
        return {"columns": columns, "rows": rows}


def take_functions(query: str) -> tuple[list[str], str]:
    """The functions that stand before a rule's query, and the query: the engine knows `let` in the body of a stored function only."""
    functions = []
    while found := re.match(r"let (\w+) = (\([^()]*\)) (\{\n.*?\n\});\n", query, re.DOTALL):
        functions.append(f"function {found[1]}{found[2]} {found[3]}")
        query = query[found.end() :]
    return functions, query


def quoted(name: str) -> str:
    return f'"{name}"'


def instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def plain(cell: Any, kind: str) -> Any:
    """A cell as JSON: times as ISO text, dynamic values as they are, a missing text as the empty one."""
    if cell is None:
        return "" if kind == "VARCHAR" else None
    if kind == "JSON":
        return json.loads(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(timespec="milliseconds") + "Z"
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    if isinstance(cell, decimal.Decimal):
        return float(cell)
    if isinstance(cell, list):
        return [json.loads(item) if kind == "JSON[]" and item is not None else plain(item, kind[:-2]) for item in cell]
    if isinstance(cell, float) and cell != cell:
        return "NaN"
    return cell


def answer(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    if "tables" in request:
        engine.declare(request["tables"], request["functions"])
        return {}
    if "rows" in request:
        engine.fill(request["rows"])
        return {}
    return engine.run(request["query"], request)


def main() -> None:
    engine = Engine()
    for line in sys.stdin:
        try:
            found = answer(engine, json.loads(line))
        except Exception as error:  # noqa: BLE001: each is told to the test that asked
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), flush=True)


main()
