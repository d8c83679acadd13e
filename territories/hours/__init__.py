"""Opening hours of a site: OpenStreetMap syntax in and out, the 50 % rule, the state now, the day ribbon.

Pure values and functions, no model: forms, querysets and imports build a `Week` and ask it.
Source: GUIDE, walk-in condition of the label; règle du portail, « la bonne porte, ouverte maintenant ».
"""

from .holidays import french_holidays, holiday_name
from .osm import parse_osm, write_osm
from .picture import WeekPicture, week_picture
from .reference import ReferenceWeek, reference_week, split_line
from .ribbon import Ribbon, Segment, day_ribbon
from .season import Season, YearDay
from .sentence import sentence_calendar, sentence_week, sentences
from .share_words import share_words, shown_percent, shown_share
from .slot import HoursError, Slot, to_minutes, to_time
from .status import OpenKind, OpenStatus, coming_minutes, is_open_at, slots_on, status_at
from .week import (
    HALF,
    Closure,
    Week,
    missing_minutes,
    opening_minutes,
    share_of,
    simplest_fix,
    walk_in_minutes,
    walk_in_share,
)
from .words import clock

__all__ = [
    "HALF",
    "Closure",
    "HoursError",
    "OpenKind",
    "OpenStatus",
    "ReferenceWeek",
    "Ribbon",
    "Season",
    "Segment",
    "Slot",
    "Week",
    "WeekPicture",
    "YearDay",
    "clock",
    "coming_minutes",
    "day_ribbon",
    "french_holidays",
    "holiday_name",
    "is_open_at",
    "missing_minutes",
    "opening_minutes",
    "parse_osm",
    "reference_week",
    "sentence_calendar",
    "sentence_week",
    "sentences",
    "share_of",
    "share_words",
    "shown_percent",
    "shown_share",
    "simplest_fix",
    "slots_on",
    "split_line",
    "status_at",
    "to_minutes",
    "to_time",
    "walk_in_minutes",
    "walk_in_share",
    "week_picture",
    "write_osm",
]  # fmt: skip
