"""The configuration's schema as data: one row a key, (key, kind, default, lo, hi or choices). Units
stand in the key's name.

A default of REQUIRED makes the key mandatory. Lists carry the table of their items. The keys of `plant`
belong to the plant simulator on the host, which checks them itself.
"""

from firmware.decide import FALLBACKS
from firmware.pointtable import ORDER_NAMES
from firmware.units import FULL_BP, MAX_POWER_W

REGION_NAMES = ("none", "north_china", "north_china_storage", "mengxi", "guangdong", "hunan", "shaanxi_draft")
REQUIRED = None
INT, BOOL, TEXT, CHOICE, SECTION, SECTIONS, ROWS, TEXTS, ADDRESS, FREE, INTS = range(11)

MAX_BAYS = 16
CHEMISTRIES = ("lfp", "nmc", "unknown")
MODES = ("now", "orderly", "v2g")

STATION = (
    ("name", TEXT, "station", 1, 32),
    ("cycle_ms", INT, 100, 20, 1000),
    ("local", BOOL, False, 0, 0),
    ("console_events", BOOL, True, 0, 0),
    ("store", TEXT, "", 0, 200),  # path of what outlives a restart: parameters; "" = nothing does
)

SITE = (
    ("meter", TEXT, "", 0, 32),  # name of the meter at the connection point; "" = none
    ("meter_latency_ms", INT, 600, 0, 10000),  # from the instant that a sample shows to its use
    ("import_max_w", INT, REQUIRED, 0, MAX_POWER_W),
    ("export_max_w", INT, REQUIRED, 0, MAX_POWER_W),
    # Bounds of the site's own load while the meter is silent or missing. Not stated, the load may be
    # anything, and then nothing is left for the bays.
    ("load_min_w", INT, -MAX_POWER_W, -MAX_POWER_W, MAX_POWER_W),
    ("load_max_w", INT, MAX_POWER_W, -MAX_POWER_W, MAX_POWER_W),
    ("load_w_per_s", INT, 500, 0, 1000000),  # how fast that load may drift unseen while the bays move
    ("phases", FREE, (), 0, 0),  # a breaker for each; firmware/phase_config.py
)

BUS = (
    ("name", TEXT, REQUIRED, 1, 32),
    ("kind", CHOICE, REQUIRED, ("rtu", "tcp", "dlt645", "can", "secc"), 0),
    ("device", TEXT, "", 0, 200),  # rtu, dlt645: a serial device
    ("baud", INT, 9600, 1200, 921600),
    ("parity", CHOICE, "N", ("N", "E", "O"), 0),
    ("host", TEXT, "", 0, 100),  # tcp, or a serial server with a dlt645 line behind it
    ("port", INT, 502, 1, 65535),
    ("timeout_ms", INT, 300, 10, 10000),
    ("bitrate", INT, 250000, 10000, 1000000),  # can
    ("options", FREE, {}, 0, 0),  # can: what python-can's Bus() takes; {} = slcan on `device` or `host`
)

# Tables of drivers/maps/; "dlt645" is a protocol of its own, on a bus of that kind.
METER_MODELS = (
    "sdm630",
    "sdm72",
    "dtsu666",
    "adl400",
    "dtsd1352",
    "adw300",
    "em24",
    "em24_42",
    "em340",
    "djsf1352",
    "djsf1352_rn6",
    "dlt645",
)

METER = (
    ("name", TEXT, REQUIRED, 1, 32),
    ("model", CHOICE, "sdm630", METER_MODELS, 0),
    ("bus", TEXT, REQUIRED, 1, 32),
    ("unit", INT, 1, 1, 247),
    ("period_ms", INT, 200, 20, 60000),
    ("max_age_ms", INT, 1000, 100, 600000),
    ("sign", INT, 1, -1, 1),  # -1 where the current transformers are reversed
    ("pt_ratio", INT, 0, 0, 10000),  # of voltage transformers; 0 = as the meter tells, else 1
    ("ct_ratio", INT, 0, 0, 10000),
    ("address", TEXT, "", 0, 12),  # dlt645: its digits; "" = the only meter on the line
)

