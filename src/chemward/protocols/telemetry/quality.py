"""The quality byte of a sample.

Bits 0–1 are the class the device gave (OPC UA's three classes), the others say what the platform found out.
"""

from __future__ import annotations

GOOD = 0
UNCERTAIN = 1
BAD = 2
CLASS_MASK = 0b11

LATE = 1 << 2  # arrived later than the lateness of its feed: into history, no sound, no duty
CALIBRATION = 1 << 3  # the instrument is being calibrated
MAINTENANCE = 1 << 4  # the instrument is under maintenance
SUBSTITUTED = 1 << 5  # the platform replaced something of the sample (its time, when the device's clock is off)
OUT_OF_RANGE = 1 << 6  # outside the measuring range of the tag

_CLASSES = {GOOD: "good", UNCERTAIN: "uncertain", BAD: "bad"}
_FLAGS = {LATE: "late", CALIBRATION: "cal", MAINTENANCE: "maint", SUBSTITUTED: "substituted", OUT_OF_RANGE: "range"}


def words(quality: int) -> list[str]:
    """The class and the set flags of a quality byte, as words: `["good", "late"]`. Class 3 is not in use and reads as bad."""
    return [_CLASSES.get(quality & CLASS_MASK, "bad"), *(word for bit, word in _FLAGS.items() if quality & bit)]
