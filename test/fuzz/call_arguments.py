"""What random calls on files are made with: hostile names and paths, pointers, descriptors, flags. Part of calls.py."""

import ctypes
import os
import random
import socket
import stat

base = os.open(".", os.O_RDONLY)
project = os.getcwd().encode()
libc = ctypes.CDLL(None, use_errno=True)
page = 4096

plain = [b"a", b"b", b"c", b"d", b"e.txt"]
guarded = [b".git", b"hooks", b"config", b"config.lock", b"config.worktree", b"info", b"attributes", b"commondir"]
guarded += [b"modules", b"worktrees", b"pre-commit", b"x.sample", b"HEAD", b".env", b".env.local", b"x.secret"]
guarded += [b"guarded", b"deep", b"er", b".envrc", b".bashrc", b".gitmodules", b".vscode", b"tasks.json", b"frozen"]
links = [b"out", b"loop", b"up", b"git", b"absolute", b"chain"]
hostile = [b"new\nline", b"\x1b[31mred", b"\xff\xfe", b"n" * 255, b"n" * 256, b".git\n", b".git ", b".GIT", b".git\xff"]
hostile += [b".env\xff", b"\xed\xb2\x80", "\u202e.env".encode(), "\ufffd".encode(), b" ", b"-rf", b"*", b"{a,b}", b"\\"]
hostile += [b"\xff.secret", b"\n.secret", b".env.\x1b]0;x\x07", b"guarded\x01", b"a (deleted)"]
dots = [b".", b"..", b""]


class Memory:
    """Where the arguments of one call are written; what lies behind `edge` cannot be read."""

    def __init__(self):
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        start = libc.mmap(None, 16 * page, 3, 0x22, -1, 0)
        self.edge = start + 8 * page
        libc.munmap(self.edge, 8 * page)
        self.kept = []

    def place(self, data):
        buffer = ctypes.create_string_buffer(data + b"\0", len(data) + 1)
        self.kept.append(buffer)
        return ctypes.addressof(buffer)

    def place_at_edge(self, data):
        data = data[: 8 * page]
        ctypes.memmove(self.edge - len(data), data, len(data))
        return self.edge - len(data)


