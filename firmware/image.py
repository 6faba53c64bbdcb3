"""The process image: the one owner of state (design §5); imports nothing of ours.

A signal is a value with a quality and a time; measurements, orders, leases, the step's memory and its
results are all signals, so that staleness, recording, replay and telecontrol need one rule each:

* MEASURED and ORDER signals are the step's inputs. Drivers and order sources write them with put() or fail().
  A signal older than its max_age_ms becomes STALE and stays so until a new put(): an order's age limit
  is its validity.
* LEASE signals are the step's outputs: a value that the driver may act on until it is max_age_ms old,
  and 0 after that.
* STATE signals are what one step leaves to the next. No other memory exists, so a snapshot of the image
  restarts a step exactly. MEMORY is state that nobody but its own part of the step looks at: a plain number
  of its group, no signal.
* RESULT signals explain a step: envelope, winner, limit. Power is in W, positive = charging (import from
  the grid).

STATE and RESULT have a value and nothing else: no quality, no time (eight bays have 200 of them, and each
attribute costs heap). A state that needs its time is DATED, a result that may be unknown is JUDGED.
"""

INVALID, STALE, GOOD = 0, 1, 2
MEASURED, ORDER, LEASE, STATE, RESULT, DATED, JUDGED, MEMORY = 0, 1, 2, 3, 4, 5, 6, 7
INPUTS = (MEASURED, ORDER)
OUTPUTS = (LEASE, JUDGED, RESULT)
SIGNALS = (MEASURED, ORDER, LEASE, STATE, RESULT, DATED, JUDGED)


try:
    from mps2 import Signal  # lint: ok P20 (a board may bring it in C: 16 bytes instead of 32 or 48)
except ImportError:

    class Signal:
        quality = GOOD  # of every signal that has none of its own, and so on
        time = 0
        max_age_ms = 0  # 0 = never stale

        def __init__(self, kind, max_age_ms=0):
            self.value = 0
            if kind != STATE and kind != RESULT:
                self.quality = INVALID if kind <= LEASE else GOOD
                if kind != JUDGED:
                    self.time = 0
            if max_age_ms:
                self.max_age_ms = max_age_ms

        def put(self, value, now):
            """A new sample, order or lease at tick `now`; not for STATE, RESULT and JUDGED."""
            self.value = value
            self.quality = GOOD
            self.time = now

        def fail(self):
            """The last value is worth nothing: sentinel, withdrawn order, no device."""
            self.quality = INVALID


class Group:
    """Signals and memory of the station or of one bay; each one is an attribute."""

    def __init__(self, rows, ages):
        for name, kind in rows:
            setattr(self, name, 0 if kind == MEMORY else Signal(kind, ages.get(name, 0)))


