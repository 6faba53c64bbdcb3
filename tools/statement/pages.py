"""The statement as Markdown and as one HTML page without scripts or other files."""

from html import escape

from tools.statement import names
from tools.statement.statement import BASIS, NOT_OWNED

TITLE = "Interoperability statement, IEC 60870-5-104 controlled station"
_MARKS = {True: "[X]", False: "[ ]", None: "·"}
_STYLE = """
:root { color-scheme: light dark; --line: #8885; --dim: #777; --used: #1a7f37; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1.5rem; }
h2 { margin: 2rem 0 .3rem; } h2 small, td small { color: var(--dim); font-weight: 400; }
table { border-collapse: collapse; width: 100%; } p { max-width: 60rem; }
td, th { border-top: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
.mark { width: 2.4rem; font-family: ui-monospace, monospace; }
.used .mark { color: var(--used); font-weight: 700; }
.unused td { color: var(--dim); }
.clause { width: 12rem; font-size: 12px; color: var(--dim); } .zh { width: 34%; }
.matrix { font-size: 12px; } .matrix th, .matrix td { text-align: center; padding: .2rem .3rem; }
.matrix th:first-child, .matrix td:first-child { text-align: left; white-space: nowrap; }
.matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); }
.out { color: var(--used); font-weight: 700; } .in { font-weight: 700; }
@media print { body { margin: 0; max-width: none; font-size: 10px; } }
"""
LEGEND = (
    "[X] used, [ ] not used, · information. In the matrix: in = accepted from a master, out = sent by us."
)


def markdown(statement):
    """The whole statement as Markdown text."""
    lines = ["# " + TITLE, "", NOT_OWNED, "", LEGEND, ""]
    for heading, chinese, clause, items in statement.sections():
        lines += ["## %s %s %s" % (clause, heading, chinese), "", "Basis: %s." % (BASIS % clause), ""]
        lines += ["- %s %s%s" % (_MARKS[mark], text, " " + zh if zh else "") for mark, text, zh, _ in items]
        lines.append("")
    lines += ["## 9.5 Type identification and cause of transmission 类型与传送原因", ""]
    causes, rows = statement.matrix()
    lines.append("| type | " + " | ".join(str(cause) for cause in causes) + " |")
    lines.append("|---" * (len(causes) + 1) + "|")
    for type_id, name, cells in rows:
        lines.append(
            "| <%d> %s | " % (type_id, name) + " | ".join(cells.get(cause, "") for cause in causes) + " |"
        )
    lines += ["", "20 stands for 20 to 36, 37 for 37 to 41.", "", "## Decisions 取舍", ""]
    for number, question, choice, basis in statement.decisions:
        lines.append("- row %d (%s; unverified): %s. **%s**" % (number, basis, question, choice))
    return "\n".join(lines) + "\n"


def html(statement):
    """The whole statement as one page."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title><style>%s</style></head><body>" % (TITLE, _STYLE),
        "<h1>%s</h1><p><b>%s</b></p><p>%s</p>" % (TITLE, escape(NOT_OWNED), escape(LEGEND)),
    ]
    for heading, chinese, clause, items in statement.sections():
        parts.append("<h2>%s %s <small>%s</small></h2><table>" % (clause, escape(heading), chinese))
        parts += [_line(item) for item in items]
        parts.append("</table>")
    parts.append("<h2>9.5 Type identification and cause of transmission <small>类型与传送原因</small></h2>")
    parts.append(_matrix(*statement.matrix()))
    parts.append("<h2>Decisions <small>取舍</small></h2>" + _decisions(statement.decisions))
    return "\n".join(parts) + "\n</body></html>\n"


def _line(item):
    mark, text, chinese, clause = item
    kind = {True: "used", False: "unused", None: "info"}[mark]
    cells = (
        ("mark", _MARKS[mark]),
        ("text", escape(text)),
        ("zh", escape(chinese)),
        ("clause", "104 Ed. 2.0 §%s, unverified" % clause),
    )
    return '<tr class="%s">%s</tr>' % (kind, "".join('<td class="%s">%s</td>' % cell for cell in cells))


def _matrix(causes, rows):
    titles = dict(names.CAUSES)
    heads = "".join("<th><span>%d %s</span></th>" % (cause, escape(titles[cause])) for cause in causes)
    lines = []
    for type_id, name, cells in rows:
        row = "".join('<td class="%s">%s</td>' % (cells.get(n, ""), cells.get(n, "")) for n in causes)
        lines.append("<tr><td>&lt;%d&gt; %s</td>%s</tr>" % (type_id, name, row))
    return (
        '<table class="matrix"><thead><tr><th>type</th>%s</tr></thead><tbody>%s</tbody></table>'
        "<p>20 stands for 20 to 36, 37 for 37 to 41.</p>" % (heads, "\n".join(lines))
    )


def _decisions(decisions):
    lines = [
        "<tr><td>row %d</td><td>%s<br><b>%s</b></td><td><small>%s; unverified</small></td></tr>"
        % (number, escape(question), escape(choice), escape(basis))
        for number, question, choice, basis in decisions
    ]
    return "<table>%s</table>" % "\n".join(lines)
