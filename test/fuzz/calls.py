"""
Random system calls on files, made inside a sandbox, from several processes at once, some of which are killed in the
middle of a call. Says "ready", waits for a line, makes the calls, says "made", waits for a line, and checks that the
sandbox still works. The text of call_arguments.py stands before this one.

    python3 -c BOTH JSON      seed, calls, workers, numbers (name of a call -> its number), secret, decoy
"""

import json
import resource
import signal
import sys
import time

request = json.loads(sys.argv[1])
numbers = request["numbers"]
secret = request["secret"].encode()
exit_code = 42
worker_seconds = 20

# What the host would run; a protected file must never hold it.
planted = b"[core]\n\tfsmonitor = planted\n"


class Worker(Arguments):
    # What calls take, one letter each: see `arguments`.
    forms = {
        "open": "pfm", "openat": "dpfm", "openat2": "dphs", "creat": "pm",
        "rename": "pp", "renameat": "dpdp", "renameat2": "dpdpr", "link": "pp", "linkat": "dpdpl",
        "symlink": "pp", "symlinkat": "pdp", "mkdir": "pm", "mkdirat": "dpm", "mknod": "pn0", "mknodat": "dpn0",
        "unlink": "p", "unlinkat": "dpu", "rmdir": "p", "truncate": "pz",
        "chmod": "pm", "fchmod": "dm", "fchmodat": "dpm", "fchmodat2": "dpma",
        "chown": "poo", "lchown": "poo", "fchown": "doo", "fchownat": "dpooa",
        "utime": "pt", "utimes": "pt", "futimesat": "dpt", "utimensat": "dpta",
        "setxattr": "pxvw0", "lsetxattr": "pxvw0", "fsetxattr": "dxvw0",
        "removexattr": "px", "lremovexattr": "px", "fremovexattr": "dx",
        "umask": "m", "chdir": "p", "fchdir": "d", "connect": "kAS", "bind": "kAS",
    }
    arguments = {
        "p": "path_address", "d": "directory", "f": "open_flags", "m": "mode", "n": "node_mode", "a": "at_flags",
        "l": "link_flags", "u": "unlink_flags", "r": "rename_flags", "o": "owner", "z": "size", "h": "how",
        "s": "how_size", "t": "times", "x": "attribute", "v": "value", "w": "value_size", "0": "nothing",
        "k": "socket", "A": "socket_address", "S": "socket_size",
    }
    often = ["openat", "openat", "openat", "mkdirat", "mkdirat", "renameat2", "renameat2", "linkat", "symlinkat", "unlinkat", "bind", "connect"]

    def call(self):
        self.memory.kept.clear()
        names = [name for name in (self.often if self.chance(0.5) else self.forms) if name in numbers]
        name = self.random.choice(names)
        words = [getattr(self, self.arguments[letter])() for letter in self.forms[name]]
        if self.chance(0.02):
            words = [self.random.getrandbits(64) for _ in range(6)]
        words = [ctypes.c_ulong(word & (2**64 - 1)) for word in (words + [0] * 6)[:6]]
        result = libc.syscall(ctypes.c_long(numbers[name]), *words)
        if result >= 0 and name in ("open", "openat", "openat2", "creat"):
            self.keep(result)
        if self.chance(0.1):
            libc.fchmod(self.base, 0o755)
            libc.fchdir(self.base)

    def attack(self):
        """What takes several calls, and would never come about by chance."""
        fresh, target = b"f%d" % self.random.getrandbits(20), self.one(b"", b"./", b"a/../", b"b//", project + b"/", b"up/project/")
        name = self.one(b".env.new", b"new.secret", b"guarded", b".envrc", b".bashrc", b".git/hooks/pre-push")
        denied = self.one(b"d/x.secret", b"e.txt.secret", b"b/x.secret", b".env.local", b"a/.env")
        steps = self.one(
            [("mkdir", fresh), ("mkdir", fresh + b"/hooks"), ("write", fresh + b"/hooks/pre-commit"), ("rename", fresh, b".git")],
            [("mkdir", fresh), ("write", fresh + b"/er"), ("rename", fresh, b"deep")],
            [("mkdir", fresh), ("mkdir", fresh + b"/.git"), ("write", fresh + b"/.git/config.lock")]
            + [("rename", fresh + b"/.git/config.lock", fresh + b"/.git/config")],
            [("mkdir", b".git"), ("symlink", fresh, b".git/modules"), ("write", fresh + b"/x/config")],
            [("symlink", name, fresh), ("write", fresh), ("rename", fresh, name)],
            [("write", fresh), ("link", fresh, name)],
            [("write", fresh), ("rename", fresh, name)],
            [("rename", name, fresh), ("look", fresh), ("link", name, fresh)],
            [("link", denied, fresh), ("look", fresh), ("rename", denied, fresh), ("look", fresh)],
            [("symlink", denied, fresh), ("look", fresh), ("look", denied)],
        )
        for step, *paths in steps:
            try:
                getattr(self, "do_" + step)(*(target + path for path in paths))
            except OSError:
                pass  # most of it is refused

    do_mkdir, do_rename, do_link = staticmethod(os.mkdir), staticmethod(os.rename), staticmethod(os.link)

    def do_symlink(self, to, path):
        os.symlink(os.path.basename(to), path)

    def do_write(self, path):
        self.keep(os.open(path, os.O_CREAT | os.O_RDWR))

    def do_look(self, path):
        self.keep(os.open(path, os.O_RDONLY))

    def keep(self, descriptor):
        self.opened.append(descriptor)
        self.look(descriptor)
        if len(self.opened) > 8:
            os.close(self.opened.pop(self.random.randrange(8)))

    def look(self, descriptor):
        """Reads what was opened: a secret among it is a leak. Writes what the host must never find in a protected file."""
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_dev != os.fstat(base).st_dev:
            return
        try:
            if secret in os.pread(descriptor, 200, 0):
                print("leak:", ascii(os.readlink("/proc/self/fd/%d" % descriptor)), file=sys.stderr, flush=True)
                os._exit(3)
        except OSError:
            pass  # opened for writing only, or as a path
        try:
            os.pwrite(descriptor, planted, 0)
        except OSError:
            pass  # opened for reading only


