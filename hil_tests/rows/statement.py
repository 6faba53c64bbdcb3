"""`python -m hil_tests.rows.statement [--html FILE] [--markdown FILE]`: the interoperability statement,
made from the code and from the rows that leave a choice.
"""

import argparse
import sys
from pathlib import Path

from hil_tests.rows.row import rows
from tools.statement import pages, statement


def decisions():
    """(row, question, our choice, basis) of every row that leaves one."""
    return [(row.number, row.stimulus, row.choice, row.basis) for row in rows() if row.choice]


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="v2g statement", description="Interoperability statement from the code."
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it there as Markdown")
    chosen = parser.parse_args(argv)
    made = statement.make(decisions())
    if chosen.html is not None:
        chosen.html.write_text(pages.html(made), encoding="utf-8")
        print("page: %s" % chosen.html)
    if chosen.markdown is not None:
        chosen.markdown.write_text(pages.markdown(made), encoding="utf-8")
        print("statement: %s" % chosen.markdown)
    if chosen.html is None and chosen.markdown is None:
        print(pages.markdown(made), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
