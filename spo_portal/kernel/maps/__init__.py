"""Maps written on the server as SVG: no script, no inline style, colours from the style sheet's classes.

A `Ground` is what a map is drawn on: outlines when they are known, equal tiles otherwise. `choropleth`
colours and labels it; `points_map` sets marks on it. The table with the same figures stands beside each map.
"""

from .choropleth import Drawn, choropleth, draw
from .ground import Frame, Ground, Shape, outlined, schematic
from .points import Kind, Spot, points_map
from .states import Status, states_map
from .topology import label_spot, path_of, rings_of, simplify

__all__ = [
    "Drawn",
    "Frame",
    "Ground",
    "Kind",
    "Shape",
    "Spot",
    "Status",
    "choropleth",
    "draw",
    "label_spot",
    "outlined",
    "path_of",
    "points_map",
    "rings_of",
    "schematic",
    "simplify",
    "states_map",
]
