"""The interface's reference, as a page of plain HTML without anything of another host's."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>impasto studio for programs</title>
<link rel="stylesheet" href="/page/api.css">
</head>
<body>
<main>
<h1>The studio for programs</h1>
<p>What the page does, a program can do: bodies and answers are JSON,
<a href="/openapi.json">openapi.json</a> has the shapes of both. What cannot be is
answered with <code>{{"detail": "one sentence"}}</code>.</p>
<table>
<thead><tr><th>Method</th><th>Path</th><th>Takes</th><th>What it does</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<h2>What is posted</h2>
{posted}
<h2>What is answered</h2>
{told}
</main>
</body>
</html>
"""


def reference(schema: dict[str, Any]) -> str:
    """Write what an OpenAPI schema says."""
    rows = [
        _row(method, path, told)
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    ]
    shapes = schema["components"]["schemas"]
    posted, told = (
        "\n".join(_shape(name, shapes[name]) for name in sorted(shapes) if name.startswith(kind))
        for kind in ("Posted", "Told")
    )
    return _PAGE.format(rows="\n".join(rows), posted=posted, told=told)


def _row(method: str, path: str, told: dict[str, Any]) -> str:
    takes = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
    for content in told.get("requestBody", {}).get("content", {}).values():
        takes.append(content["schema"].get("$ref", "").rpartition("/")[2])
    cells = f"<code>{method.upper()}</code>", f"<code>{html.escape(path)}</code>"
    does = [told.get("description", ""), *_answers(told)]
    words = html.escape(", ".join(filter(None, takes))), html.escape(" ".join(does))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in (*cells, *words))}</tr>"


def _answers(told: dict[str, Any]) -> Iterator[str]:
    """Say what shape an answer has, where that is described."""
    for status, response in told["responses"].items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        shape = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
        if status.startswith("2") and shape:
            yield f"Answers with {shape.rpartition('/')[2]}."


def _shape(name: str, told: dict[str, Any]) -> str:
    items = [
        f"<li><code>{html.escape(field)}</code>{_default(one)}{_words(one)}</li>"
        for field, one in told["properties"].items()
    ]
    words = html.escape(told.get("description", ""))
    return f"<h3>{name}</h3><p>{words}</p><ul>{''.join(items)}</ul>"


def _default(told: dict[str, Any]) -> str:
    if "default" not in told:
        return ""
    return f" = <code>{html.escape(json.dumps(told['default']))}</code>"


def _words(told: dict[str, Any]) -> str:
    return f": {html.escape(told['description'])}" if "description" in told else ""
