"""The front's configuration: JSON, checked by the firmware's own rules; every mistake at once.

    {"tls": {"listen": "0.0.0.0", "identity": "pki/front", "ca": "pki/ca",
             "clients": [{"name": "dispatch", "key_sha256": "...", "bind": "127.0.0.11"}]},
     "station": {"host": "127.0.0.1", "port": 2404}}

`tls` has the keys of telecontrol.tls (firmware/schema.py). `bind` is the address from which the
front calls the station for this client: by it the station tells its masters apart (allow list,
redundancy groups, control_from), as without a front. On Linux every 127.x.y.z may be bound;
elsewhere give the front's machine more addresses.
"""

from firmware import codes, config, schema
from firmware.config import ConfigError
from firmware.consistency_telecontrol import tls_conflicts

CLIENT = schema.TLS_CLIENT + (("bind", schema.TEXT, "", 0, 100),)
STATION = (
    ("host", schema.TEXT, "127.0.0.1", 1, 100),
    ("port", schema.INT, 2404, 1, 65535),
)
_OWN = {
    "clients": ("clients", schema.SECTIONS, (), CLIENT, 0),
    "listen": ("listen", schema.TEXT, "127.0.0.1", 0, 100),
    "enabled": ("enabled", schema.BOOL, True, 0, 0),
}
TLS = tuple(_OWN.get(row[0], row) for row in schema.TLS)
FRONT = (
    ("tls", schema.SECTION, schema.REQUIRED, TLS, 0),
    ("station", schema.SECTION, {}, STATION, 0),
    ("allow", schema.TEXTS, (), 0, 100),  # clients' addresses; none = any
    ("max_links", schema.INT, 16, 1, 256),
)


def load(path):
    """The completed configuration; ConfigError names everything that is wrong."""
    raw = config.read(str(path))
    errors = []
    settings = config.section(raw, FRONT, "", errors)
    if not errors:
        found = []
        tls_conflicts(dict(settings, plain=False, port=0), found)
        errors += [(code, path.removeprefix("telecontrol."), *rest) for code, path, *rest in found]
        if not settings["tls"]["enabled"]:
            errors.append((codes.CONFIG_CONFLICT, "tls.enabled", False, "true: a front does nothing else"))
    if errors:
        raise ConfigError(errors)
    return settings
