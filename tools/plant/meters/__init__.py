"""Simulated meters, one a maker, each with its own register definitions and quirks; TWINS names them.

No register stands here because a driver has it: these are the makers' tables a second time, so that a
slip in one shows against the other.
"""

from tools.plant.meters.acrel import Adl400, Adw300, Djsf1352, Djsf1352Rn6, Dtsd1352
from tools.plant.meters.chint import Dtsu666
from tools.plant.meters.eastron import Sdm72, Sdm630
from tools.plant.meters.gavazzi import Em24, Em24Partial, Em340

TWINS = {
    "sdm630": Sdm630, "sdm72": Sdm72, "dtsu666": Dtsu666, "adl400": Adl400, "dtsd1352": Dtsd1352,
    "adw300": Adw300, "em24": Em24, "em24_42": Em24Partial, "em340": Em340, "djsf1352": Djsf1352,
    "djsf1352_rn6": Djsf1352Rn6,
}
