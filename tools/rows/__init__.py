"""Shows what the rows came to: a table on the terminal, a page to read. Works on the report alone, as it
stands in the JSON file too.
"""

OUTCOMES = ("passes", "fails", "not applicable", "not yet")
EDITIONS = (
    ("104", "IEC 60870-5-104, Ed. 2.0 (2006) with Amendment 1 (2016)"),
    ("101", "IEC 60870-5-101, Ed. 2.0 (2003) with Amendment 1 (2015)"),
    ("5-5", "IEC 60870-5-5 (1995)"),
    ("5-604", "IEC TS 60870-5-604, Ed. 2.0 (2016)"),
    ("62351-3", "IEC 62351-3"),
    ("(project)", "a rule of ours"),
)
UNVERIFIED = (
    "No row was checked against a standard's text: we own no copy. Rules, clauses and editions are general "
    "knowledge."
)


def counts(report, name):
    """{outcome: number} of one target."""
    found = dict.fromkeys(OUTCOMES, 0)
    for row in report["rows"]:
        if name in row["results"]:
            found[row["results"][name]["outcome"]] += 1
    return found