CONVERTER = (
    ("model", CHOICE, "sunspec", ("sunspec", "sunspec_der", "quasar", "evtec", "infy", "ac_pile"), 0),
    ("bus", TEXT, REQUIRED, 1, 32),
    ("unit", INT, 1, 0, 247),  # infy: address of the first module
    ("modules", INT, 1, 1, 16),  # infy
    ("poll_ms", INT, 100, 20, 10000),
    ("max_age_ms", INT, 1000, 100, 60000),
    ("lease_ms", INT, 2000, 1000, 60000),  # the device's reversion timer: whole seconds
    ("response_ms", INT, 1500, 50, 60000),  # from a command to steady power that a poll shows
    # A slow device (firmware/slow.py); -1 = as its driver declares
    ("reversal_ms", INT, -1, -1, 60000),  # without power, from one direction to the other
    ("write_gap_ms", INT, -1, -1, 60000),  # between two set-points
    ("min_power_w", INT, -1, -1, 100000),  # less is nothing
)

BATTERY = (
    ("soc_min_bp", INT, 2000, 0, FULL_BP),
    ("soc_max_bp", INT, 9000, 0, FULL_BP),
    ("taper_bp", INT, 500, 1, 5000),
    ("soc_step_bp", INT, 0, 0, 500),  # resolution of the SOC that is told; GB/T 27930: 100 at least
    ("max_age_ms", INT, 10000, 100, 600000),
    # Below: the guard (firmware/guard/), which a stated capacity switches on.
    ("capacity_wh", INT, 0, 0, 1000000),  # usable, when new
    ("chemistry", CHOICE, "unknown", CHEMISTRIES, 0),
    ("efficiency_bp", INT, 9000, 5000, FULL_BP),  # one way, the worst of converter and battery together
    ("efficiency_max_bp", INT, 9800, 5000, FULL_BP),  # the best
    ("soh_bp", INT, FULL_BP, 0, FULL_BP),
    ("hysteresis_bp", INT, 100, 1, 1000),
    ("c_rate_pct", INT, 50, 1, 500),  # % of 1 C
    ("charge_pct", ROWS, (), (-500, 1000), (0, 500)),  # [0.1 degree C, % of 1 C]; none = its table
    ("discharge_pct", ROWS, (), (-500, 1000), (0, 500)),
    ("cooling_dc_per_h", INT, 0, 0, 300),  # how fast parked cells may cool, 0.1 K; 0 = not foreseen
    ("coldest_dc", INT, -400, -400, 400),  # and how far
    ("cell_max_mv", INT, 0, 0, 5000),  # 0 = the chemistry's
    ("cell_min_mv", INT, 0, 0, 5000),
    # What may be discharged, at the battery; 0 = no such limit. It is the vehicle's, and needs station.store.
    ("identity", TEXT, "", 0, 16),  # of a vehicle that always stands here; else its own, or the bay's name
    ("budget_day_wh", INT, 0, 0, 1000000),
    ("budget_day_pct", INT, 0, 0, 1000),  # % of the capacity
    ("budget_day_min", INT, 0, 0, 1440),
    ("budget_life_kwh", INT, 0, 0, 100000),
    ("budget_life_h", INT, 0, 0, 20000),
    ("budget_life_cycles", INT, 0, 0, 20000),  # of the whole capacity
    ("budget_block_wh", INT, 1000, 100, 10000),  # reserved ahead: what a power cut may cost
    ("wear_price", INT, 2000, 0, 1000000),  # what discharging costs the battery: 0.0001 currency/kWh
    ("cell_spread_max_mv", INT, 250, 50, 5000),  # between cells: a warning at 3/5 of it, less power at 4/5
    ("temp_spread_max_dc", INT, 200, 50, 1000),  # the same between temperatures
    ("cell_spread_mv", INT, 100, 0, 1000),  # lowest cell below the highest, where the BMS tells only that
    ("bms", BOOL, False, 0, 0),  # the vehicle tells its limits, cell voltages and temperatures
)

SESSION = (
    ("mode", CHOICE, "orderly", MODES, 0),  # of a car whose driver orders nothing else
    ("target_bp", INT, 8000, 0, FULL_BP),
    ("minimum_bp", INT, 3000, 0, FULL_BP),
    ("departure_min", INT, -1, -1, 1439),  # minute of day, UTC; -1 = unknown
    ("margin_s", INT, 300, 0, 7200),  # the promise is kept with so much to spare, and with this SOC
    ("margin_bp", INT, 200, 0, 2000),
)

