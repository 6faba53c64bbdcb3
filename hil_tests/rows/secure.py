"""Row 114: TLS."""

import functools
import ssl
import tempfile
import warnings

from firmware import schema
from hil_tests.rig.tls_lab import LISTED, Lab
from hil_tests.rows import wire
from hil_tests.rows.row import RowFailed, check, row

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
V1_2 = ssl.TLSVersion.TLSv1_2
REFUSED = ("", "expired", "future", "rogue", "self_signed", "unlisted", "server")
COUNTS = {
    "no_certificate": 1,
    "expired": 1,
    "not_yet_valid": 1,
    "untrusted": 2,
    "unpinned": 1,
    "certificate": 1,
}
COUNTS.update(not_tls=1, handshake=len(OLD))


def gets_in(t, wrap):
    """Whether a master behind this wrapper is confirmed STARTDT; it is closed again."""
    try:
        m = t.dial(wrap=wrap)
    except OSError:
        return False
    try:
        m.start()
    except AssertionError:
        return False
    finally:
        m.close()
    return True


def station(t, section, **settings):
    """A fresh station behind TLS."""
    answer, _ = t.target.fresh(dict(settings, tls=section))
    check("error" not in answer, "its parameters are refused: %s" % answer.get("error"))


@row(
    114,
    "TLS: version, certificates of both sides, expired and revoked ones, port 19998",
    "TLS 1.2 or later, mutual; others refused",
    "62351-3",
    needs=("tls",),
    choice="mutual TLS 1.2 or later (on MicroPython 1.2 only); a client must be of our authority and in the "
    "list of certificates or keys; it is revoked by being taken out of the list; no CRL, no renegotiation",
)
def tls(t):
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(folder)
        station(t, lab.section())
        _refusals(t, lab)
        _versions(t, lab)
        _counted(t)
        _server_is_proved(t, lab)
        check(t.is_served(t.master(wrap=lab.wrapper()), 1.5), "the good master is not served in the end")
        station(t, lab.section(listed=[name for name in LISTED if name != "master"]))
        check(not gets_in(t, lab.wrapper()), "a master that was taken out of the list gets in")
        check(gets_in(t, lab.wrapper("second")), "the other master does not get in any more")
    defaults = {key: default for key, _, default, *_ in schema.TLS}
    check(not t.is_ours or defaults["port"] == 19998, "its own port is %s" % defaults["port"])


def _refusals(t, lab):
    check(gets_in(t, lab.wrapper()), "a master with its certificate does not get in")
    for name in REFUSED:
        check(not gets_in(t, lab.wrapper(name)), "%s gets in" % (name or "a master without certificate"))
    check(not gets_in(t, None), "plain 104 gets in")


def _versions(t, lab):
    check(gets_in(t, lab.wrapper(newest=V1_2)), "TLS 1.2 does not get in")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for version in OLD:
            context = lab.context(newest=version, oldest=version)
            context.set_ciphers("ALL:@SECLEVEL=0")
            wrap = functools.partial(context.wrap_socket, server_hostname="127.0.0.1")
            check(not gets_in(t, wrap), "%s gets in" % version.name)


def _counted(t):
    """Each refusal was counted as what it was."""
    if t.is_ours:
        counts = t.state()["tls"]["counts"]
        refused = {kind: n for kind, n in counts.items() if kind != "accepted"}
        check(refused == COUNTS, "counted: %s" % counts)


def _server_is_proved(t, lab):
    """The station shows a certificate of our authority for its address: the master's library checks it."""
    try:
        m = wire.Master(t.target.port, wrap=lab.wrapper())
    except ssl.SSLCertVerificationError as error:
        raise RowFailed("the station's own certificate does not hold: %s" % error) from None
    m.close()
