"""Many rows into one table at the speed of the database itself: COPY on PostgreSQL, executemany on SQLite."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

Cell = str | int | bytes | bool | None | list[Any] | dict[str, Any]


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Append the rows; column names as in the database. Runs in the caller's transaction."""
    quote = connection.ops.quote_name
    table, named = quote(model._meta.db_table), ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([_plain(cell) for cell in row])
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(
            f"INSERT INTO {table} ({named}) VALUES ({marks})",  # noqa: S608 - names of our own model, values as parameters
            [[_plain(cell) for cell in row] for row in rows],
        )


def _plain(cell: Cell) -> str | int | bytes | bool | None:
    """JSON as the text that both databases keep."""
    return json.dumps(cell) if isinstance(cell, list | dict) else cell
