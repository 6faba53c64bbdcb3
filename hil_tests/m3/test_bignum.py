"""What the bench's estimate of a TLS handshake stands on: instructions of a long multiplication."""

from hil_tests.bench.tls import M3_SQUARE_INSTRUCTIONS
from hil_tests.m3 import images


def test_a_2048_bit_square_takes_as_many_instructions_as_the_estimate_says():
    ended = images.run(["hil_tests.m3.target.bignum"])
    assert ended.status == 0, ended.output
    found = [line.split() for line in ended.output.splitlines() if line.startswith("MEASURE ")]
    assert [name for _, name, _ in found] == ["bignum_square"]
    assert abs(int(found[0][2]) - M3_SQUARE_INSTRUCTIONS) < M3_SQUARE_INSTRUCTIONS // 20, found
