"""Charts written on the server as SVG: no script, no inline style, colours from the style sheet's classes.

Each chart is a picture with a title and a description that holds its figures; its table stands beside it on
the screen. A masked count is hatched and said « masqué », never drawn as zero nor guessed from a length.
"""

from .bars import Bar, bars, cell_bar, stacked
from .months import month_bars, month_line, sparkline
from .svg import Value, ticks

__all__ = ["Bar", "Value", "bars", "cell_bar", "month_bars", "month_line", "sparkline", "stacked", "ticks"]
