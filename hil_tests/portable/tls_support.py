"""A client's certificate as `v2g certs` makes it, and a listener that gives ends of memory wires."""

from drivers.ports.memory import pair

# Valid from 2026-01-31 to 2026-03-31, ECDSA P-256
CERTIFICATE = bytes.fromhex(
    "3082019d30820143a003020102021458e2318265b357bb77fc354c40657018658c4b1b300a06082a8648ce3d04030230"
    "153113301106035504030c0a563247206c6162204341301e170d3236303133313132303030305a170d32363033333131"
    "32303030305a3011310f300d06035504030c066d61737465723059301306072a8648ce3d020106082a8648ce3d030107"
    "03420004ca0ff48242cef418e904bd0f7b01bef1df4de6e574a5ea75b9cf555db6772f2597e85907fbbd329b4aea19ad"
    "e635625a4c7d1a7f2c779a4dd1b8ea7a55feaabba3753073300c0603551d130101ff04023000300e0603551d0f0101ff"
    "04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e041604145f21f8cb1dcead57a5e2"
    "c5193bdac08487bc8333301f0603551d23041830168014c624510a9dab1f09cf5e1ff72bfbfc82f4696027300a06082a"
    "8648ce3d04030203480030450221009daa6bd1ba0b0f49d6c5810607afae32818a4755e1df4b78d5ede3c08e50ffc602"
    "200f138091efe789ddaa741605ca54411fe537812b4fc1029e946db0ec5c10f3d8"
)
CERTIFICATE_SHA256 = "60ccef26a7ca9653394988553d9a7443768e4963bcfa0169f45641ffb4bb8198"
KEY_SHA256 = "eb0e2504ffd8c811cc05da2856d5567db8dc6ecf11cde2b2fdc7d38d992e6afe"


class Wires:
    """TcpListener's face; dial() makes a connection and returns the client's end."""

    def __init__(self):
        self.waiting = []
        self.peer = ""
        self.sock = None
        self.is_open = True

    def dial(self, peer):
        ours, theirs = pair(65536)
        self.waiting.append((peer, ours))
        return theirs

    def accept(self):
        if not self.waiting:
            return None
        self.peer, port = self.waiting.pop(0)
        return port

    def close(self):
        self.is_open = False
