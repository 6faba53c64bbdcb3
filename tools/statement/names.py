"""Names that the standard gives to types, causes and qualifiers, as clause 9 lists them (from general
knowledge of IEC 60870-5-101 and -104; no text was at hand).

A name says nothing of what we do: the statement ticks a line only after the rehearsal.
"""

MONITOR = (
    (1, "M_SP_NA_1", "Single-point information", "单点信息"),
    (3, "M_DP_NA_1", "Double-point information", "双点信息"),
    (5, "M_ST_NA_1", "Step position information", "步位置信息"),
    (7, "M_BO_NA_1", "Bitstring of 32 bit", "32 比特串"),
    (9, "M_ME_NA_1", "Measured value, normalised", "测量值，归一化值"),
    (11, "M_ME_NB_1", "Measured value, scaled", "测量值，标度化值"),
    (13, "M_ME_NC_1", "Measured value, short floating point", "测量值，短浮点数"),
    (15, "M_IT_NA_1", "Integrated totals", "累计量"),
    (20, "M_PS_NA_1", "Packed single points with status change detection", "带变位检出的成组单点信息"),
    (21, "M_ME_ND_1", "Measured value, normalised, without quality", "不带品质的归一化测量值"),
    (30, "M_SP_TB_1", "Single point with CP56Time2a", "带时标的单点信息"),
    (31, "M_DP_TB_1", "Double point with CP56Time2a", "带时标的双点信息"),
    (32, "M_ST_TB_1", "Step position with CP56Time2a", "带时标的步位置信息"),
    (33, "M_BO_TB_1", "Bitstring with CP56Time2a", "带时标的 32 比特串"),
    (34, "M_ME_TD_1", "Measured value, normalised, with CP56Time2a", "带时标的归一化测量值"),
    (35, "M_ME_TE_1", "Measured value, scaled, with CP56Time2a", "带时标的标度化测量值"),
    (36, "M_ME_TF_1", "Measured value, short floating point, with CP56Time2a", "带时标的短浮点测量值"),
    (37, "M_IT_TB_1", "Integrated totals with CP56Time2a", "带时标的累计量"),
    (38, "M_EP_TD_1", "Event of protection equipment with CP56Time2a", "带时标的继电保护装置事件"),
    (39, "M_EP_TE_1", "Packed start events of protection equipment", "带时标的继电保护装置成组启动事件"),
    (
        40,
        "M_EP_TF_1",
        "Packed output circuit information of protection equipment",
        "继电保护装置成组输出电路信息",
    ),
    (70, "M_EI_NA_1", "End of initialisation", "初始化结束"),
)

CONTROL = (
    (45, "C_SC_NA_1", "Single command", "单点遥控"),
    (46, "C_DC_NA_1", "Double command", "双点遥控"),
    (47, "C_RC_NA_1", "Regulating step command", "步调节命令"),
    (48, "C_SE_NA_1", "Set-point, normalised", "遥调，归一化值"),
    (49, "C_SE_NB_1", "Set-point, scaled", "遥调，标度化值"),
    (50, "C_SE_NC_1", "Set-point, short floating point", "遥调，短浮点数"),
    (51, "C_BO_NA_1", "Bitstring of 32 bit", "32 比特串命令"),
    (58, "C_SC_TA_1", "Single command with CP56Time2a", "带时标的单点遥控"),
    (59, "C_DC_TA_1", "Double command with CP56Time2a", "带时标的双点遥控"),
    (60, "C_RC_TA_1", "Regulating step command with CP56Time2a", "带时标的步调节命令"),
    (61, "C_SE_TA_1", "Set-point, normalised, with CP56Time2a", "带时标的归一化遥调"),
    (62, "C_SE_TB_1", "Set-point, scaled, with CP56Time2a", "带时标的标度化遥调"),
    (63, "C_SE_TC_1", "Set-point, short floating point, with CP56Time2a", "带时标的短浮点遥调"),
    (64, "C_BO_TA_1", "Bitstring with CP56Time2a", "带时标的 32 比特串命令"),
)

SYSTEM = (
    (100, "C_IC_NA_1", "Interrogation", "总召唤"),
    (101, "C_CI_NA_1", "Counter interrogation", "电能量召唤"),
    (102, "C_RD_NA_1", "Read", "读命令"),
    (103, "C_CS_NA_1", "Clock synchronisation", "时钟同步"),
    (105, "C_RP_NA_1", "Reset process", "复位进程"),
    (107, "C_TS_TA_1", "Test command with CP56Time2a", "带时标的测试命令"),
)

PARAMETER = (
    (110, "P_ME_NA_1", "Parameter of measured value, normalised", "测量值参数，归一化值"),
    (111, "P_ME_NB_1", "Parameter of measured value, scaled", "测量值参数，标度化值"),
    (112, "P_ME_NC_1", "Parameter of measured value, short floating point", "测量值参数，短浮点数"),
    (113, "P_AC_NA_1", "Parameter activation", "参数激活"),
)

FILES = (
    (120, "F_FR_NA_1", "File ready", "文件准备就绪"),
    (121, "F_SR_NA_1", "Section ready", "节准备就绪"),
    (122, "F_SC_NA_1", "Call directory, select file, call file, call section", "召唤目录、选择文件"),
    (123, "F_LS_NA_1", "Last section, last segment", "最后的节、最后的段"),
    (124, "F_AF_NA_1", "Ack file, ack section", "认可文件、认可节"),
    (125, "F_SG_NA_1", "Segment", "段"),
    (126, "F_DR_TA_1", "Directory", "目录"),
    (127, "F_SC_NB_1", "Query log", "查询日志"),
)

CAUSES = (
    (1, "cyclic"),
    (2, "background"),
    (3, "spontaneous"),
    (4, "initialised"),
    (5, "request"),
    (6, "activation"),
    (7, "activation con"),
    (8, "deactivation"),
    (9, "deactivation con"),
    (10, "activation term"),
    (11, "return, remote"),
    (12, "return, local"),
    (13, "file"),
    (20, "interrogated"),
    (37, "counter request"),
    (44, "unknown type"),
    (45, "unknown cause"),
    (46, "unknown CA"),
    (47, "unknown IOA"),
)
