"""The production sandbox backend: one container for each guest, through Docker's own SDK."""

import contextlib
import os
import select
import signal
import time
import uuid
from typing import Any

import docker
import docker.errors
import structlog
from docker.types import LogConfig, Ulimit

from components.errors import ConfigError, TransientError
from components.sandbox.backends import owner
from components.sandbox.backends.instance import SOCKET_NAME, Instance, Rendezvous
from components.sandbox.backends.lost import ENGINE_ERRORS, LostContainers
from components.sandbox.backends.pool import MAX_AGE_S, START_TIMEOUT_S, PooledSandbox
from components.sandbox.image import build, inventory
from components.sandbox.image.inventory import Inventory
from components.sandbox.limits import cgroups, seccomp
from components.sandbox.limits.cgroups import MIB, Cgroup, Counters
from components.schema.results.values import Limits

CALL_TIMEOUT_S = 20
"""Of one call to the engine: it may hang on a broken runtime."""

LOAD_TIMEOUT_S = 300
GUEST_RUN = "/run/algoops"
USER = 64_000
INODES = 4_096
LOG_TAIL = 20
GRACE_S = 60.0
MASKED = (
    *("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats"),
    *("/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys"),
)
"""Docker's own list, and all of /sys: a guest has no business with devices or control groups."""

LABEL = "algoops.owner"
DEADLINE_LABEL = "algoops.deadline"
PURPOSE_LABEL = "algoops.job"
SANDBOX_LABEL = "algoops.sandbox"

log = structlog.get_logger(__name__)


