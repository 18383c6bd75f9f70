"""The interface's reference, as a page of plain HTML without anything of another host's."""

from __future__ import annotations

import html
import json
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
<a href="/openapi.json">openapi.json</a> has the shapes of what is posted. What cannot be is
answered with <code>{{"detail": "one sentence"}}</code>.</p>
<table>
<thead><tr><th>Method</th><th>Path</th><th>Takes</th><th>What it does</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<h2>What is posted</h2>
{shapes}
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
    shapes = [
        _shape(name, told)
        for name, told in schema["components"]["schemas"].items()
        if name.startswith("Posted")
    ]
    return _PAGE.format(rows="\n".join(rows), shapes="\n".join(shapes))


def _row(method: str, path: str, told: dict[str, Any]) -> str:
    takes = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
    for content in told.get("requestBody", {}).get("content", {}).values():
        takes.append(content["schema"].get("$ref", "").rpartition("/")[2])
    cells = f"<code>{method.upper()}</code>", f"<code>{html.escape(path)}</code>"
    words = html.escape(", ".join(filter(None, takes))), html.escape(told.get("description", ""))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in (*cells, *words))}</tr>"


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
