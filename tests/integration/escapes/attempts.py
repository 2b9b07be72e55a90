# ruff: noqa: PTH101, PTH108, PTH116, PTH208, PTH211 - the system calls are what is meant
"""A hostile program: put where tesseract or pdftoppm would be, it tries every way out and notes how each ended.

Called as any program it reads targets.json beside itself; the account goes to standard output and to
`$HOME/account-NAME.json`: for each attempt null where it came through, else the error that stopped it.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGETS = json.loads((HERE / "targets.json").read_text())
DATA, OUTSIDE, OTHER = (Path(TARGETS[name]) for name in ("data", "outside", "other"))
CATALOGUE, DOCUMENT = DATA / "catalogue.sqlite", DATA / "blobs" / "document"
PARENT = TARGETS["parent"]
LIBC = ctypes.CDLL(None, use_errno=True)
ATTEMPTS: dict[str, Callable[[], object]] = {}


def attempt(function: Callable[[], object]) -> Callable[[], object]:
    """Enter a way out under its name."""
    ATTEMPTS[function.__name__] = function
    return function


def call(number: int, *arguments: object) -> int:
    """Make a system call by its number; OSError as Python's own wrappers do."""
    result = int(LIBC.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def lent() -> Path:
    """The file that a reader was lent, else one of the archive's."""
    found = Path(os.environ["HOME"]).parent / "in" / "file"
    return found if found.exists() else DOCUMENT


# --------------------------------------------------------------------------- reading what is not ours


@attempt
def read_the_catalogue() -> object:
    return CATALOGUE.read_bytes()


@attempt
def list_the_data_directory() -> object:
    return os.listdir(DATA)


@attempt
def read_another_document() -> object:
    return DOCUMENT.read_bytes()


@attempt
def read_another_sandbox() -> object:
    return [path.read_bytes() for path in OTHER.iterdir()]


@attempt
def list_all_sandboxes() -> object:
    return os.listdir(OTHER.parents[1])


@attempt
def read_the_users_of_the_machine() -> object:
    return Path("/etc/passwd").read_bytes()


@attempt
def read_through_a_symbolic_link() -> object:
    os.symlink(CATALOGUE, "link")
    return Path("link").read_bytes()


@attempt
def read_through_a_hard_link() -> object:
    os.link(CATALOGUE, "hard")
    return Path("hard").read_bytes()


@attempt
def read_through_proc() -> object:
    return Path(f"/proc/self/root{CATALOGUE}").read_bytes()


@attempt
def find_open_files_of_the_parent() -> object:
    ours = [number for number in range(3, 256) if is_file(number)]
    if not ours:
        raise FileNotFoundError("nothing was left open")
    return ours


def is_file(number: int) -> bool:
    """Whether a descriptor leads to more than a pipe, a device or this very program."""
    try:
        facts = os.fstat(number)
    except OSError:
        return False
    return not stat.S_ISFIFO(facts.st_mode) and not stat.S_ISCHR(facts.st_mode) and facts.st_ino != HERE_INODE


HERE_INODE = os.stat(__file__).st_ino


# --------------------------------------------------------------------------- changing what is not ours


@attempt
def write_beside_the_archive() -> object:
    return (OUTSIDE / "left-behind").write_text("x")


@attempt
def write_into_the_archive() -> object:
    return (DATA / "planted").write_text("x")


@attempt
def change_the_lent_file() -> object:
    with lent().open("r+b") as file:
        return file.write(b"x")


@attempt
def empty_the_lent_file_by_opening_it() -> object:
    return os.open(lent(), os.O_RDONLY | os.O_TRUNC)


@attempt
def cut_the_lent_file() -> None:
    os.truncate(lent(), 1)


@attempt
def remove_the_lent_file() -> None:
    os.unlink(lent())


@attempt
def link_the_lent_file_where_it_could_be_changed() -> object:
    os.link(lent(), "mine")
    return Path("mine").open("r+b")


@attempt
def change_the_mode_of_the_lent_file() -> None:
    os.chmod(lent(), 0o600)


@attempt
def change_the_mode_of_the_catalogue() -> None:
    os.chmod(CATALOGUE, 0o600)


@attempt
def change_the_times_of_the_catalogue() -> None:
    os.utime(CATALOGUE, (0, 0))


@attempt
def put_an_attribute_on_the_catalogue() -> None:
    os.setxattr(CATALOGUE, "user.vanban", b"x")


@attempt
def remove_a_document() -> None:
    (DATA / "blobs" / "spare").unlink()


@attempt
def run_what_it_wrote() -> object:
    program = Path("program")
    program.write_text("#!/bin/sh\nexit 0\n")
    with contextlib.suppress(OSError):
        program.chmod(0o700)
    opened = os.open("program", os.O_CREAT | os.O_RDONLY, 0o700)
    os.close(opened)
    made = os.open("made", os.O_CREAT | os.O_WRONLY, 0o700)
    os.write(made, b"#!/bin/sh\nexit 0\n")
    os.close(made)
    return subprocess.run(["./made"], check=True)


# --------------------------------------------------------------------------- the network


@attempt
def connect_by_tcp() -> object:
    return socket.create_connection(("127.0.0.1", TARGETS["port"]), timeout=5)


@attempt
def listen_by_tcp() -> object:
    return socket.create_server(("127.0.0.1", 0))


@attempt
def send_by_udp() -> object:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", TARGETS["port"]))


@attempt
def connect_to_the_queue() -> None:
    socket.socket(socket.AF_UNIX).connect(TARGETS["socket"])


@attempt
def connect_to_an_abstract_socket() -> None:
    socket.socket(socket.AF_UNIX).connect("\0" + TARGETS["abstract"])


@attempt
def use_a_ring_of_the_kernel() -> object:
    return call(425, 1, ctypes.create_string_buffer(120))  # io_uring_setup


# --------------------------------------------------------------------------- other processes


@attempt
def signal_the_parent() -> None:
    os.kill(PARENT, 0)


@attempt
def signal_the_parent_by_descriptor() -> None:
    signal.pidfd_send_signal(os.pidfd_open(PARENT), 0)


@attempt
def read_the_environment_of_the_parent() -> object:
    return Path(f"/proc/{PARENT}/environ").read_bytes()


@attempt
def read_the_memory_of_the_parent() -> object:
    return Path(f"/proc/{PARENT}/mem").open("rb")


@attempt
def trace_the_parent() -> object:
    ptrace_seize = 0x4206
    if LIBC.ptrace(ptrace_seize, PARENT, None, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True


@attempt
def take_a_descriptor_of_the_parent() -> object:
    return call(438, os.pidfd_open(PARENT), 0, 0)  # pidfd_getfd


@attempt
def limit_the_parent() -> object:
    import resource

    return resource.prlimit(PARENT, resource.RLIMIT_CORE, resource.prlimit(PARENT, resource.RLIMIT_CORE))


@attempt
def slow_the_parent_down() -> None:
    os.setpriority(os.PRIO_PROCESS, PARENT, 1)


@attempt
def share_memory_with_others() -> object:
    created = call(29, 0x76616E, 4096, 0o1600)  # shmget
    return call(31, created, 0, None)  # and away with it


@attempt
def leave_the_group_by_a_session() -> object:
    return in_a_child(os.setsid)


@attempt
def leave_the_group_by_itself() -> object:
    return in_a_child(lambda: os.setpgid(0, 0))


def in_a_child(act: Callable[[], object]) -> int:
    """Do something in a child, which is not the leader of its group; OSError where it fails."""
    child = os.fork()
    if not child:
        try:
            act()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(code, os.strerror(code))
    return code


# --------------------------------------------------------------------------- the kernel


@attempt
def become_root_of_a_user_namespace() -> object:
    return in_a_child(lambda: unshare(0x10000000))


@attempt
def take_a_network_of_its_own() -> object:
    return in_a_child(lambda: unshare(0x40000000))


def unshare(flags: int) -> None:
    """Call unshare(2)."""
    if LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@attempt
def mount_something() -> object:
    Path("mounted").mkdir(exist_ok=True)
    if LIBC.mount(b"none", b"mounted", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return LIBC.umount2(b"mounted", 2)


@attempt
def change_the_root() -> object:
    return in_a_child(lambda: os.chroot("."))


@attempt
def make_a_device() -> None:
    os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(254, 0))


def main() -> None:
    """Try everything and note how it ended."""
    account: dict[str, str | None] = {}
    for name, act in ATTEMPTS.items():
        try:
            act()
            account[name] = None
        except (OSError, MemoryError) as error:
            account[name] = f"{type(error).__name__}: {error}"
    written = json.dumps(account)
    (Path(os.environ["HOME"]) / f"account-{Path(__file__).name}.json").write_text(written)
    sys.stdout.write(written)
    sys.exit(1)


if __name__ == "__main__":
    main()
