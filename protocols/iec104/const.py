"""Numbers of IEC 60870-5-101/-104 under the standard's own names.

Type identifications: IEC 60870-5-101 7.2.1; causes of transmission: 7.2.3; qualifiers: 7.2.6 (from
general knowledge of the standard, cross-checked with Wireshark's dissector in the interop tests).
Nothing is computed here.
"""

# Type identification, monitor direction
M_SP_NA_1 = 1
M_DP_NA_1 = 3
M_ST_NA_1 = 5
M_BO_NA_1 = 7
M_ME_NA_1 = 9
M_ME_NB_1 = 11
M_ME_NC_1 = 13
M_IT_NA_1 = 15
M_PS_NA_1 = 20
M_ME_ND_1 = 21
M_SP_TB_1 = 30
M_DP_TB_1 = 31
M_ST_TB_1 = 32
M_BO_TB_1 = 33
M_ME_TD_1 = 34
M_ME_TE_1 = 35
M_ME_TF_1 = 36
M_IT_TB_1 = 37
M_EP_TD_1 = 38
M_EP_TE_1 = 39
M_EP_TF_1 = 40
M_EI_NA_1 = 70

# Type identification, control direction
C_SC_NA_1 = 45
C_DC_NA_1 = 46
C_RC_NA_1 = 47
C_SE_NA_1 = 48
C_SE_NB_1 = 49
C_SE_NC_1 = 50
C_BO_NA_1 = 51
C_SC_TA_1 = 58
C_DC_TA_1 = 59
C_RC_TA_1 = 60
C_SE_TA_1 = 61
C_SE_TB_1 = 62
C_SE_TC_1 = 63
C_BO_TA_1 = 64
C_IC_NA_1 = 100
C_CI_NA_1 = 101
C_RD_NA_1 = 102
C_CS_NA_1 = 103
C_RP_NA_1 = 105
C_TS_TA_1 = 107

# Type identification, parameters in control direction
P_ME_NA_1 = 110
P_ME_NB_1 = 111
P_ME_NC_1 = 112
P_AC_NA_1 = 113

# Cause of transmission
COT_CYCLIC = 1
COT_BACKGROUND = 2
COT_SPONTANEOUS = 3
COT_INITIALISED = 4
COT_REQUEST = 5
COT_ACTIVATION = 6
COT_ACTIVATION_CON = 7
COT_DEACTIVATION = 8
COT_DEACTIVATION_CON = 9
COT_ACTIVATION_TERM = 10
COT_RETURN_REMOTE = 11
COT_RETURN_LOCAL = 12
COT_INTERROGATED = 20
COT_COUNTERS = 37
COT_UNKNOWN_TYPE = 44
COT_UNKNOWN_COT = 45
COT_UNKNOWN_CA = 46
COT_UNKNOWN_IOA = 47
NEGATIVE = 0x40  # P/N bit of the cause octet
TEST = 0x80  # T bit of the cause octet

# Quality descriptors QDS, and the upper half of SIQ and DIQ
QUALITY_GOOD = 0x00
QUALITY_OV = 0x01
QUALITY_BL = 0x10
QUALITY_SB = 0x20
QUALITY_NT = 0x40
QUALITY_IV = 0x80

# Qualifiers
SELECT = 0x80  # S/E bit of QOC and QOS
QOI_STATION = 20
QOI_GROUP_1 = 21
QOI_GROUP_16 = 36
QCC_RQT_GENERAL = 5
QCC_FREEZE = 1
QCC_FREEZE_RESET = 2
QCC_RESET = 3
QRP_GENERAL = 1
QRP_EVENTS = 2
COI_POWER_ON = 0
COI_MANUAL_RESET = 1
COI_REMOTE_RESET = 2

CA_BROADCAST = 65535
MAX_ASDU = 249
MAX_APDU = 255

# Indices into Outstation.counts: what was refused, and why links ended
REFUSED_TYPE = 1
REFUSED_COT = 2
REFUSED_CA = 3
REFUSED_IOA = 4
REFUSED_STRUCTURE = 5
REFUSED_CONTROL = 6
REFUSED_VALUE = 7
REFUSED_TIME = 8
REFUSED_HANDLER = 9
REFUSED_SELECT = 10
REFUSED_BUSY = 11
REFUSED_QUALIFIER = 12
IGNORED_MALFORMED = 13
IGNORED_NEGATIVE = 14
REFUSED_PEER = 15
REFUSED_FULL = 16
CLOSED_FRAMING = 17
CLOSED_SEQUENCE = 18
CLOSED_T1 = 19
CLOSED_NOT_STARTED = 20
CLOSED_OVERRUN = 21
CLOSED_REPLACED = 22
ACCEPTED = 0
COUNT_NAMES = (
    "accepted",
    "type",
    "cot",
    "ca",
    "ioa",
    "structure",
    "control",
    "value",
    "time",
    "handler",
    "select",
    "busy",
    "qualifier",
    "malformed",
    "negative",
    "peer",
    "full",
    "framing",
    "sequence",
    "t1",
    "not_started",
    "overrun",
    "replaced",
)
