"""A lab's certificates, good and bad, and masters' contexts with them (Python's ssl).

Of one folder: "server"; clients "master" and "second" (listed), "unlisted", "expired" and "future" (listed,
so that only their dates are wrong); "rogue" of another authority and "self_signed" by its own key.
"""

import datetime
import ssl
from pathlib import Path

from tools.certs import maker

HOSTS = ("127.0.0.1", "localhost")
LISTED = ("master", "second", "expired", "future")
_DAY = datetime.timedelta(days=1)


class Lab:
    def __init__(self, folder):
        self.folder = Path(folder) / "pki"
        now = datetime.datetime.now(datetime.timezone.utc)
        maker.make_authority(self.folder)
        maker.issue(self.folder, "server", maker.SERVER, HOSTS)
        for name in ("master", "second", "unlisted"):
            maker.issue(self.folder, name, maker.CLIENT)
        maker.issue(self.folder, "expired", maker.CLIENT, starts=now - 9 * _DAY, days=5)
        maker.issue(self.folder, "future", maker.CLIENT, starts=now + 5 * _DAY)
        for name in ("rogue", "self_signed"):
            other = Path(folder) / name
            maker.make_authority(other)
            if name == "rogue":
                maker.issue(other, name, maker.CLIENT)

    def path(self, name):
        """Of an identity, without ending."""
        if name == "self_signed":
            return Path(self.folder).parent / name / maker.AUTHORITY
        return (self.folder.parent / name if name == "rogue" else self.folder) / name

    def section(self, listed=LISTED, **changes):
        """telecontrol.tls of a configuration, complete; limits so wide that they do not show."""
        clients = [dict(name=name, certificate_sha256="", key_sha256=self.key_pin(name)) for name in listed]
        section = {
            "enabled": True,
            "listen": "",
            "port": 0,
            "identity": str(self.path("server")),
            "ca": str(self.folder / maker.AUTHORITY),
            "clients": [{**client, "from": []} for client in clients],
            "handshake_s": 5,
            "max_handshakes": 4,
            "per_minute": 600,
            "total_per_minute": 600,
            "time_floor": "",
        }
        return {**section, **changes}

    def key_pin(self, name):
        return maker.key_pin(maker.load(self.path(name).parent, self.path(name).name))

    def certificate_pin(self, name):
        return maker.certificate_pin(maker.load(self.path(name).parent, self.path(name).name))

    def context(self, name="master", newest=ssl.TLSVersion.TLSv1_3, oldest=ssl.TLSVersion.TLSv1_2):
        """A client's context with this identity; "" = without a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.folder / (maker.AUTHORITY + ".crt.pem"))
        context.minimum_version, context.maximum_version = oldest, newest
        if name:
            path = str(self.path(name))
            context.load_cert_chain(path + ".crt.pem", path + ".key.pem")
        return context

    def wrapper(self, name="master", **versions):
        """wrap(socket) for a master with this identity."""
        context = self.context(name, **versions)
        return lambda sock: context.wrap_socket(sock, server_hostname="127.0.0.1")
