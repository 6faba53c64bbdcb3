"""Layout of the SunSpec models that the simulated converter carries, as data (order and types as in
the SunSpec Alliance's published models).

Per model: its points after ID and L, in order, as "name:type"; the offset follows from the sizes. A trailing
`*` marks the points that may be written. Sync groups (704) and the one DC port (714) are laid out flat, with
a prefix in the name.
"""

import struct
from typing import NamedTuple

# type: registers, struct code, value that says "not implemented", lowest and highest value that can be shown
TYPES = {
    "u16": (1, ">H", 0xFFFF, 0, 0xFFFE), "e16": (1, ">H", 0xFFFF, 0, 0xFFFE),
    "i16": (1, ">h", -0x8000, -0x7FFF, 0x7FFF),
    "u32": (2, ">I", 0xFFFFFFFF, 0, 0xFFFFFFFE), "i32": (2, ">i", -0x80000000, -0x7FFFFFFF, 0x7FFFFFFF),
    "b16": (1, ">H", 0xFFFF, 0, 0x7FFF),
    "b32": (2, ">I", 0xFFFFFFFF, 0, 0x7FFFFFFF), "u64": (4, ">Q", 0xFFFFFFFFFFFFFFFF, 0, 0xFFFFFFFFFFFFFFFE),
    "sf": (1, ">h", -0x8000, -10, 10), "pad": (1, ">H", 0x8000, 0, 0),
}

_PHASE = """
    W{0}:i16 VA{0}:i16 Var{0}:i16 PF{0}:i16 A{0}:i16 V{1}:u16 V{0}:u16 TotWhInj{0}:u64 TotWhAbs{0}:u64
    TotVarhInj{0}:u64 TotVarhAbs{0}:u64
"""
_PHASES = "".join(_PHASE.format(*names) for names in (("L1", "L1L2"), ("L2", "L2L3"), ("L3", "L3L1")))
_PF_NAMES = ("PFWInj", "PFWInjRvrt", "PFWAbs", "PFWAbsRvrt")
_PF_GROUPS = "".join(f"{name}.PF:u16 {name}.Ext:e16 " for name in _PF_NAMES)
LAYOUT = (
    (1, "Mn:s16 Md:s16 Opt:s8 Vr:s8 SN:s16 DA:u16 Pad:pad"),
    (701, """
    ACType:e16 St:e16 InvSt:e16 ConnSt:e16 Alrm:b32 DERMode:b32 W:i16 VA:i16 Var:i16 PF:i16 A:i16
    LLV:u16 LNV:u16 Hz:u32 TotWhInj:u64 TotWhAbs:u64 TotVarhInj:u64 TotVarhAbs:u64 TmpAmb:i16 TmpCab:i16
    TmpSnk:i16 TmpTrns:i16 TmpSw:i16 TmpOt:i16
    """ + _PHASES + """
    ThrotPct:u16 ThrotSrc:b32 A_SF:sf V_SF:sf Hz_SF:sf W_SF:sf PF_SF:sf VA_SF:sf Var_SF:sf TotWh_SF:sf
    TotVarh_SF:sf Tmp_SF:sf MnAlrmInfo:s32
    """),
    (704, """
    PFWInjEna:e16 PFWInjEnaRvrt:e16 PFWInjRvrtTms:u32 PFWInjRvrtRem:u32 PFWAbsEna:e16 PFWAbsEnaRvrt:e16
    PFWAbsRvrtTms:u32 PFWAbsRvrtRem:u32 WMaxLimPctEna:e16 WMaxLimPct:u16 WMaxLimPctRvrt:u16
    WMaxLimPctEnaRvrt:e16 WMaxLimPctRvrtTms:u32 WMaxLimPctRvrtRem:u32 WSetEna:e16* WSetMod:e16*
    WSet:i32* WSetRvrt:i32* WSetPct:i16* WSetPctRvrt:i16* WSetEnaRvrt:e16* WSetRvrtTms:u32*
    WSetRvrtRem:u32 VarSetEna:e16 VarSetMod:e16 VarSetPri:e16 VarSet:i32 VarSetRvrt:i32 VarSetPct:i16
    VarSetPctRvrt:i16 VarSetEnaRvrt:e16 VarSetRvrtTms:u32 VarSetRvrtRem:u32 WRmp:u16 WRmpRef:e16
    VarRmp:u16 AntiIslEna:e16 PF_SF:sf WMaxLimPct_SF:sf WSet_SF:sf WSetPct_SF:sf VarSet_SF:sf
    VarSetPct_SF:sf
    """ + _PF_GROUPS),
    (713, "WHRtg:u16 WHAvail:u16 SoC:u16 SoH:u16 Sta:e16 WH_SF:sf Pct_SF:sf"),
    (714, """
    PrtAlrms:b32 NPrt:u16 DCA:i16 DCW:i16 DCWhInj:u64 DCWhAbs:u64 DCA_SF:sf DCV_SF:sf DCW_SF:sf
    DCWH_SF:sf Tmp_SF:sf Prt.PrtTyp:e16 Prt.ID:u16 Prt.IDStr:s8 Prt.DCA:i16 Prt.DCV:u16 Prt.DCW:i16
    Prt.DCWhInj:u64 Prt.DCWhAbs:u64 Prt.Tmp:i16 Prt.DCSta:e16 Prt.DCAlrm:b32
    """),
    (715, "LocRemCtl:e16 DERHb:u32 ControllerHb:u32* AlarmReset:u16* OpCtl:e16*"),
    (702, """
    WMaxRtg:u16 WOvrExtRtg:u16 WOvrExtRtgPF:u16 WUndExtRtg:u16 WUndExtRtgPF:u16 VAMaxRtg:u16
    VarMaxInjRtg:u16 VarMaxAbsRtg:u16 WChaRteMaxRtg:u16 WDisChaRteMaxRtg:u16 VAChaRteMaxRtg:u16
    VADisChaRteMaxRtg:u16 VNomRtg:u16 VMaxRtg:u16 VMinRtg:u16 AMaxRtg:u16 PFOvrExtRtg:u16 PFUndExtRtg:u16
    ReactSusceptRtg:u16 NorOpCatRtg:e16 AbnOpCatRtg:e16 CtrlModes:b32 IntIslandCatRtg:b16 WMax:u16
    WMaxOvrExt:u16 WOvrExtPF:u16 WMaxUndExt:u16 WUndExtPF:u16 VAMax:u16 VarMaxInj:u16 VarMaxAbs:u16
    WChaRteMax:u16 WDisChaRteMax:u16 VAChaRteMax:u16 VADisChaRteMax:u16 VNom:u16 VMax:u16 VMin:u16 AMax:u16
    PFOvrExt:u16 PFUndExt:u16 IntIslandCat:b16 W_SF:sf PF_SF:sf VA_SF:sf Var_SF:sf V_SF:sf A_SF:sf S_SF:sf
    """),
    (703, """
    ES:e16* ESVHi:u16 ESVLo:u16 ESHzHi:u32 ESHzLo:u32 ESDlyTms:u32 ESRndTms:u32 ESRmpTms:u32
    ESDlyRemTms:u32 V_SF:sf Hz_SF:sf
    """),
)
BASE_ADDRESS = 40000
END_MODEL = 0xFFFF


