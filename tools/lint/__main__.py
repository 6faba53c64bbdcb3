"""`python -m tools.lint [PATH ...]`: findings as `file:line code message`; exit status 1 when there is one.
"""

import argparse
import sys

from tools.lint.engine import check_tree


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.lint", description=__doc__)
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: the portable rooms)"
    )
    findings = check_tree(parser.parse_args(argv).paths)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
