"""How the application's code is written, where a reader would lose the thread."""

import ast
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).parents[2] / "app"
MOST_POSITIONAL = 6


def long_calls() -> Iterator[str]:
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > MOST_POSITIONAL:
                yield f"{path.relative_to(APP)}:{node.lineno} {ast.unparse(node.func)}"


def test_arguments_of_long_calls_have_names() -> None:
    """With more than six in a row nobody knows which is which."""
    assert list(long_calls()) == []