STATION_ROWS = (
    ("grid_power_w", MEASURED),  # at the site's meter: load and all bays
    ("grid_voltage_dv", MEASURED),
    ("frequency_mhz", MEASURED),
    ("import_kwh", MEASURED),  # the meter's own registers
    ("import_wh", MEASURED),
    ("export_kwh", MEASURED),
    ("export_wh", MEASURED),
    ("local", MEASURED),  # 1 = local mode (就地)
    ("master_alive", ORDER),  # age limit = how long all masters may be gone
    ("agc_enabled", ORDER),
    ("agc_w", ORDER),
    ("agc_ramp_w_per_min", ORDER),  # of the dispatcher, 0 = none
    ("agc_deadband_w", ORDER),
    ("free_running", ORDER),  # 1 = no set-point rules (自由发电)
    ("emergency", ORDER),  # 0 none, EMERGENCY_STOP, EMERGENCY_SUPPORT
    ("order_abnormal", ORDER),  # 1 = the last set-point was refused for its value or its time
    ("schedule_w", ORDER),
    ("ramped_w", STATE),
    ("ramp_rest", STATE),
    ("base_hi_w", DATED),  # bounds of the site's own load behind the meter
    ("base_lo_w", DATED),
    ("base_time", MEMORY),
    ("meter_seen", MEMORY),  # tick of the sample that was last judged
    ("meter_mark_w", MEMORY),  # its value, and where the bays' power must have been while it showed that
    ("meter_hi_w", MEMORY),
    ("meter_lo_w", MEMORY),
    ("meter_frozen", STATE),
    ("sum_cur_hi_w", MEMORY),
    ("sum_cur_lo_w", MEMORY),
    ("sum_prev_hi_w", MEMORY),
    ("sum_prev_lo_w", MEMORY),
    ("sum_start", MEMORY),
    ("order_known", STATE),
    ("agc_goal_w", STATE),  # the set-point that is followed: the one before, when the new one is too near
    ("target_w", RESULT),
    ("winner", RESULT),
    ("limit", RESULT),
    ("fallback", RESULT),
    ("remote", RESULT),
    ("raise_blocked", RESULT),  # no more charging possible
    ("lower_blocked", RESULT),  # no more discharging possible
    ("power_w", JUDGED),  # sum of the bays as measured
    ("command_w", RESULT),
    ("envelope_lo_w", RESULT),
    ("envelope_hi_w", RESULT),
    ("charge_room_w", JUDGED),  # from the power now to the ends of the envelope
    ("discharge_room_w", JUDGED),
    ("charge_done", RESULT),  # every vehicle is at the upper end of its SOC window
    ("discharge_done", RESULT),
    ("soc_bp", JUDGED),
    ("installed_w", RESULT),
    ("running_w", RESULT),
    ("adjustable_w", RESULT),  # from the lower to the upper end of the envelope
    ("ramp_w_per_min", RESULT),
    ("fault", RESULT),
    ("locked", RESULT),  # the envelope is closed: no order can be followed
    ("closed_loop", RESULT),  # the dispatcher's set-point would be followed
    ("from_dispatch", RESULT),  # it is
)

BAY_ROWS = (
    ("power_w", MEASURED),
    ("dc_voltage_dv", MEASURED),
    ("dc_current_da", MEASURED),
    ("soc_bp", MEASURED),
    ("state", MEASURED),  # CONVERTER_* below
    ("command_w", LEASE),
    ("cmd_cur_hi_w", MEMORY),  # booking: extremes of what was commanded
    ("cmd_cur_lo_w", MEMORY),
    ("cmd_prev_hi_w", MEMORY),
    ("cmd_prev_lo_w", MEMORY),
    ("cmd_start", MEMORY),
    ("silent", STATE),  # 1 = no measurement, booked at the worst until released_at
    ("release_at", MEMORY),
    ("sample_time", MEMORY),
    ("astray_since", MEMORY),
    ("charged_wms", STATE),
    ("discharged_wms", STATE),
    ("booked_hi_w", RESULT),
    ("booked_lo_w", RESULT),
    ("following", RESULT),
    ("envelope_lo_w", RESULT),
    ("envelope_hi_w", RESULT),
    ("limit_lo", RESULT),
    ("limit_hi", RESULT),
    ("charged_kwh", RESULT),
    ("charged_wh", RESULT),
    ("discharged_kwh", RESULT),
    ("discharged_wh", RESULT),
)

# With these the image grows only where the configuration asks for the battery's guard (firmware/guard/).
GUARD_STATION_ROWS = (
    ("capable_time", MEMORY),
    ("capable_turn", MEMORY),
    ("charge_left_s", RESULT),  # at the full power that is allowed now
    ("discharge_left_s", RESULT),
    ("charge_wh", RESULT),
    ("discharge_wh", RESULT),
    ("charge_15min_w", RESULT),  # sustainable for 15 min
    ("discharge_15min_w", RESULT),
)

GUARD_BAY_ROWS = (
    ("target_bp", ORDER),  # the driver's session: written together, the mode last
    ("minimum_bp", ORDER),
    ("depart", ORDER),  # tick of the departure; not good = unknown
    ("mode", ORDER),
    ("plan_time", MEMORY),
    ("charge_pct", MEMORY),  # % of 1 C that the temperatures of the last second allow
    ("discharge_pct", MEMORY),
    ("latch", MEMORY),
    ("take_wh", MEMORY),  # what this bay can take and give: its share of a common order
    ("give_wh", MEMORY),
    ("cap_w", MEMORY),  # of charging, but for the taper, as the last plan found it
    ("tail_s", MEMORY),  # of that plan's taper: time, AC energy, power at its beginning and at the target
    ("tail_wh", MEMORY),
    ("tail_hi_w", MEMORY),
    ("tail_lo_w", MEMORY),
    ("shared_s", MEMORY),  # laxity of all cars behind the site's limit, as it concerns this one
    ("floor_bp", RESULT),  # the SOC window that holds now
    ("ceiling_bp", RESULT),
    ("must", RESULT),  # code of the reason why this bay must charge; 0 = none
    ("need_s", RESULT),  # to the target, at full power
    ("laxity_s", RESULT),
    ("reach_bp", RESULT),  # SOC at the departure, at full power from now on
)

