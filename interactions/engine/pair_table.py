"""Grades of drug pairs, one byte a pair in one row of bytes a drug: small in memory and quick to look up."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

NUMBER_BITS = 20
LARGEST = (1 << NUMBER_BITS) - 1


def pair_code(a: int, b: int) -> int:
    """One whole number for the unordered pair of two drug numbers."""
    return a << NUMBER_BITS | b if a > b else b << NUMBER_BITS | a


class PairTable:
    """Row a holds the grades of a with every lower number b, without the zeros at its end; 0 is nothing on record."""

    __slots__ = ("rows",)

    def __init__(self, rows: Iterable[bytes]) -> None:
        self.rows = tuple(rows)

    @classmethod
    def of(cls, size: int, grades: Mapping[int, int]) -> "PairTable":
        """The table of `size` drugs with the grade of each pair_code()."""
        rows = [bytearray() for _ in range(size)]
        for code, grade in grades.items():
            row, column = rows[code >> NUMBER_BITS], code & LARGEST
            if column >= len(row):
                row.extend(bytes(column - len(row) + 1))
            row[column] = grade
        return cls(map(bytes, rows))

    def grade(self, a: int, b: int) -> int:
        """The grade of two different drugs in either order; 0 when the pair is not on record."""
        if a < b:
            a, b = b, a
        row = self.rows[a]
        return row[b] if b < len(row) else 0

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Every pair on record once: higher number, lower number, grade."""
        for a, row in enumerate(self.rows):
            for b, grade in enumerate(row):
                if grade:
                    yield a, b, grade

    def __len__(self) -> int:
        return sum(len(row) - row.count(0) for row in self.rows)

    def byte_count(self) -> int:
        """Bytes that the grades take."""
        return sum(map(len, self.rows))


def by_degree(size: int, grades: Iterable[int]) -> list[int]:
    """For each old drug number its new one, busiest drug first: then rows of rare drugs are short."""
    degree: Counter[int] = Counter()
    for code in grades:
        degree[code >> NUMBER_BITS] += 1
        degree[code & LARGEST] += 1
    order = sorted(range(size), key=lambda number: -degree[number])
    renumbered = [0] * size
    for new, old in enumerate(order):
        renumbered[old] = new
    return renumbered
