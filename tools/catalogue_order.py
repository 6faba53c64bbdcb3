"""Messages of wear (V37x) and of the order port (V48x, V49x): Chinese text, cause and next action; the
English text stands in firmware/codes_order.py. Rows as in catalogue_device.py.
"""

from firmware import codes_order as c

EVENT = "event"
NOTHING = ("Nothing to do.", "无需处理。")

ROWS = (
    (c.WEAR_SESSION, EVENT, "本次充放电的电池损耗",
     ("A vehicle has left. Two models, so each figure is a range, in millionths of the capacity: with what "
      "it did, with charging only, and the difference.",
      "车辆已离开。两种模型给出区间，单位为容量的百万分之一：实际损耗、仅充电的损耗及其差值。"), NOTHING),
)