BUDGET_ROWS = (
    ("budget_wh", ORDER),  # that may be discharged: of the block that the store has
    ("budget_all_wh", ORDER),  # and with what can still be reserved; both at the battery
    ("budget_all_s", ORDER),
)

BMS_ROWS = (
    ("bms_charge_w", MEASURED),  # DC, as the vehicle allows it
    ("bms_discharge_w", MEASURED),
    ("cell_hi_mv", MEASURED),
    ("cell_lo_mv", MEASURED),
    ("temp_hi_dc", MEASURED),
    ("temp_lo_dc", MEASURED),
    ("uneven", RESULT),  # code of the warning that its cells are too far apart; 0 = none
)

METER_ROWS = STATION_ROWS[:7]  # of every other meter the same as of the site's

EMERGENCY_STOP, EMERGENCY_SUPPORT = 1, 2
CONVERTER_OFF, CONVERTER_STANDBY, CONVERTER_RUNNING, CONVERTER_FAULT = 0, 1, 2, 3


class Image:
    """Station and bays. Names and kinds are not kept, only the rows that they come from."""

    phases = phase_rows = ()  # groups, L1 to L3, where each has its own limit (firmware/phases.py)

    def __init__(
        self, station_ages, bay_ages, guarded=False, guard_rows=(), meter_ages=(), more_rows=(), slow_rows=()
    ):
        """station_ages: {signal name: max_age_ms}; bay_ages, meter_ages: one such dict per bay, and per meter
        but the site's. `guard_rows`: of a bay, BUDGET_ROWS, BMS_ROWS; `more_rows`: of the station, from parts
        that an image need not carry; `slow_rows`: of a bay, where a device is slow (firmware/slow.py).
        """
        self.guarded = guarded
        self.slow = bool(slow_rows)
        self.station_rows = STATION_ROWS + GUARD_STATION_ROWS if guarded else STATION_ROWS
        self.station_rows += more_rows
        self.bay_rows = BAY_ROWS
        if guarded:
            self.bay_rows = BAY_ROWS + GUARD_BAY_ROWS + guard_rows
        self.bay_rows += slow_rows
        self.station = Group(self.station_rows, station_ages)
        self.bays = tuple([Group(self.bay_rows, ages) for ages in bay_ages])
        self.meters = tuple([Group(METER_ROWS, ages) for ages in meter_ages])
        self.order_event = False  # set by an order source: step soon; cleared by the loop

    def rows(self):
        """(group, group's name, name, kind) of every row: the station's, then bay after bay, then the other
        meters and the phases.
        """
        for name, kind in self.station_rows:
            yield self.station, "station", name, kind
        for what, groups, rows in (
            ("bay", self.bays, self.bay_rows),
            ("meter", self.meters, METER_ROWS),
            ("phase", self.phases, self.phase_rows),
        ):
            for i in range(len(groups)):
                where = what + str(i + 1)
                for name, kind in rows:
                    yield groups[i], where, name, kind

    def of_kinds(self, kinds=SIGNALS):
        """The signals of these kinds, in the order of their rows."""
        return tuple([getattr(group, name) for group, _, name, kind in self.rows() if kind in kinds])

    def names_of(self, kinds=SIGNALS):
        """Their full names, such as "station.agc_w" or "bay1.soc_bp"."""
        return ["%s.%s" % (where, name) for _, where, name, kind in self.rows() if kind in kinds]

    def find(self, name):
        """The signal with this full name ("bay1.soc_bp"), or None."""
        where, _, what = name.partition(".")
        for group, place, own, kind in self.rows():
            if own == what and place == where and kind != MEMORY:
                return getattr(group, own)
        return None
