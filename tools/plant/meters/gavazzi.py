"""Carlo Gavazzi EM24 (RS-485) and EM330/EM340/ET340: FC 04, integers, low word first (mbmd).

EM24's import register is disputed: this one has the total at 3E and a partial counter at 42, the other
shows the total at 42. Its export register at 5C exists on some only.
"""

from tools.plant.meters.registers import RegisterTwin, s16, s32_low_first


class _Gavazzi(RegisterTwin):
    function = 4
    most = 11
    factor_at = frequency_at = import_at = phases_at = export_at = 0

    def values(self):
        t = self.truth
        for i in range(3):
            yield 0x00 + 2 * i, s32_low_first(10 * t.voltage_v[i])
            yield 0x0C + 2 * i, s32_low_first(1000 * t.current_a[i])
            yield 0x12 + 2 * i, s32_low_first(10 * t.phase_w[i])
            yield self.factor_at + i, s16(1000 * t.power_factors()[i])
            yield self.phases_at + 2 * i, s32_low_first(t.phase_import_wh[i] / 100)
        yield 0x28, s32_low_first(10 * t.total_w())
        yield self.factor_at + 3, s16(1000 * t.power_factor())
        yield self.frequency_at, s16(10 * t.frequency_hz)
        yield self.import_at, s32_low_first(t.import_wh / 100)
        yield self.export_at, s32_low_first(t.export_wh / 100)


class Em24(_Gavazzi):
    windows = ((0x00, 0x60),)
    factor_at, frequency_at, import_at, phases_at, export_at = 0x32, 0x37, 0x3E, 0x46, 0x5C


class Em24Partial(Em24):
    import_at = 0x42


class Em340(_Gavazzi):
    windows = ((0x00, 0x50),)
    factor_at, frequency_at, import_at, phases_at, export_at = 0x2E, 0x33, 0x34, 0x40, 0x4E