class Point(NamedTuple):
    """One point at its Modbus address; `size` in registers."""

    model: int
    name: str
    kind: str
    address: int
    size: int
    writable: bool


def _size(kind):
    return int(kind[1:]) if kind not in TYPES and kind[0] == "s" else TYPES[kind][0]


def _build():
    points, models, address = [], [], BASE_ADDRESS + 2
    for model, text in LAYOUT:
        start = address
        address += 2
        for word in text.split():
            name, kind = word.rstrip("*").split(":")
            points.append(Point(model, name, kind, address, _size(kind), word.endswith("*")))
            address += _size(kind)
        models.append((model, start, address - start - 2))
    return tuple(points), tuple(models), address


POINTS, MODELS, END_ADDRESS = _build()  # MODELS: (id, address of the ID register, L)


def encode(point, value):
    """Registers of an integer (saturated, as a device does) or a text; None = not implemented."""
    if point.kind in TYPES:
        _, code, missing, low, high = TYPES[point.kind]
        data = struct.pack(code, missing if value is None else max(low, min(high, value)))
    else:
        data = (value or "").encode("ascii")[:2 * point.size].ljust(2 * point.size, b"\0")
    return struct.unpack(f">{point.size}H", data)


def decode(point, registers):
    """Integer in `registers` (no text is writable)."""
    return struct.unpack(TYPES[point.kind][1], struct.pack(f">{point.size}H", *registers))[0]
