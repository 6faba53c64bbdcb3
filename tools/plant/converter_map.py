"""The register face of a bay's converter, by its configured model."""

from tools.plant.evtec_map import EvtecMap
from tools.plant.pile_map import PileMap
from tools.plant.quasar_map import QuasarMap
from tools.plant.sunspec_map import SunSpecMap

FACES = {"sunspec": SunSpecMap, "quasar": QuasarMap, "evtec": EvtecMap, "ac_pile": PileMap}


def converter_map(plant, bay):
    """`read`/`write` over the converter of bay `bay`, from 0."""
    return FACES[plant.config["bays"][bay]["model"]](plant, bay)