class Arguments:
    """Each method makes one argument of a call."""

    def __init__(self, seed, decoy):
        self.random = random.Random(seed)
        self.memory = Memory()
        self.base = base
        self.decoy = decoy
        self.opened = []
        self.sockets = []

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, part):
        return self.random.random() < part

    def name(self):
        return self.random.choice(self.random.choice([plain] * 6 + [guarded] * 6 + [hostile, links, dots]))

    def relative(self):
        return b"/".join(self.name() for _ in range(self.one(1, 1, 1, 1, 2, 2, 2, 3, 4)))

    def own(self):
        start = self.one(b"/proc/self", b"/proc/thread-self", b"/proc/%d" % os.getpid(), b"/proc/1", b"/proc/self/task/1")
        link = self.one(b"cwd", b"root" + project, b"exe", b"fd/%d" % self.descriptor(), b"fd", b"status", b"", b"mem")
        return start + b"/" + link

    def path(self):
        way = self.random.random()
        if way < 0.55:
            return self.relative()
        if way < 0.70:
            return project + b"/" + self.relative()
        if way < 0.78:
            return self.own() + self.one(b"", b"/", b"/" + self.relative())
        if way < 0.82:
            return self.one(self.decoy, b"/etc", b"/dev/fd/%d" % self.descriptor(), b"/tmp", b"/", b"/dev") + b"/" + self.relative()
        if way < 0.86:
            return self.relative().replace(b"/", b"/" * self.random.randint(1, 900)) + b"/" * self.random.randint(0, 3)
        if way < 0.90:
            return self.one(b"a/../", b"./", b"up/", b"chain/", b"loop/", b"../") * self.random.randint(1, 900) + self.relative()
        if way < 0.94:
            size = self.one(4094, 4095, 4096, 4097, 5000, 9000)
            return (self.one(b"a/", b"n" * 255 + b"/", b"./") * size)[: size - 2] + b"/b"
        if way < 0.97:
            return bytes(self.random.randrange(1, 256) for _ in range(self.random.randint(0, 40)))
        return b""

    def path_address(self):
        if self.chance(0.03):
            return self.pointer()
        path = self.path()
        if self.chance(0.05):
            return self.memory.place_at_edge(path + (b"\0" if self.chance(0.7) else b""))
        return self.memory.place(path)

    def pointer(self):
        edge = self.memory.edge
        known = self.one(0, 1, page, edge, edge - 1, edge - 23, 0x7FFF_FFFF_F000, 0xFFFF_8000_0000_0000, 2**64 - 1)
        return known if self.chance(0.8) else self.random.getrandbits(64)

    def descriptor(self):
        return self.one(self.base, *self.opened) if self.chance(0.8) else self.one(0, 1, 2, -1, 9, 99, 2**31 - 1)

    def directory(self):
        garbage = self.random.getrandbits(32) << 32 if self.chance(0.2) else 0
        return garbage | ((-100 if self.chance(0.6) else self.descriptor()) & 0xFFFF_FFFF)

    def open_flags(self):
        if self.chance(0.03):
            return self.random.getrandbits(32)
        flags = self.one(os.O_RDONLY, os.O_WRONLY, os.O_RDWR) | (os.O_CREAT if self.chance(0.5) else 0)
        for rare in (os.O_EXCL, os.O_TRUNC, os.O_APPEND, os.O_NOFOLLOW, os.O_DIRECTORY, os.O_PATH, os.O_TMPFILE, os.O_CLOEXEC):
            flags |= rare if self.chance(0.1) else 0
        return flags | (os.O_NONBLOCK if self.chance(0.9) else 0)

    def mode(self):
        return self.one(0o755, 0o755, 0o755, 0o700, 0o7777, 0o644, 0, self.random.getrandbits(32))

    def node_mode(self):
        kind = self.one(stat.S_IFREG, stat.S_IFREG, stat.S_IFSOCK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR, 0)
        return kind | self.mode() & 0o7777

    def at_flags(self):
        return self.one(0, 0, 0, 0x100, 0x1000, 0x1100) if self.chance(0.95) else self.random.getrandbits(32)

    def link_flags(self):
        return self.one(0, 0, 0x400, 0x1000) if self.chance(0.95) else self.random.getrandbits(32)

    def unlink_flags(self):
        return self.one(0, 0x200) if self.chance(0.95) else self.random.getrandbits(32)

    def rename_flags(self):
        return self.one(0, 0, 0, 0, 1, 2, 4) if self.chance(0.95) else self.random.getrandbits(32)

    def owner(self):
        return self.one(os.getuid(), 0xFFFF_FFFF, 0, 1000)

    def size(self):
        return self.one(0, 1, 100, page, 65536, 2**20, 2**62, 2**63, 2**64 - 1)

    def how(self):
        resolve = self.one(0, 0, 1, 2, 4, 8, 16, 32, 0x0C, self.random.getrandbits(64))
        words = [self.open_flags(), self.mode() if self.chance(0.5) else 0, resolve]
        data = b"".join(word.to_bytes(8, "little") for word in words)
        return self.memory.place_at_edge(data) if self.chance(0.2) else self.memory.place(data)

    def how_size(self):
        return self.one(24, 24, 24, 24, 0, 23, 32, page, 2**63)

    def times(self):
        if self.chance(0.3):
            return self.pointer()
        parts = [self.one(0, 1, 999_999, 10**9, 2**30 - 1, 2**30 - 2, self.random.getrandbits(64)) for _ in range(4)]
        return self.memory.place(b"".join(part.to_bytes(8, "little") for part in parts))

    def attribute(self):
        return self.memory.place(self.one(b"user.a", b"security.x", b"trusted.a", b"user." + b"a" * 250, b"", b"\xff"))

    def value(self):
        return self.memory.place(b"value" * 20) if self.chance(0.8) else self.pointer()

    def value_size(self):
        return self.one(0, 5, 100, 65536, 65537, 2**63)

    def socket(self):
        if self.chance(0.1):
            return self.descriptor()
        if len(self.sockets) < 20 or self.chance(0.3):
            for old in self.sockets[20:]:
                old.close()
            self.sockets = [self.fresh_socket()] + self.sockets[:20]
        return self.random.choice(self.sockets).fileno()

    def fresh_socket(self):
        stream, datagram, raw = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW
        kinds = [(socket.AF_UNIX, stream)] * 4 + [(socket.AF_UNIX, socket.SOCK_SEQPACKET), (socket.AF_NETLINK, raw)]
        kinds += [(family, kind) for family in (socket.AF_INET, socket.AF_INET6) for kind in (stream, datagram)]
        try:
            fresh = socket.socket(*self.random.choice(kinds))
        except OSError:
            fresh = socket.socket(socket.AF_UNIX, stream)  # a sandbox without namespaces has no network at all
        fresh.setblocking(False)
        return fresh

    def socket_address(self):
        if self.chance(0.05):
            return self.pointer()
        data = self.one(1, 1, 1, 1, 2, 10, 16, 0).to_bytes(2, "little") + self.one(self.path, self.name, self.inet)()[:130]
        if self.chance(0.1):
            data = bytes(self.random.getrandbits(8) for _ in range(self.random.randint(0, 128)))
        return self.memory.place_at_edge(data) if self.chance(0.1) else self.memory.place(data + bytes(128))

    def inet(self):
        address = self.one(bytes(4), b"\x7f\0\0\1", b"\xc6\x12\0\1", bytes(20) + b"\1" + bytes(4))
        return self.random.randrange(2**16).to_bytes(2, "big") + address + bytes(16)

    def socket_size(self):
        return self.one(110, 110, 110, 16, 28, 20, 12, 2, 3, 108, 0, 1, 111, 128, 129, 2**31, 2**32 - 1, self.random.randrange(140))

    def nothing(self):
        return 0