class DockerSandbox(PooledSandbox):
    """Guests in containers.

    Args:
        repository: name of the image; its tag is derived from its contents.
        runtime: Docker's runtime (runsc, kata-runtime), empty for its default.

    Raises:
        TransientError: no engine answers.
        ConfigError: the engine does not have that runtime.
    """

    backend = "docker"

    def __init__(
        self,
        limits: Limits,
        warm: int = 0,
        contents: Inventory | None = None,
        *,
        repository: str = "algoops-sandbox",
        runtime: str = "",
        share: bool = False,
    ) -> None:
        super().__init__(limits, warm, share=share)
        self._name = uuid.uuid4().hex
        self._client = connect()
        self._lost = LostContainers(self._client)
        self._runtime = runtime
        self.unlimited = self._check_engine()
        self._contents = contents or inventory.take()
        self._tag = build.tag(repository, self._contents)
        self.image = self.build()
        self.fill()

    def build(self) -> str:
        """The image's id; it is built first where the engine does not have it.

        Raises:
            TransientError: the engine did not take it.
        """
        with build.build_lock():
            found = self._image_id()
            if not found:
                with build.archive(self._contents, self._tag) as file:
                    _load(file)
                found = self._image_id()
        if not found:
            raise TransientError(f"no sandbox: the engine did not keep the image {self._tag}")
        return found

    def start(self, limits: Limits) -> Instance:
        """See `PooledSandbox`. Raises TransientError."""
        meeting = Rendezvous()
        try:
            handle = self._create(meeting, limits)
        except ENGINE_ERRORS as error:
            meeting.close()
            if not isinstance(error, docker.errors.APIError):
                self._lost.made_unheard(_name(meeting))
            raise TransientError(f"no sandbox: Docker did not start a guest: {error}") from error
        try:
            handle.start()
            return meeting.meet(handle, limits, START_TIMEOUT_S)
        except ENGINE_ERRORS as error:
            handle.destroy()
            raise TransientError(f"no sandbox: Docker did not start a guest: {error}") from error
        except BaseException:
            handle.destroy()
            raise
        finally:
            meeting.close()

    def close(self) -> None:
        """See `ports.Sandbox`; then remove what the engine did not remove at once, or made late."""
        super().close()
        self._lost.settle()
        if self._remove_left():
            self._lost.settle()
        self._client.close()

    def _remove_left(self) -> bool:
        """Remove what the engine still lists of this sandbox; whether there was anything."""
        mine = {"label": f"{SANDBOX_LABEL}={self._name}"}
        try:
            left = self._client.containers(all=True, filters=mine)
        except ENGINE_ERRORS as error:
            log.warning("containers-not-listed", reason=str(error))
            return False
        for container in left:
            self._lost.remove_again(container["Id"], container["Status"])
        return bool(left)

    def ping(self) -> str:
        """Ask the engine for its version. Raises TransientError."""
        try:
            version = self._client.version()
        except ENGINE_ERRORS as error:
            raise TransientError(f"no sandbox: Docker does not answer: {error}") from error
        return f"Docker {version['Version']}, API {version['ApiVersion']}"

    def reap(self) -> int:
        """Remove containers whose owner has ended or whose deadline has passed."""
        try:
            found = self._client.containers(all=True, filters={"label": LABEL})
        except ENGINE_ERRORS as error:
            raise TransientError(f"Docker does not answer: {error}") from error
        dead = [c for c in found if _abandoned(c["Labels"], time.time())]
        removed = sum(self._lost.remove(c["Id"]) for c in dead)
        self._lost.retry()
        return removed + owner.reap_homes()

    def prune(self) -> int:
        """Remove our images with other contents; those that containers use stay."""
        repository = self._tag.rpartition(":")[0]
        try:
            images = self._client.images(name=repository)
        except ENGINE_ERRORS as error:
            raise TransientError(f"Docker does not answer: {error}") from error
        old = [tag for i in images for tag in i["RepoTags"] or () if tag != self._tag]
        return sum(_forget(self._client, tag) for tag in old)

    def _check_engine(self) -> tuple[str, ...]:
        try:
            info = self._client.info()
        except ENGINE_ERRORS as error:
            raise TransientError(f"no sandbox: Docker does not answer: {error}") from error
        runtimes = sorted(info.get("Runtimes", {}))
        if self._runtime and self._runtime not in runtimes:
            raise ConfigError(
                f"sandbox.runtime is {self._runtime!r}, this Docker has {', '.join(runtimes)}",
                hint="install it, or leave `runtime` empty",
            )
        offered = {"memory": "MemoryLimit", "pids": "PidsLimit", "cpus": "CpuCfsQuota"}
        return tuple(limit for limit, key in offered.items() if not info.get(key))

    def _image_id(self) -> str:
        try:
            return str(self._client.inspect_image(self._tag)["Id"])
        except docker.errors.ImageNotFound:
            return ""
        except ENGINE_ERRORS as error:
            raise TransientError(f"no sandbox: Docker does not answer: {error}") from error

    def _create(self, meeting: Rendezvous, limits: Limits) -> "_DockerHandle":
        deadline = int(time.time() + MAX_AGE_S + limits.wall_s + GRACE_S)
        created = self._client.create_container(
            image=self.image,
            name=_name(meeting),
            command=inventory.command(f"{GUEST_RUN}/{SOCKET_NAME}", USER),
            user=f"{USER}:{USER}",
            hostname="guest",
            working_dir="/",
            network_disabled=True,
            environment=inventory.ENVIRONMENT,
            labels={
                LABEL: str(owner.me()),
                DEADLINE_LABEL: str(deadline),
                PURPOSE_LABEL: meeting.name,
                SANDBOX_LABEL: self._name,
            },
            host_config=self._host_config(meeting, limits),
            use_config_proxy=False,
        )
        return _DockerHandle(self._client, created["Id"], self.unlimited, self._lost)

    def _host_config(self, meeting: Rendezvous, limits: Limits) -> dict[str, Any]:
        scratch = f"rw,noexec,nosuid,nodev,size={limits.tmpfs_mb}m,nr_inodes={INODES},mode=1777"
        config: dict[str, Any] = self._client.create_host_config(
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true", f"seccomp={seccomp.docker_profile()}"],
            pids_limit=limits.pids,
            mem_limit=limits.memory_mb * MIB,
            memswap_limit=limits.memory_mb * MIB,
            nano_cpus=int(limits.cpus * 1e9),
            ulimits=[
                Ulimit(name="nofile", soft=limits.nofile, hard=limits.nofile),
                Ulimit(name="fsize", soft=limits.fsize_mb * MIB, hard=limits.fsize_mb * MIB),
                Ulimit(name="core", soft=0, hard=0),
                Ulimit(name="memlock", soft=0, hard=0),
            ],
            tmpfs={"/tmp": scratch},  # noqa: S108  # the guest's own
            binds=[f"{meeting.folder}:{GUEST_RUN}:ro"],
            ipc_mode="none",
            cgroupns="private",
            init=False,
            runtime=self._runtime or None,
            log_config=LogConfig(type="json-file", config={"max-size": "64k", "max-file": "1"}),
        )
        return {**config, "MaskedPaths": list(MASKED)}


