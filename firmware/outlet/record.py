"""One DC outlet as its sequence sees it: what the lines and measurements say, what the sequence wants.

Drivers and the board's named lines write the inputs; they read the outputs. Every value is an integer; a
line is 0 or 1. An input that is not known keeps the value that allows nothing.

lint: integer
"""

# what the vehicle has reached (its driver's word)
VEHICLE_NONE, VEHICLE_GREETED, VEHICLE_READY, VEHICLE_ENDED, VEHICLE_DONE, VEHICLE_LOST = 0, 1, 2, 3, 4, 5

# how far the vehicle's protocol may go (the sequence's word)
PERMIT_NONE, PERMIT_HELLO, PERMIT_PARAMETERS, PERMIT_READY, PERMIT_ENERGY, PERMIT_END = 0, 1, 2, 3, 4, 5


class Outlet:
    def __init__(self):
        # lines in
        self.silent = 0  # 1 = the lines come over a bus, and it has nothing new
        self.plugged = 0  # CC1 in the band of a connected plug
        self.estop = 1  # 1 = pressed
        self.earth = 0  # 1 = protective earth is there
        self.lock_closed = 0
        self.contactor_closed = 0  # mirror contact of K1K2
        # measurements
        self.outlet_dv = 0  # on the vehicle's side of the contactor
        self.output_dv = 0  # on the converter's side
        self.current_da = 0  # magnitude
        self.wanted_da = 0  # what the converter was told, magnitude
        self.insulation_ohm = 0
        self.insulation_count = 0  # measurements so far, counted up by the monitor's driver
        self.connector_dc = 0
        self.converter_fault = 0
        # the vehicle's word
        self.vehicle = VEHICLE_NONE
        self.vehicle_max_dv = 0
        self.battery_dv = 0
        # somebody wants energy here
        self.requested = 0
        self.reset = 0
        # outputs
        self.lock = 0
        self.auxiliary = 0
        self.contactor = 0
        self.bleeder = 0
        self.mode = 0  # of the converter: OFF, TEST, MATCH, RUN of outlet/table.py
        self.target_dv = 0  # for TEST and MATCH
        self.power_allowed = 0  # 1 = the envelope may be open
        self.derate_bp = 10000  # of the power, by the connector's temperature
        self.permit = PERMIT_NONE
