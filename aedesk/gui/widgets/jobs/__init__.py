"""The list of jobs: :class:`JobsView`."""

from aedesk.gui.widgets.jobs.model import JobsModel
from aedesk.gui.widgets.jobs.view import JobsView

__all__ = ["JobsModel", "JobsView"]
