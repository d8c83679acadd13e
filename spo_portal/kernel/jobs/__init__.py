"""Long work asked from a screen: the table is the queue, the worker runs it, its author follows it.

Source: règle du portail, habit 6 (« nothing queues work in Redis during a request ») and docs/adr/0006.
"""

from .asking import cancel, enqueue, retry
from .files import open_link, pieces, purge, sign
from .registry import explain, register
from .running import Cancelled, JobRun
from .worker import JOB_FINISHED, run_pending

__all__ = [
    "JOB_FINISHED",
    "Cancelled",
    "JobRun",
    "cancel",
    "enqueue",
    "explain",
    "open_link",
    "pieces",
    "purge",
    "register",
    "retry",
    "run_pending",
    "sign",
]
