"""Templates into pages: all that they print is made visible and escaped, whatever it is.

Style and script stand in each page, and its policy lets in these by their digest and nothing else:
no inline attribute, no file, no other host. So a page is the same from a disk and from a server.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.notebooks.visible import clean_lines

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent
FOLDER = HERE / "templates"


def render(template: str, /, **values: Any) -> str:
    """A template of this package with its values."""
    return _environment().get_template(template).render(**values)


@cache
def digest() -> str:
    """Of all that makes pages: where it changes, pages are written anew."""
    made = hashlib.sha256()
    for path in sorted([*FOLDER.iterdir(), *HERE.glob("*.py")]):
        if path.is_file():
            made.update(path.name.encode() + b"\0" + path.read_bytes())
    return made.hexdigest()


@cache
def text_of(name: str) -> str:
    """A style or a script, as it stands in pages."""
    return (FOLDER / name).read_text().strip()


def policy(*names: str) -> str:
    """What a page may do whose styles and scripts are these: show them, and data pictures."""
    rules = {"default-src": "'none'", "img-src": "data:"}
    for name in names:
        kind = "script-src" if name.endswith(".js") else "style-src"
        made = base64.b64encode(hashlib.sha256(text_of(name).encode()).digest()).decode()
        rules[kind] = f"{rules.get(kind, '')} 'sha256-{made}'".strip()
    rules |= {"base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{kind} {rule}" for kind, rule in rules.items())


@cache
def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - not needed to print in the terminal
    from markupsafe import Markup  # noqa: PLC0415

    from harness.analysis.report import words  # noqa: PLC0415

    def visible(value: object) -> object:
        return clean_lines(value) if isinstance(value, str) and type(value) is not Markup else value

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    environment.filters |= {
        "percent": words.percent,
        "number": words.number,
        "duration": words.duration,
        "count": words.count,
    }
    environment.globals |= {
        "policy": policy,
        "raw_text": lambda name: Markup(text_of(name)),  # noqa: S704 - a file of this package
    }
    return environment