def work(seed, calls):
    """A process of its own. A timer interrupts what blocks, such as opening a FIFO."""
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    worker = Worker(seed, os.fsencode(request["decoy"]))
    for _ in range(calls):
        worker.attack() if worker.chance(0.02) else worker.call()
    os._exit(0)


def start(seed, calls):
    child = os.fork()
    if child == 0:
        try:
            work(seed, calls)
        finally:
            sys.excepthook(*sys.exc_info())
            os._exit(4)
    return child


def run_workers(seed, calls, count):
    """All end by themselves; meanwhile others are started and killed in the middle of a call."""
    choose = random.Random(seed)
    running = {start(seed + index, calls) for index in range(count)}
    deadline = time.monotonic() + worker_seconds
    while running:
        victim = start(choose.getrandbits(30), 10**9) if count > 1 else None
        time.sleep(choose.uniform(0.005, 0.05))
        if victim is not None:
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
        for child in list(running):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                running.remove(child)
                if status != 0:
                    sys.exit(f"a worker ended with status {status}")
        if time.monotonic() > deadline:
            sys.exit("a call never returned")


def warm_up():
    """What the supervisor needs once for all calls is no growth."""
    for _ in range(1000):
        os.mkdir(b"warm")
        os.close(os.open(b"warm/file", os.O_CREAT | os.O_WRONLY))
        os.unlink(b"warm/file")
        os.rmdir(b"warm")


def check():
    """What an ordinary program does still works, and what is denied still is."""
    os.umask(0o022)
    os.chmod(project, 0o755)
    os.chdir(project)
    fresh = b"works-%d" % os.getpid()
    os.mkdir(fresh)
    os.chdir(fresh)
    with open("file", "w") as file:
        file.write("text")
    os.rename("file", "other")
    os.symlink("other", "link")
    with open("link") as file:
        assert file.read() == "text"
    for name in (".env", "x.secret", "guarded", ".bashrc"):
        try:
            open(name, "w").close()
        except PermissionError:
            continue
        sys.exit(f"{name} can be made")


warm_up()
print("ready", flush=True)
sys.stdin.readline()
run_workers(request["seed"], request["calls"], request["workers"])
print("made", flush=True)
sys.stdin.readline()
check()
sys.exit(exit_code)
