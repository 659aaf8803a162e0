"""Every workflow that exists. A new one is one more entry in one of these tables."""

from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows import (
    buying,
    catalogue,
    loyalty,
    people,
    pricing,
    selling,
    signing_in,
)

ALL: tuple[Workflow, ...] = (
    *buying.WORKFLOWS,
    *selling.WORKFLOWS,
    *pricing.WORKFLOWS,
    *loyalty.WORKFLOWS,
    *catalogue.WORKFLOWS,
    *people.WORKFLOWS,
    *signing_in.WORKFLOWS,
)
