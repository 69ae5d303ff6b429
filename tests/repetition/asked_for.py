"""Outputs that somebody may well ask for and that are made of a template: a list that was asked for looks like a loop."""

# ruff: noqa: B905, SIM905 - lists as they were handed over
from __future__ import annotations

import datetime as dt
import json

__all__ = ["ASKED_FOR"]

D = dt.date(2026, 1, 1)
ASKED_FOR: dict[str, tuple[str, int]] = {
    "json theatre seats 10x20": (
        json.dumps(
            [{"row": r, "seat": s, "status": "available"} for r in range(1, 11) for s in range(1, 21)],
            indent=2,
        ),
        1,
    ),
    "json 40 todo same status": (
        json.dumps([{"id": i, "status": "pending", "assignee": None} for i in range(1, 41)]),
        1,
    ),
    "json 24 hourly slots free": (
        json.dumps(
            [{"start": f"{h:02}:00", "end": f"{h + 1:02}:00", "free": True} for h in range(24)], indent=2
        ),
        1,
    ),
    "json 31 days closed": (
        json.dumps(
            [{"date": str(D + dt.timedelta(i)), "open": False, "note": ""} for i in range(31)], indent=2
        ),
        1,
    ),
    "json 12 months zero": (
        json.dumps([{"month": i, "revenue": 0, "cost": 0, "profit": 0} for i in range(1, 13)], indent=2),
        1,
    ),
    "json 8x8 empty board": (json.dumps({"board": [[None] * 8 for _ in range(8)]}, indent=2), 1),
    "json embedding of 60 zeros": (json.dumps({"v": [0.0] * 60}), 1),
    "json 20 test users": (
        json.dumps(
            [
                {"name": f"user{i}", "email": f"user{i}@example.com", "password": "changeme"}
                for i in range(1, 21)
            ],
            indent=2,
        ),
        1,
    ),
    "json 50 test users": (
        json.dumps(
            [
                {"name": f"user{i}", "email": f"user{i}@example.com", "password": "changeme"}
                for i in range(1, 51)
            ],
            indent=2,
        ),
        1,
    ),
    "sql 50 inserts": (
        "```sql\n"
        + "\n".join(
            f"INSERT INTO users (id, name, email) VALUES ({i}, 'user{i}', 'user{i}@example.com');"
            for i in range(1, 51)
        )
        + "\n```",
        0,
    ),
    "csv 100 users": (
        "\n".join(["id,name,email"] + [f"{i},user{i},user{i}@example.com" for i in range(1, 101)]),
        0,
    ),
    "ansible 40 hosts": (
        "[web]\n"
        + "\n".join(f"host{i:02} ansible_host=10.0.0.{i} ansible_user=deploy" for i in range(1, 41)),
        0,
    ),
    "compose 12 workers": (
        "services:\n"
        + "\n".join(
            f'  worker{i}:\n    image: worker:latest\n    restart: always\n    environment:\n      - WORKER_ID={i}\n    ports:\n      - "{9000 + i}:9000"'
            for i in range(1, 13)
        ),
        0,
    ),
    "nginx 20 upstreams": (
        "upstream app {\n"
        + "\n".join(f"    server 10.0.0.{i}:8080 max_fails=3 fail_timeout=30s;" for i in range(1, 21))
        + "\n}",
        0,
    ),
    "css 20 delays": (
        "\n".join(f".item:nth-child({i}) {{ animation-delay: {i / 10:.1f}s; }}" for i in range(1, 21)),
        0,
    ),
    "css grid 24 columns": (
        "\n".join(f".col-{i} {{ grid-column: span {i} / span {i}; }}" for i in range(1, 25)),
        0,
    ),
    "html year select": (
        "<select>\n"
        + "\n".join(f'  <option value="{y}">{y}</option>' for y in range(1950, 2027))
        + "\n</select>",
        0,
    ),
    "html 10x10 empty table": ("<table>\n" + ("<tr>" + "<td></td>" * 10 + "</tr>\n") * 10 + "</table>", 0),
    "html 12 cards same": (
        '<div class="grid">\n'
        + '<div class="card">\n  <img src="placeholder.png" alt="">\n  <h3>Title</h3>\n  <p>Lorem ipsum dolor sit amet.</p>\n  <a href="#" class="btn">Read more</a>\n</div>\n'
        * 12
        + "</div>",
        0,
    ),
    "html 6 cards same": (
        '<div class="grid">\n'
        + '<div class="card">\n  <img src="placeholder.png" alt="">\n  <h3>Title</h3>\n  <p>Lorem ipsum dolor sit amet.</p>\n  <a href="#" class="btn">Read more</a>\n</div>\n'
        * 6
        + "</div>",
        0,
    ),
    "md attendance sheet 40": (
        "| No. | Name | Signature |\n|---|---|---|\n" + "".join(f"| {i} |  |  |\n" for i in range(1, 41)),
        0,
    ),
    "md attendance sheet 60 wide": (
        "| No. | Name | Signature | Remarks |\n|---|---|---|---|\n"
        + "".join(
            f"| {i} |                    |                    |                    |\n" for i in range(1, 61)
        ),
        0,
    ),
    "md feature matrix all yes 25": (
        "| Feature | Free | Pro | Team |\n|---|---|---|---|\n"
        + "".join(
            f"| {w} | ✅ | ✅ | ✅ |\n"
            for w in "export import sync share search print tags notes links files themes audit roles login backup restore alerts charts forms mail chat calls boards lists maps".split()
        ),
        0,
    ),
    "md 12x12 multiplication": (
        "| × | "
        + " | ".join(map(str, range(1, 13)))
        + " |\n|"
        + "---|" * 13
        + "\n"
        + "".join(
            f"| **{i}** | " + " | ".join(str(i * j) for j in range(1, 13)) + " |\n" for i in range(1, 13)
        ),
        0,
    ),
    "md 15x15 multiplication": (
        "| × | "
        + " | ".join(map(str, range(1, 16)))
        + " |\n|"
        + "---|" * 16
        + "\n"
        + "".join(
            f"| **{i}** | " + " | ".join(str(i * j) for j in range(1, 16)) + " |\n" for i in range(1, 16)
        ),
        0,
    ),
    "md 20x20 multiplication": (
        "| × | "
        + " | ".join(map(str, range(1, 21)))
        + " |\n|"
        + "---|" * 21
        + "\n"
        + "".join(
            f"| **{i}** | " + " | ".join(str(i * j) for j in range(1, 21)) + " |\n" for i in range(1, 21)
        ),
        0,
    ),
    "md C to F -40..60": (
        "| °C | °F |\n|---|---|\n" + "".join(f"| {c} | {c * 9 / 5 + 32:g} |\n" for c in range(-40, 61)),
        0,
    ),
    "md kg to lb 1..100": (
        "| Kilograms | Pounds |\n|---|---|\n"
        + "".join(f"| {c} kg | {c * 2.20462:.2f} lb |\n" for c in range(1, 101)),
        0,
    ),
    "md amortisation 36": (
        "| Month | Payment | Interest | Principal | Balance |\n|---|---|---|---|---|\n"
        + "".join(
            f"| {i} | 304.22 | {33.3 - i * 0.9:.2f} | {270.9 + i * 0.9:.2f} | {10000 - i * 277:.2f} |\n"
            for i in range(1, 37)
        ),
        0,
    ),
    "md squares 1..60": (
        "| n | n² | n³ |\n|---|---|---|\n" + "".join(f"| {i} | {i * i} | {i**3} |\n" for i in range(1, 61)),
        0,
    ),
    "md ascii table 32..126": (
        "| Dec | Hex | Char |\n|---|---|---|\n"
        + "".join(f"| {i} | 0x{i:02X} | {chr(i) if chr(i) != '|' else '&#124;'} |\n" for i in range(32, 127)),
        0,
    ),
    "md weeks of study 52": (
        "| Week | Starts | Topic | Done |\n|---|---|---|---|\n"
        + "".join(f"| {i} | {D + dt.timedelta(7 * i)} |  | [ ] |\n" for i in range(1, 53)),
        0,
    ),
    "times table of 7 to 40": ("\n".join(f"7 x {i} = {7 * i}" for i in range(1, 41)), 0),
    "30 day plan same text": (
        "\n".join(f"Day {i}: Walk for 30 minutes and drink two litres of water." for i in range(1, 31)),
        0,
    ),
    "99 bottles from 20": (
        "\n\n".join(
            f"{i} bottles of beer on the wall, {i} bottles of beer. Take one down and pass it around, {i - 1} bottles of beer on the wall."
            for i in range(20, 0, -1)
        ),
        0,
    ),
    "ten green bottles style": (
        "\n\n".join(
            f"{w.title()} green bottles hanging on the wall,\n{w.title()} green bottles hanging on the wall,\nAnd if one green bottle should accidentally fall,\nThere'll be {x} green bottles hanging on the wall."
            for w, x in zip(
                "ten nine eight seven six five four three two one".split(),
                "nine eight seven six five four three two one no".split(),
            )
        ),
        0,
    ),
    "go enum 40": ("const (\n" + "\n".join(f"\tLevel{i} = {i}" for i in range(1, 41)) + "\n)", 0),
    "py asserts 30": (
        "def test_fib():\n" + "\n".join(f"    assert square({i}) == {i * i}" for i in range(30)),
        0,
    ),
    "py 24 subplots": (
        "\n".join(
            f'ax{i} = fig.add_subplot(6, 4, {i})\nax{i}.plot(x, y{i})\nax{i}.set_title("Series {i}")'
            for i in range(1, 25)
        ),
        0,
    ),
    "js 16 listeners": (
        "\n".join(
            f'document.getElementById("btn{i}").addEventListener("click", () => {{\n  openTab({i});\n}});'
            for i in range(1, 17)
        ),
        0,
    ),
    "env 30 keys": (
        "\n".join(f"SERVER_{i}_HOST=localhost\nSERVER_{i}_PORT={8000 + i}" for i in range(1, 31)),
        0,
    ),
    "gherkin 12 scenarios": (
        "\n\n".join(
            f"  Scenario: User {i} logs in\n    Given the login page is open\n    When user {i} enters valid credentials\n    Then the dashboard of user {i} is shown"
            for i in range(1, 13)
        ),
        0,
    ),
    "latex 10x10 zeros": (
        "\\begin{pmatrix}\n"
        + " \\\\\n".join(" & ".join("0" for _ in range(10)) for _ in range(10))
        + "\n\\end{pmatrix}",
        0,
    ),
    "latex blank form lines": ("\n\n".join("\\noindent\\rule{\\textwidth}{0.4pt}" for _ in range(20)), 0),
    "ruled lines 30": ("\n\n".join("_" * 70 for _ in range(30)), 0),
    "guitar tab empty 8 bars": (
        "\n\n".join("\n".join(f"{s}|----------------|----------------|" for s in "eBGDAE") for _ in range(8)),
        0,
    ),
    "calendar grid empty 6 months": (
        "\n\n".join(
            "| Mon | Tue | Wed | Thu | Fri | Sat | Sun |\n|---|---|---|---|---|---|---|\n"
            + "|     |     |     |     |     |     |     |\n" * 5
            for _ in range(6)
        ),
        0,
    ),
    "checklist 40 blank": ("\n".join("- [ ] " for _ in range(40)), 0),
    "numbered blanks 50": ("\n".join(f"{i}. ____________________" for i in range(1, 51)), 0),
    "mermaid 20 nodes": (
        "graph TD\n" + "\n".join(f"    N{i}[Step {i}] --> N{i + 1}[Step {i + 1}]" for i in range(1, 21)),
        0,
    ),
    "svg 40 bars": (
        "<svg>\n"
        + "\n".join(f'  <rect x="{i * 10}" y="0" width="8" height="50" fill="steelblue"/>' for i in range(40))
        + "\n</svg>",
        0,
    ),
    "regex log of retries 12": (
        "\n".join(
            f"Attempt {i} of 12: connection refused, waiting {2 ** min(i, 6)} s." for i in range(1, 13)
        ),
        0,
    ),
    "faq prices 20": (
        "\n".join(
            f"- Plan {i}: {i * 5} GB storage, {i * 10} users, ${i * 9.99:.2f} per month" for i in range(1, 21)
        ),
        0,
    ),
    "bus timetable": (
        "\n".join(f"{6 + i // 4:02}:{i % 4 * 15:02}  Central Station – Harbour – Airport" for i in range(60)),
        0,
    ),
}
