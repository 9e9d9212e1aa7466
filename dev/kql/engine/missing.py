"""What the content uses and duckdb-kql 1.1.2 lacks, added to its own registries: the texts run as they are deployed."""

import re
from typing import Any

import duckdb_kql.lower as lower
from duckdb_kql.translate import functions as registry

# Kusto takes a prefix for a whole address, or for its beginning when it ends with a dot.
MACROS = r"""
CREATE MACRO kql_ipv4(a) AS CASE WHEN regexp_full_match(trim(a), '(\d{1,3}\.){3}\d{1,3}')
    THEN list_reduce(list_transform(string_split(trim(a), '.'), lambda n: CAST(n AS BIGINT)), lambda x, y: x * 256 + y) END;
CREATE MACRO kql_in_range(a, r) AS
    (kql_ipv4(a) >> (32 - CAST(split_part(r, '/', 2) AS INTEGER))) = (kql_ipv4(split_part(r, '/', 1)) >> (32 - CAST(split_part(r, '/', 2) AS INTEGER)));
CREATE MACRO kql_in_any_range(texts) AS list_bool_or(list_transform(texts[2:], lambda r: kql_in_range(texts[1], r)));
CREATE MACRO kql_has_prefix(text, prefixes) AS len(list_filter(
    list_transform(string_split_regex(coalesce(text, ''), '[^0-9A-Za-z.]+'), lambda w: rtrim(w, '.')),
    lambda w: kql_ipv4(w) IS NOT NULL
        AND len(list_filter(CAST(prefixes AS VARCHAR[]), lambda p: w = p OR (ends_with(p, '.') AND starts_with(w, p)))) > 0)) > 0;
CREATE MACRO kql_member(bag, name) AS json_extract(bag, '/' || replace(replace(name, '~', '~0'), '/', '~1'));
CREATE MACRO kql_members(bag) AS list_transform(json_keys(bag), lambda k: {'name': k, 'value': CAST(kql_member(bag, k) AS VARCHAR)});
CREATE MACRO kql_bag(members) AS CAST('{' || array_to_string(list_transform(members, lambda m: CAST(to_json(m.name) AS VARCHAR) || ':' || m.value), ',') || '}' AS JSON);
CREATE MACRO kql_merge(members) AS kql_bag(list_filter(members, lambda m, i: list_position(list_transform(members, lambda n: n.name), m.name) = i));
CREATE MACRO kql_without(bag, names) AS kql_bag(list_filter(kql_members(bag), lambda m: NOT list_contains(names, m.name)));
"""
LEFT, RIGHT = ("CAST(coalesce({%d}, '[]') AS JSON[])" % i for i in (0, 1))
SCALARS = {
    "ingestion_time": ('"_IngestionTime"', (0,)),
    "set_union": (f"to_json(list_distinct(list_concat({LEFT}, {RIGHT})))", (2,)),
    "set_intersect": (f"to_json(list_distinct(list_intersect({LEFT}, {RIGHT})))", (2,)),
    "set_difference": (f"to_json(list_distinct(list_filter({LEFT}, lambda e: NOT list_contains({RIGHT}, e))))", (2,)),
    "bag_keys": ("to_json(json_keys({0}))", (1,)),
    # Of names that come twice the leftmost counts.
    "bag_merge": ("kql_merge(flatten(list_transform([{}], lambda bag: kql_members(bag))))", ()),
    # Names, those of no letter at their beginning as JSONPath; not those of members of members.
    "bag_remove_keys": (r"kql_without({0}, list_transform(CAST({1} AS VARCHAR[]), lambda n: regexp_replace(n, '^\$\[''(.*)''\]$', '\1')))", (2,)),
    "repeat": ("to_json(list_transform(range({1}), lambda n: {0}))", (2,)),
    "ipv4_is_private": ("kql_in_any_range([{0}, '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])", (1,)),
    "ipv4_is_in_any_range": ("kql_in_any_range([{}])", ()),
    "has_any_ipv4_prefix": ("kql_has_prefix({0}, {1})", (2,)),
}


