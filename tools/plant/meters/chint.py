"""Chint DTSU666: FC 03, float32, high word first; secondary side and pre-scaled (mbmd, a public source).

230.1 V stands as 2301.0, 5 A as 5000.0, 100 W as 1000.0, 50 Hz as 5000.0; energy is in plain kWh. CT at
0006, PT at 0007. That energy is on the secondary side too is unverified.
"""

from tools.plant.meters.registers import RegisterTwin, f32, u16


class Dtsu666(RegisterTwin):
    windows = ((0x0000, 0x10), (0x101E, 0x14), (0x2000, 0x52))
    most = 60

    def values(self):
        t, pt, ct = self.truth, self.pt, self.ct
        yield 0x06, u16(ct)
        yield 0x07, u16(pt)
        for i in range(3):
            yield 0x2006 + 2 * i, f32(10 * t.voltage_v[i] / pt)
            yield 0x200C + 2 * i, f32(1000 * t.current_a[i] / ct)
            yield 0x2014 + 2 * i, f32(10 * t.phase_w[i] / pt / ct)
            yield 0x201C + 2 * i, f32(10 * t.phase_var[i] / pt / ct)
            yield 0x202C + 2 * i, f32(1000 * t.power_factors()[i])
            yield 0x1020 + 2 * i, f32(t.phase_import_wh[i] / 1000 / pt / ct)
            yield 0x102A + 2 * i, f32(t.phase_export_wh[i] / 1000 / pt / ct)
        yield 0x2012, f32(10 * t.total_w() / pt / ct)
        yield 0x201A, f32(10 * sum(t.phase_var) / pt / ct)
        yield 0x202A, f32(1000 * t.power_factor())
        yield 0x2044, f32(100 * t.frequency_hz)
        yield 0x101E, f32(t.import_wh / 1000 / pt / ct)
        yield 0x1028, f32(t.export_wh / 1000 / pt / ct)
