"""`v2g certs ...` and `v2g tls-front`: options and help; what they do stands in tools/certs and tools/front,
imported when they run.
"""

from pathlib import Path
from typing import Annotated

import typer

_CERTS = """Certificates for 104 over TLS: an authority, servers, clients. 生成与查看 TLS 证书。

A lab from nothing. 从零开始:

v2g certs ca pki

v2g certs server pki station --host 192.0.2.7

v2g certs client pki dispatch

Each name is four files in the folder: NAME.crt.pem and NAME.key.pem (CPython, OpenSSL, most
masters), NAME.crt.der and NAME.key.der (MicroPython). Keys are readable by you alone; nothing is
overwritten without --force.

The station gets station.* and ca.crt.*, never ca.key.*; in its configuration, telecontrol.tls:
{"enabled": true, "identity": "pki/station", "ca": "pki/ca", "clients": [...]} with the lines that
`v2g certs show` prints. The master gets dispatch.crt.pem, dispatch.key.pem and ca.crt.pem.

A key_sha256 stays good over `renew`, a certificate_sha256 does not. A master is locked out by
taking its line out of `clients`: there are no revocation lists.
"""
_FRONT = """TLS in front of a 104 station that has none, or that a handshake must not hold up. 前置 TLS 代理。

FILE is JSON: {"tls": {"listen": "0.0.0.0", "identity": "pki/front", "ca": "pki/ca", "clients":
[{"name": "dispatch", "key_sha256": "...", "bind": "127.0.0.11"}]}, "station": {"host": "127.0.0.1",
"port": 2404}}. The keys of `tls` are those of telecontrol.tls; port 19998 unless it says otherwise.

Each master has a connection of its own to the station, which comes from the address `bind`: the
station's allow list, redundancy groups and control_from tell masters apart by it. On Linux every
127.x.y.z can be bound; for a station on another machine give this one an address per master. Let
the station listen where nobody else can call it.

One line an event on the terminal, with its code; Ctrl-C ends all connections in order.
"""
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the certificates. 证书目录")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the files and subject. 名称")]
Days = Annotated[int, typer.Option(help="Valid for so many days. 有效天数", min=1, max=7300)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there. 覆盖已有文件")]
Hosts = Annotated[
    list[str], typer.Option("--host", help="Address or name by which masters call it; repeat. 地址或主机名")
]
Title = Annotated[str, typer.Option(help="The authority's subject. CA 名称")]
FrontFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="Configuration (JSON). 配置文件")]


def add(app, reported):
    """Hang the commands into the CLI; `reported(status)` is its decorator."""
    app.add_typer(_certs(reported))

    @app.command("tls-front", help=_FRONT, short_help=_FRONT.partition("\n")[0])
    @reported(0)
    def tls_front(config: FrontFile):
        from tools.front import command

        command.run(config)


def _certs(reported):
    certs = typer.Typer(name="certs", no_args_is_help=True, help=_CERTS)

    @certs.command()
    @reported(130)
    def ca(folder: Folder, title: Title = "V2G lab CA", days: Days = 3650, force: Force = False):
        """Make the authority of a new folder. 生成 CA。"""
        from tools.certs import app as commands

        commands.authority(folder, title, days, force)

    @certs.command()
    @reported(130)
    def server(folder: Folder, name: Name, host: Hosts, days: Days = 397, force: Force = False):
        """Certificate and key of a station, or of a front end. 生成子站（或前置机）证书。"""
        from tools.certs import app as commands

        commands.identity(folder, name, "server", host, days, force)

    @certs.command()
    @reported(130)
    def client(folder: Folder, name: Name, days: Days = 397, force: Force = False):
        """Certificate and key of a master. 生成主站证书。"""
        from tools.certs import app as commands

        commands.identity(folder, name, "client", (), days, force)

    @certs.command()
    @reported(130)
    def renew(folder: Folder, name: Name, days: Days = 397):
        """New dates for the same key, name and hosts. 续签（密钥不变）。"""
        from tools.certs import app as commands

        commands.renew(folder, name, days)

    @certs.command()
    @reported(130)
    def show(folder: Folder):
        """Who is there, from when to when, and the fingerprints to be listed. 查看证书与指纹。"""
        from tools.certs import app as commands

        commands.show(folder)

    return certs