def register(connection: Any) -> None:
    """Makes the functions known to the translator, and to `connection` what their SQL calls."""
    connection.execute(MACROS)
    for name, (template, arities) in SCALARS.items():
        registry.SCALAR_FUNCTIONS[name] = registry.FunctionSpec(name, "template", template, arities)
    # Of the engine's own make_set, with the condition: a dynamic array is taken apart, as in Kusto.
    make_set = registry.AGGREGATE_FUNCTIONS["make_set"]
    aggregates = {
        "make_set_if": (make_set.template.replace("{0} IS NOT NULL", "{0} IS NOT NULL AND {1}"), (2, 3), {"name_prefix": "set"}),
        "maxif": ("max({0}) FILTER (WHERE {1})", (2,), {}),
        "minif": ("min({0}) FILTER (WHERE {1})", (2,), {}),
    }
    for name, (template, arities, naming) in aggregates.items():
        registry.AGGREGATE_FUNCTIONS[name] = registry.AggregateSpec(name, template, arities, **naming)
    lower._bind_stored_arguments = bind_arguments


by_position = lower._bind_stored_arguments


def bind_arguments(node: Any, function: Any, arguments: list[Any]) -> Any:
    """Arguments given by name, which the engine refuses: `f(b=1)`. What comes without a name goes by its position."""
    if not any(lower._find_all(argument, "NamedExpressionNameClause") for argument in arguments):
        return by_position(node, function, arguments)
    scalars = lower._FN_STATE.get().scalars
    bound = dict(lower._stored_parameters(function))
    names = list(bound)
    for position, argument in enumerate(arguments):
        name, value = take_name(argument)
        name = name or names[position]
        if name not in bound:
            raise lower.KqlUnsupportedError(f"function:{function.name}", hint=f"has no parameter {name}")
        bound[name] = lower._substitute(lower._lower_expr(value), scalars)
    absent = [name for name, value in bound.items() if value is None]
    if absent:
        raise lower.KqlUnsupportedError(f"function:{function.name}", hint=f"lacks {absent}")
    return bound


def take_name(argument: Any) -> tuple[str | None, Any]:
    """The name of a named argument and the node of its value, which stand side by side some levels below."""
    clauses = lower._find_all(argument, "NamedExpressionNameClause")
    if not clauses:
        return None, argument
    inner = argument
    while True:
        below = [child for child in lower._children(inner) if type(child).__name__.endswith("Context")]
        if clauses[0] in below:
            return clauses[0].getText().split("=")[0].strip(), below[-1]
        [inner] = below


def spell_characters(text: str) -> str:
    """\\uXXXX in a string, which the engine reads wrongly, as the character."""

    def character(found: re.Match[str]) -> str:
        text = chr(int(found[1], 16))
        return "\\" + text if text in "\\'\"" else text

    return re.sub(r"(?<!\\)\\u([0-9a-f]{4})", character, text)


def spell_out(query: str, tables: dict[str, dict[str, str]]) -> str:
    """What the engine reads wrongly or not at all, said otherwise: \\uXXXX, whether a column exists, a member named by a `let`."""

    def column(found: re.Match[str]) -> str:
        named = [columns for table, columns in tables.items() if re.search(rf"\b{table}\b", query)]
        return found[1] if any(found[1] in columns for columns in named) else found[2]

    for name, value in re.findall(r"""^let (\w+) = ("[^"]*"|'[^']*');""", query, re.MULTILINE):
        query = re.sub(rf"(?<=\w)\[{name}\]", lambda _, value=value: f"[{value}]", query)
    query = spell_characters(query)
    return re.sub(r"column_ifexists\('(\w+)', ('\w*'|\w+\(null\))\)", column, query)
