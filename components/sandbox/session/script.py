"""Runs one Python file exactly as given: no validation before it, only the sandbox contains it."""

import time

from components.ports import GuestBroke, GuestGone, GuestJob, GuestLate, Sandbox, ScriptJob
from components.sandbox.session import faults
from components.schema.results.values import ExecutionResult, Provenance


def run_script(job: ScriptJob, sandbox: Sandbox) -> ExecutionResult:
    """Run the file in a guest; passed means that it ended by itself with exit code 0.

    Raises:
        TransientError: no guest could be started.
    """
    asked = GuestJob(
        kind="script",
        files={job.name: job.source},
        spec=job.name.encode(),
        limits=job.limits,
        label=job.label,
        seed=job.seed,
    )
    fault = None
    began = time.perf_counter()
    with sandbox.open(asked) as guest:
        try:
            while True:
                fault = faults.read(guest.receive()) or fault
        except (GuestGone, GuestLate, GuestBroke):
            end = guest.finish()
    provenance = Provenance(image=sandbox.image, backend=sandbox.backend, seed=job.seed)
    return faults.result_of(end, fault, provenance, time.perf_counter() - began)
