"""Acrel: ADL400 (both blocks), DTSD1352, ADW300 and the DC meter DJSF1352. FC 03, high word first.

Sources: evcc acrel-adw300.yaml, EVerest Acrel_DJSF1352_RN, EN+ firmware, public sources. ADL400 shows
primary floats in kW at 0800; the integer block of DTSD1352 is secondary with PT at 8D and CT at 8E.
DJSF1352-RN counts Wh, the RN-6 tenths, and the RN-6 lacks the integer block 0..3.
"""

from tools.plant.meters.registers import RegisterTwin, f32, s16, s32, u16, u32


class Adl400(RegisterTwin):
    windows = ((0x0800, 0x60),)
    most = 60

    def values(self):
        t = self.truth
        for i in range(3):
            yield 0x0800 + 2 * i, f32(t.voltage_v[i])
            yield 0x080C + 2 * i, f32(t.current_a[i])
            yield 0x0814 + 2 * i, f32(t.phase_w[i] / 1000)
        yield 0x081A, f32(t.total_w() / 1000)
        yield 0x0822, f32(sum(t.phase_var) / 1000)
        yield 0x082A, f32(sum(t.phase_va()) / 1000)
        yield 0x0832, f32(t.power_factor())
        yield 0x0834, f32(t.frequency_hz)
        yield 0x0842, u32((t.import_wh + t.export_wh) / 100)
        yield 0x084C, u32(t.import_wh / 100)
        yield 0x0856, u32(t.export_wh / 100)


class Dtsd1352(RegisterTwin):
    windows = ((0x0000, 0x90), (0x0160, 0x20))
    most = 60

    def values(self):
        t, pt, ct = self.truth, self.pt, self.ct
        for i in range(3):
            yield 0x61 + i, u16(10 * t.voltage_v[i] / pt)
            yield 0x64 + i, u16(100 * t.current_a[i] / ct)
            yield 0x164 + 2 * i, s32(t.phase_w[i] / pt / ct)
            yield 0x16C + 2 * i, s32(t.phase_var[i] / pt / ct)
            yield 0x174 + 2 * i, s32(t.phase_va()[i] / pt / ct)
            yield 0x17C + i, s16(1000 * t.power_factors()[i])
        yield 0x16A, s32(t.total_w() / pt / ct)
        yield 0x172, s32(sum(t.phase_var) / pt / ct)
        yield 0x17A, s32(sum(t.phase_va()) / pt / ct)
        yield 0x17F, s16(1000 * t.power_factor())
        yield 0x77, u16(100 * t.frequency_hz)
        yield 0x00, u32((t.import_wh + t.export_wh) / 10 / pt / ct)
        yield 0x0A, u32(t.import_wh / 10 / pt / ct)
        yield 0x14, u32(t.export_wh / 10 / pt / ct)
        yield 0x8D, u16(pt)
        yield 0x8E, u16(ct)


class Adw300(RegisterTwin):
    windows = ((20, 50),)
    most = 60

    def values(self):
        t, pt, ct = self.truth, self.pt, self.ct
        for i in range(3):
            yield 20 + i, u16(10 * t.voltage_v[i] / pt)
            yield 26 + i, u16(100 * t.current_a[i] / ct)
            yield 30 + 2 * i, s32(t.phase_w[i] / pt / ct)
        yield 36, s32(t.total_w() / pt / ct)
        yield 62, s32(t.import_wh / 10 / pt / ct)
        yield 64, s32(t.export_wh / 10 / pt / ct)


class Djsf1352(RegisterTwin):
    windows = ((0, 20), (50, 6))
    most = 60
    wh_per_unit = 1.0
    has_integers = True

    def values(self):
        t = self.truth
        if self.has_integers:  # with their decimal exponents: V = raw * 10**(DPT - 3)
            yield 0, s16(t.dc_v * 10)
            yield 1, u16(2)
            yield 2, s16(t.dc_a * 10)
            yield 3, u16(2)
        yield 12, u32(t.import_wh / self.wh_per_unit)
        yield 14, u32(t.export_wh / self.wh_per_unit)
        yield 50, f32(t.dc_v)
        yield 52, f32(t.dc_a)
        yield 54, f32(t.dc_v * t.dc_a / 1000)


class Djsf1352Rn6(Djsf1352):
    windows = ((4, 16), (50, 6))
    wh_per_unit = 0.1
    has_integers = False
