"""The rows as one HTML page without scripts or other files."""

from html import escape

from tools.rows import EDITIONS, OUTCOMES, UNVERIFIED, counts

_SIGNS = {"passes": "✓", "fails": "✗", "not applicable": "–", "not yet": "…"}
_CLASSES = {"passes": "pass", "fails": "fail", "not applicable": "na", "not yet": "yet"}
_STYLE = """
:root { color-scheme: light dark; --line: #8885; --dim: #777; --pass: #1a7f37; --fail: #c62828;
  --yet: #b26a00; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 104rem; padding: 0 1.5rem; }
h1 { margin-bottom: .2rem; } h2 { margin: 2.2rem 0 .4rem; }
p { max-width: 60rem; } .dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { border-top: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { font-weight: 600; } thead th { position: sticky; top: 0; background: Canvas; }
td small { display: block; color: var(--dim); line-height: 1.35; }
.number { width: 2.6rem; text-align: right; } .basis { width: 9.5rem; } .target { width: 9.4rem; }
.pass b { color: var(--pass); } .fail b { color: var(--fail); } .yet b { color: var(--yet); }
.na b { color: var(--dim); font-weight: 400; }
.fail { background: color-mix(in srgb, var(--fail) 7%, transparent); }
.summary { width: auto; } .summary td, .summary th { padding-right: 1.6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dd { margin: 0; }
@media print { body { margin: 0; max-width: none; font-size: 9px; } thead th { position: static; } }
"""
_TITLE = "IEC 60870-5-104 outstation, row by row"
_HOW = """
One test for each rule, run by the same raw-socket master over TCP against every station, each in a process
of its own. <b>passes</b>: it did what the row asks for; <b>fails</b>: what it did instead stands below;
<b>not applicable</b>: the row cannot be provoked there; <b>not yet</b>: no such thing, or no test of it,
exists. Where the standard leaves a choice, ours stands with the rule.
"""
_WHAT = """
<i>Ours</i> is the outstation of <code>protocols/iec104</code> behind its TCP driver, in a small station
that has an object of every kind; row 115 runs the firmware itself. What the firmware's configuration offers
of it is another matter. Peers got the smallest application that lets a row be asked; what a library leaves
to its application is not held against it. The columns <i>asked by c104</i> are a second pass over ours, with
c104's client as the master in place of the raw socket: every frame is judged on the wire, and what c104
cannot send is not applicable there.
"""


def page(report):
    """The whole page as text."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title><style>%s</style></head><body>" % (escape(report.get("title", _TITLE)), _STYLE),
        _head(report),
    ]
    for letter, title in report["groups"].items():
        found = [row for row in report["rows"] if row["group"] == letter]
        if found:
            parts.append("<h2>%s. %s</h2>" % (escape(letter), escape(title)))
            parts.append(_table(found, report["targets"]))
    return "\n".join(parts) + "\n</body></html>\n"


def _head(report):
    editions = "".join("<dt>%s</dt><dd>%s</dd>" % (escape(short), escape(full)) for short, full in EDITIONS)
    return "\n".join(
        (
            "<h1>%s</h1>" % escape(report.get("title", _TITLE)),
            '<p class="dim">%s · %s · %s</p>'
            % tuple(escape(report[key]) for key in ("made", "machine", "long")),
            "<p>%s</p>" % report.get("how", "%s</p><p>%s" % (_HOW, _WHAT)),
            "<p><b>%s</b></p>" % escape(UNVERIFIED),
            _summary(report),
            "" if "how" in report else "<p>In the column <i>basis</i>:</p><dl>%s</dl>" % editions,
        )
    )


def _summary(report):
    heads = "".join("<th>%s</th>" % outcome for outcome in OUTCOMES)
    lines = []
    for name, title in report["targets"]:
        found = counts(report, name)
        cells = "".join("<td>%d</td>" % found[outcome] for outcome in OUTCOMES)
        lines.append("<tr><th>%s</th>%s</tr>" % (escape(title), cells))
    return '<table class="summary"><thead><tr><th></th>%s</tr></thead><tbody>%s</tbody></table>' % (
        heads,
        "".join(lines),
    )


def _table(found, targets):
    heads = "".join('<th class="target">%s</th>' % escape(title) for _, title in targets)
    lines = [_line(row, targets) for row in found]
    return (
        '<table><thead><tr><th class="number">row</th><th>stimulus → required</th>'
        '<th class="basis">basis</th>%s</tr></thead><tbody>%s</tbody></table>' % (heads, "\n".join(lines))
    )


def _line(row, targets):
    choice = "<small>our choice: %s</small>" % escape(row["choice"]) if row["choice"] else ""
    required = " → <b>%s</b>" % escape(row["required"]) if row["required"] else ""
    rule = escape(row["stimulus"]) + required + choice
    basis = "%s<small>%s</small>" % (escape(row["basis"]), escape(row["checked"]))
    cells = "".join(_cell(row["results"].get(name)) for name, _ in targets)
    return '<tr id="row-%d"><td class="number">%d</td><td>%s</td><td>%s</td>%s</tr>' % (
        row["number"],
        row["number"],
        rule,
        basis,
        cells,
    )


def _cell(result):
    if result is None:
        return "<td></td>"
    outcome = result["outcome"]
    text = "<small>%s</small>" % escape(result["text"]) if result["text"] else ""
    return '<td class="%s"><b>%s %s</b>%s</td>' % (_CLASSES[outcome], _SIGNS[outcome], outcome, text)
