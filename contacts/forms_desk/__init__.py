"""Forms of the desk: arrival, paper pile, import, rules."""

from contacts.forms_desk.arrival import ArrivalForm, PublicArrivalForm
from contacts.forms_desk.imports import ImportForm
from contacts.forms_desk.listing import FilterForm
from contacts.forms_desk.paper import LineForm, PileForm
from contacts.forms_desk.rules import PreviewForm, RuleForm

__all__ = [
    "ArrivalForm",
    "FilterForm",
    "ImportForm",
    "LineForm",
    "PileForm",
    "PreviewForm",
    "PublicArrivalForm",
    "RuleForm",
]
