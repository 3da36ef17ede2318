"""Whether any label can have matured since training. Mostly none has, and then the learners need not be loaded."""

from graduasi.bundle import Bundle
from graduasi.bundle.reference import Reference
from graduasi.dates import to_day
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.drift.alarms import NOTHING, Found, not_enough


def compare_calibration(panel: Panel, events: Events, *, day: int, bundle: Bundle, reference: Reference) -> Found:
    """Calibration on labels that matured after training, as far as there are any."""
    latest = max(int(panel.known_on.max()), int(events.known_on.max()) if len(events) else 0)
    if min(day, latest) <= to_day(reference.calibration.labels_known_through):
        return not_enough(NOTHING)
    from graduasi_training.drift.matured_labels import compare_matured

    return compare_matured(panel, events, day=day, bundle=bundle, reference=reference)
