"""A process that has imported torch once and forks a training run for each line it reads.

Reads ``{"recipe": ..., "run_dir": ..., "resume": ...}`` as JSON, answers with the run's process id, then with its exit status (minus
the signal that killed it), one number per line. Has no threads when it forks, for it computes nothing itself.
"""

from __future__ import annotations

import json
import os
import sys
import traceback


def train(request: dict[str, object]) -> None:
    from aedesk.core.cancel import CancelToken
    from aedesk.core.specs import TrainSpec
    from aedesk.training.fit import fit

    for _ in fit(TrainSpec(device="cpu", **request), CancelToken()):  # type: ignore[arg-type]
        pass


def main() -> None:
    import torch._dynamo  # noqa: F401  what the first optimizer imports

    import aedesk.training.fit  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                train(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    os._exit(0)  # the interpreter would take its time to forget torch


if __name__ == "__main__":
    main()