class _DockerHandle:
    """Holds a guest by its container, and by the host's id of its first process."""

    def __init__(
        self, client: Any, container: str, unlimited: tuple[str, ...], lost: LostContainers
    ) -> None:
        self._client, self.container, self._lost = client, container, lost
        self.unlimited = self.by_process = unlimited
        self.first, self._pidfd = 0, -1
        self._group = Cgroup()
        self._destroyed = False

    def start(self) -> None:
        """Start the container and take hold of its first process. Raises ENGINE_ERRORS."""
        self._client.start(self.container)
        self.first = int(self._client.inspect_container(self.container)["State"]["Pid"])
        if self.first:
            self._pidfd = os.pidfd_open(self.first)
            self._group = cgroups.of(self.first)

    def running(self) -> bool:
        if self._pidfd < 0 or self._destroyed:
            return False
        watch = select.poll()
        watch.register(self._pidfd, select.POLLIN)
        return not watch.poll(0)

    def counters(self) -> Counters:
        counted = self._group.counters()
        if counted.oom_kills is not None or self.running():
            return counted
        return Counters(counted.cpu_s, counted.max_memory_mb, self._engine_oom())

    def forget_peak(self) -> None:
        self._group.forget_peak()

    def kill(self) -> None:
        if self._destroyed or self._pidfd < 0:
            return
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return
        except PermissionError:
            with contextlib.suppress(*ENGINE_ERRORS):
                self._client.kill(self.container, "SIGKILL")

    def destroy(self) -> None:
        if self._destroyed:
            return
        try:
            self.kill()
            self._destroyed = True
            if self._pidfd >= 0:
                os.close(self._pidfd)
        finally:  # whatever became of its process or descriptor: the container goes
            self._destroyed = True
            self._lost.remove(self.container)

    def diagnose(self) -> str:
        try:
            logs: bytes = self._client.logs(self.container, tail=LOG_TAIL)
        except ENGINE_ERRORS as error:
            return str(error)
        return logs.decode(errors="replace").strip()

    def _engine_oom(self) -> int | None:
        """Docker's word, once the control group is gone with its container."""
        try:
            return int(self._client.inspect_container(self.container)["State"]["OOMKilled"])
        except ENGINE_ERRORS:
            return None


def connect(timeout_s: int = CALL_TIMEOUT_S) -> Any:
    """A client of the engine that DOCKER_HOST names, or the local one. Raises TransientError."""
    try:
        return docker.from_env(timeout=timeout_s).api
    except ENGINE_ERRORS as error:
        raise TransientError(
            f"no sandbox: Docker does not answer: {error}",
            hint="start Docker, or set sandbox.backend to bubblewrap",
        ) from error


def _load(file: Any) -> None:
    client = connect(LOAD_TIMEOUT_S)
    try:
        for line in client.load_image(file):
            if "error" in line:
                raise TransientError(f"no sandbox: Docker refused the image: {line['error']}")
    except ENGINE_ERRORS as error:
        raise TransientError(f"no sandbox: Docker refused the image: {error}") from error
    finally:
        client.close()


def _abandoned(labels: dict[str, str], now: float) -> bool:
    whose = owner.parse(labels.get(LABEL, ""))
    if whose is not None and whose.gone():
        return True
    deadline = labels.get(DEADLINE_LABEL, "")
    return deadline.isdigit() and now > int(deadline)


def _forget(client: Any, tag: str) -> bool:
    try:
        client.remove_image(tag)
    except ENGINE_ERRORS as error:
        log.info("image-kept", image=tag, reason=str(error))
        return False
    return True


def _name(meeting: Rendezvous) -> str:
    """A container's name, known to us even where the engine's answer to its making is lost."""
    return f"algoops-{owner.me()}-{meeting.name}"
