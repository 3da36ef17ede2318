"""Whether two files that are joined by an identifier mean the same households: what a join finds nothing for is told.

Identifiers are lost in the best of families: a spreadsheet drops leading zeros, a database writes whole numbers as decimals. A
join that finds nobody is silent then, and families that have left are scored and listed.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.findings import Finding, core_catalogue
from graduasi.errors import PanelError
from graduasi.panel.events import Events

HARDLY_ANY = 0.1
"""With fewer of its events in the panel, a file of events is refused: a few strangers are normal, nine in ten are not."""


def events_of_strangers(events: Events, household_ids: pa.Array | pa.ChunkedArray, *, file: str) -> list[Finding]:
    """A finding if some events are of households that are not in the panel.

    Raises PanelError if hardly any are of households in it. `file` is the name of the events' file.
    """
    if not len(events):
        return []
    known = pc.is_in(pa.array(events.household_id, pa.string()), value_set=pc.unique(household_ids))
    strangers = int(np.count_nonzero(~known.to_numpy(zero_copy_only=False)))
    if len(events) - strangers < HARDLY_ANY * len(events):
        raise PanelError(
            f"{file}: household_id: {strangers:,} of {len(events):,} events are of households that are not in the panel; are the "
            "identifiers of both files written alike, with their leading zeros?"
        )
    if not strangers:
        return []
    return [core_catalogue().finding("events_of_strangers", count=f"{strangers:,}", total=f"{len(events):,}")]
