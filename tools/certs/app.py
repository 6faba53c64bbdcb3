"""What `v2g certs ...` does and shows."""

import datetime
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from tools.catalogue import Failure
from tools.catalogue_host import CERTS_EXIST, CERTS_FAILED
from tools.certs import maker

_SOON = datetime.timedelta(days=30)


@contextmanager
def _told():
    try:
        yield
    except maker.CertsError as error:
        raise Failure(CERTS_EXIST if error.is_there else CERTS_FAILED, str(error)) from None
    except OSError as error:
        raise Failure(CERTS_FAILED, "%s: %s" % (error.filename, error.strerror)) from None


def authority(folder, title, days, force):
    with _told():
        maker.make_authority(folder, title, days, force)
    show(folder)


def identity(folder, name, role, hosts, days, force):
    with _told():
        maker.issue(folder, name, role, hosts, days, force)
    show(folder)


def renew(folder, name, days):
    with _told():
        maker.renew(folder, name, days)
    show(folder)


def show(folder):
    """A table; then both fingerprints of each client, in full, to be copied."""
    with _told():
        found = [(name, maker.load(folder, name)) for name in maker.names(folder)]
        if not found:
            raise maker.CertsError("%s: no certificate there" % folder)
    console = Console()
    console.print(table(folder, found))
    for name, certificate in found:
        if maker.role_of(certificate) == maker.CLIENT:
            line = '{"name": "%s", "key_sha256": "%s"}' % (name, maker.key_pin(certificate))
            console.print(line, soft_wrap=True, markup=False, highlight=False)
            line = '    or "certificate_sha256": "%s"' % maker.certificate_pin(certificate)
            console.print(line, soft_wrap=True, markup=False, highlight=False)


def table(folder, found):
    made = Table(title=str(folder), header_style="bold")
    for head in ("name", "role", "subject", "not before", "not after", "hosts"):
        made.add_column(head)
    now = datetime.datetime.now(datetime.timezone.utc)
    for name, certificate in found:
        last = certificate.not_valid_after_utc
        style = "bold red" if last < now else "yellow" if last < now + _SOON else ""
        cells = [name, maker.role_of(certificate), certificate.subject.rfc4514_string()]
        cells += [_date(certificate.not_valid_before_utc), _date(last)]
        made.add_row(*cells, ", ".join(maker.hosts_of(certificate)), style=style)
    return made


def _date(moment):
    return moment.strftime("%Y-%m-%d %H:%M UTC")
