"""A dask scheduler with AlgoOps workers as Slurm jobs, by dask-jobqueue.

Run it where jobs may be submitted, in an environment with `algoops[dask]` and `dask-jobqueue`, and
leave it running: the scheduler lives in this process. The daemon's configuration then says
`executor: {kind: dask, address: tcp://THIS-HOST:8786}`. PBS, SGE, LSF and others: take PBSCluster,
SGECluster, LSFCluster instead, with the same arguments.
"""

import signal

from dask_jobqueue import SLURMCluster


def cluster():
    """Cores, memory and walltime are each job's own; each job is one worker with as many slots."""
    return SLURMCluster(
        cores=4,
        memory="8GB",
        processes=1,
        walltime="08:00:00",
        worker_command="algoops_app worker",
        worker_extra_args=["--config", "/srv/algoops/config.yaml"],
        death_timeout=300,
        scheduler_options={"port": 8786, "dashboard": False},
    )


if __name__ == "__main__":
    with cluster() as made:
        made.scale(jobs=8)
        print(made.job_script())
        signal.pause()