VEHICLE = (
    ("protocol", CHOICE, "none", ("none", "gbt27930", "secc"), 0),
    ("bus", TEXT, "", 0, 32),  # of kind can for gbt27930, of kind secc for an external SECC
    ("discharge", BOOL, False, 0, 0),  # ask with GB/T 18487.4's messages, which few vehicles know
    ("negotiate", BOOL, False, 0, 0),  # GB/T 27930.2's version frames first
    ("gbt_version", INT, 1, 1, 2),  # that is offered then: 1 = 2015, 2 = 27930.2-2024, which is unverified
    ("discharge_variant", INT, 0, 0, 254),  # of its transfer function, that stands for discharging; 0 = none
    ("discharge_max_da", INT, 0, 0, 4000),  # up to which current, as no known message tells the vehicle's
    ("outlet", FREE, {}, 0, 0),  # what differs from DEFAULTS in firmware/outlet/sequence.py
    ("io_max_age_ms", INT, 500, 100, 2000),  # the outlet's remote I/O silent for longer: its lines are lost
)

BAY = (
    ("name", TEXT, REQUIRED, 1, 32),
    ("rating_w", INT, REQUIRED, 100, 1000000),
    ("phases", INTS, (), 1, 3),  # of the site that its terminals L1, L2, L3 lie on; with site.phases
    ("bidirectional", BOOL, True, 0, 0),
    ("converter", SECTION, REQUIRED, CONVERTER, 0),
    ("battery", SECTION, {}, BATTERY, 0),
    ("session", SECTION, {}, SESSION, 0),
    ("vehicle", SECTION, {}, VEHICLE, 0),
    ("pilot", FREE, {}, 0, 0),  # ac_pile: firmware/pile_config.py
)

CONTROL = (
    ("ramp_w_per_s", INT, REQUIRED, 1, 1000000),
    ("validity_s", INT, 600, 0, 86400),  # of a set-point; 0 = until the next one
    ("master_lost_s", INT, 30, 1, 86400),  # all masters gone longer than this: fallback
    ("fallback", CHOICE, "ramp_to_zero", FALLBACKS, 0),
    ("reserve_charge_w", INT, 0, 0, MAX_POWER_W),  # booked elsewhere: comes off the capability that is told
    ("reserve_discharge_w", INT, 0, 0, MAX_POWER_W),
    ("schedule", ROWS, (), (0, 1439), (-MAX_POWER_W, MAX_POWER_W)),  # [minute of day UTC, W]
)

POINT = (
    ("signal", TEXT, REQUIRED, 1, 32),
    ("ioa", ADDRESS, REQUIRED, 1, 0xFFFFFF),
    ("type", INT, 13, 1, 40),
    ("divisor", INT, 1, 1, 100000),
    ("deadband", INT, 0, 0, MAX_POWER_W),
    ("cyclic_ms", INT, 0, 0, 3600000),
)

COMMAND = (
    ("order", CHOICE, REQUIRED, ORDER_NAMES, 0),  # firmware/pointtable.py says what each is
    ("enabled", BOOL, True, 0, 0),
    ("ioa", ADDRESS, 0, 0, 0xFFFFFF),  # 0 = as listed there
    ("types", INTS, (), 45, 64),  # none = all that fit
    ("operate", CHOICE, "listed", ("listed", "direct", "select"), 0),  # select = select before operate
)

PARAMETER = (
    ("ioa", ADDRESS, REQUIRED, 1, 0xFFFFFF),
    ("point", ADDRESS, REQUIRED, 1, 0xFFFFFF),  # address of the measured value that it belongs to
    ("kind", CHOICE, "deadband", ("deadband", "low_limit", "high_limit"), 0),
)

GROUP = (
    ("name", TEXT, "", 0, 32),
    ("masters", TEXTS, REQUIRED, 0, 100),  # their addresses; one of them at a time is active
)

TLS_CLIENT = (
    ("name", TEXT, REQUIRED, 1, 32),
    # Its certificate or its public key, SHA-256 in hexadecimal: one of the two (`v2g certs show`)
    ("certificate_sha256", TEXT, "", 0, 95),
    ("key_sha256", TEXT, "", 0, 95),
    ("from", TEXTS, (), 0, 100),  # addresses; none = any
)

TLS = (
    ("enabled", BOOL, False, 0, 0),
    ("listen", TEXT, "", 0, 100),  # "" = as telecontrol.listen
    ("port", INT, 19998, 0, 65535),
    ("identity", TEXT, "", 0, 200),  # path of our certificate and key, without .crt.pem, .key.der ...
    ("ca", TEXT, "", 0, 200),  # path of the authority's certificate, without ending
    ("clients", SECTIONS, (), TLS_CLIENT, 0),
    ("handshake_s", INT, 10, 1, 60),
    ("max_handshakes", INT, 4, 1, 16),  # at a time
    ("per_minute", INT, 12, 1, 600),  # handshakes of one address
    ("total_per_minute", INT, 30, 1, 600),  # of all addresses that no client's `from` names
    ("time_floor", TEXT, "", 0, 200),  # file that keeps the latest day; "" = our certificate's first
)

