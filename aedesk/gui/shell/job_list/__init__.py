"""The job list: :class:`JobsView`."""

from aedesk.gui.shell.job_list.model import JobsModel
from aedesk.gui.shell.job_list.view import JobsView

__all__ = ["JobsModel", "JobsView"]
