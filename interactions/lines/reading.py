"""An order line read word by word; see `line` for what is promised."""

from interactions.lines.line import Line, NotUnderstood


def read(text: str, about: str = "") -> Line:
    """What the line says; `about` is the drug and product that are already chosen, whose words the line may repeat."""
    raise NotUnderstood(f"“{text}” was not understood.")