TELECONTROL = (
    ("plain", BOOL, True, 0, 0),  # listen without TLS
    ("tls", SECTION, {}, TLS, 0),
    ("listen", TEXT, "127.0.0.1", 0, 100),
    ("port", INT, 2404, 0, 65535),
    ("common_address", INT, 1, 1, 65534),
    ("power_sign", CHOICE, "generator", ("generator", "load"), 0),  # + = into the grid, or + = charging
    ("setpoint_ioa", ADDRESS, 0x6201, 1, 0xFFFFFF),
    ("setpoint_divisor", INT, 1000, 1, 1000000),  # W per unit on the wire: 1000 = kW
    ("agc_request_ioa", ADDRESS, 0x6001, 1, 0xFFFFFF),
    ("k", INT, 12, 1, 32767),
    ("w", INT, 8, 1, 32767),
    ("t0_s", INT, 30, 1, 255),
    ("t1_s", INT, 15, 1, 255),
    ("t2_s", INT, 10, 1, 255),
    ("t3_s", INT, 20, 1, 172800),
    ("max_links", INT, 4, 1, 16),
    ("event_slots", INT, 256, 16, 65536),
    ("allow", TEXTS, (), 0, 100),  # addresses of masters; none = any
    ("control_from", TEXTS, (), 0, 100),  # addresses that may command; none = the first that starts
    ("groups", SECTIONS, (), GROUP, 0),  # redundancy groups; every other address is a master of its own
    ("commands", SECTIONS, (), COMMAND, 0),  # what differs from the table in firmware/pointtable.py
    ("curve_ioa", ADDRESS, 0, 0, 0xFFFFFF),  # first address of the plan curve (firmware/curve.py); 0 = none
    ("curve_points", INT, 96, 1, 96),
    ("parameters", SECTIONS, (), PARAMETER, 0),  # that the dispatcher may load
    ("select_s", INT, 10, 1, 3600),  # an unused selection ends after this time
    ("region", CHOICE, "none", REGION_NAMES, 0),  # whose K1, K2, K3 are computed
    ("log_orders", CHOICE, "all", ("all", "refused"), 0),
    ("utc_offset_min", INT, 0, -840, 840),  # time base of every time tag: 0 = UTC, 480 = Beijing
    ("summer_time", CHOICE, "none", ("none", "europe"), 0),  # tags an hour ahead and marked SU meanwhile
    ("command_max_age_s", INT, 60, 1, 3600),  # time-tagged commands
    ("clock_valid_s", INT, 86400, 0, 500000),  # how long a synchronisation lasts; 0 = for ever
    ("points", SECTIONS, (), POINT, 0),  # empty = the table in firmware/pointtable.py
)

ORDER_PORT = (
    ("enabled", BOOL, False, 0, 0),
    ("listen", TEXT, "127.0.0.1", 0, 100),
    ("port", INT, 2405, 0, 65535),
    ("device", TEXT, "", 0, 200),  # a serial device instead
    ("baud", INT, 115200, 1200, 921600),
    ("key", TEXT, "", 0, 200),  # path of the shared key (`v2g order-key FILE`)
    ("max_links", INT, 4, 1, 16),
)

RECORDER = (
    ("path", TEXT, "", 0, 200),  # "" = no recording
    ("ring_bytes", INT, 8192, 1024, 1048576),
    ("snapshot_steps", INT, 600, 1, 1000000),
)

CONFIG = (
    ("version", INT, 1, 1, 1),
    ("station", SECTION, {}, STATION, 0),
    ("site", SECTION, REQUIRED, SITE, 0),
    ("buses", SECTIONS, REQUIRED, BUS, 0),
    ("meters", SECTIONS, (), METER, 0),
    ("bays", SECTIONS, REQUIRED, BAY, 0),
    ("control", SECTION, REQUIRED, CONTROL, 0),
    ("telecontrol", SECTION, {}, TELECONTROL, 0),
    ("order_port", SECTION, {}, ORDER_PORT, 0),
    ("recorder", SECTION, {}, RECORDER, 0),
    ("lines", FREE, (), 0, 0),  # the board's (board.json); firmware/lines.py
    ("plant", FREE, {}, 0, 0),
)
