"""
The screens through terminal emulators that others wrote: pyte for every TERM, tmux, GNU screen and libvterm where they are what TERM says. Each gets
the bytes that the program sent, and must show, cell by cell, what the tests' own reading of them (tests/screens/pty_screen.py)
shows, with the cursor in the same place; and leave the terminal as it was.
usage: check_terminals.py BUILD WORK [NAME]
"""
import ctypes
import ctypes.util
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import time
import traceback
import unicodedata

import pyte
import tap
from local import Sandbox

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "screens"))
from pty_screen import Screen  # noqa: E402

PATIENCE = 120
ROWS, COLUMNS = 24, 80
COLOUR = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")
MANY_COLOURS = re.compile(rb"\x1b\[(?:[0-9]+;)*[34]8[;:][25][0-9;:]*m")
WIDE = "CREATE OR REPLACE TABLE main.vision.wide_text AS SELECT '猫と犬 🐟' AS wide, 'e\u0301a\u0308n\u0303 x' AS combining, 'né ascii' AS narrow UNION ALL SELECT '中文字', 'o\u0302\u0323', 'plain'"
LEFT_ON = {1, 9, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1047, 1049, 2004}      # modes that must be off in the end


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def lines(text):
    """What is compared: lines without trailing blanks, a letter and its accent as one."""
    return [unicodedata.normalize("NFC", line.rstrip()) for line in text.split("\n")]


def same(wanted, got, who):
    wrong = [f"line {i + 1}: {a!r}, {who} {b!r}" for i, (a, b) in enumerate(zip(wanted, got)) if a != b]
    expect(not wrong and len(wanted) == len(got), f"{len(wanted)} lines, {who} {len(got)}\n" + "\n".join(wrong))


# --- the emulators ---

class Pyte(pyte.Screen):
    """pyte, which keeps what it does not know. It lacks the keypad's modes and xterm's REP, SU, SD and title stack: they are here."""

    def __init__(self, columns, rows):
        self.unknown, self.drawn = [], " "
        super().__init__(columns, rows)

    def debug(self, *arguments, **_):
        self.unknown.append(arguments)

    def draw(self, data):
        self.drawn = data[-1:] or self.drawn
        super().draw(data)

    def keypad(self):
        pass

    def repeat(self, count=None):
        super().draw(self.drawn * (count or 1))

    def window_operation(self, *numbers):
        if numbers[:1] not in ((22,), (23,)):
            self.unknown.append(("window operation", *numbers))

    def scroll(self, call, count):
        """IND or RI on the margin's line, the cursor staying where it is."""
        margins = self.margins or pyte.screens.Margins(0, self.lines - 1)
        row = self.cursor.y
        self.cursor.y = margins.bottom if call == self.index else margins.top
        for _ in range(count or 1):
            call()
        self.cursor.y = row

    def scroll_up(self, count=None):
        self.scroll(self.index, count)

    def scroll_down(self, count=None):
        self.scroll(self.reverse_index, count)


class PyteStream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat", "t": "window_operation", "S": "scroll_up", "T": "scroll_down"}
    escape = {**pyte.ByteStream.escape, "=": "keypad", ">": "keypad"}
    events = pyte.ByteStream.events | {"keypad", "repeat", "window_operation", "scroll_up", "scroll_down"}


class Tmux:
    """A pane that shows the bytes it is given and answers what is on it."""

    def __init__(self, folder, rows, columns):
        self.pipe = os.path.join(folder, "bytes")
        self.socket = os.path.join(folder, "tmux")
        os.mkfifo(self.pipe)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        self.call = lambda *a: subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *a], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False).stdout
        self.call("new-session", "-d", "-s", "s", "-x", str(columns), "-y", str(rows), f"stty raw -echo; printf 'before\\r\\n'; cat '{self.pipe}'; sleep 1000")
        self.call("set-option", "-g", "status", "off")
        self.call("resize-window", "-t", "s", "-x", str(columns), "-y", str(rows))
        self.file = open(self.pipe, "wb", buffering=0)

    def feed(self, data):
        self.file.write(data)

    def resize(self, rows, columns):
        self.call("resize-window", "-t", "s", "-x", str(columns), "-y", str(rows))

    def text(self):
        return self.call("capture-pane", "-p", "-t", "s").removesuffix("\n")

    def ask(self, *names):
        return self.call("display-message", "-p", "-t", "s", " ".join("#{%s}" % n for n in names)).split()

    def settle(self, wanted):
        """Its text when it is what is wanted, or what it still is after a long wait."""
        end = time.monotonic() + PATIENCE
        while lines(self.text()) != wanted and time.monotonic() < end:
            time.sleep(0.1)
        return lines(self.text())

    def end(self):
        self.file.close()
        self.call("kill-server")


class GnuScreen(Screen):
    """GNU screen in a terminal of its own: a window that shows the bytes it is given; what it draws from them is read with pyte."""

    def __init__(self, folder, rows, columns):
        self.pipe, config = os.path.join(folder, "screen-bytes"), os.path.join(folder, "screenrc")
        self.folder = os.path.join(folder, "screens")
        os.mkdir(self.folder, 0o700)
        os.mkfifo(self.pipe)
        with open(config, "w", encoding="ascii") as f:
            f.write("startup_message off\naltscreen on\ndefutf8 on\ndefscrollback 0\nhardstatus ignore\nmsgwait 0\nmsgminwait 0\n")
        self.pyte = Pyte(columns, rows)
        self.stream = PyteStream(self.pyte)
        shell = f"stty raw -echo; printf 'before\\r\\n'; cat '{self.pipe}'; sleep 1000"
        super().__init__([HERE["GNU screen"], "-c", config, "-U", "-S", "s", "-T", "screen", "sh", "-c", shell], rows, columns, {"SCREENDIR": self.folder})
        expect(self.settle(["before"] + [""] * (rows - 1))[0] == "before", "GNU screen shows nothing: " + self.text())
        self.file = os.open(self.pipe, os.O_WRONLY)
        os.set_blocking(self.file, False)

    def draw(self, new):
        self.stream.feed(new)

    def text(self):
        return "\n".join(self.pyte.display)

    def feed(self, data):
        """While it is told something it says something: both are kept going."""
        while data:
            readable, writable, _ = select.select([self.tty], [self.file], [], PATIENCE)
            expect(readable or writable, "GNU screen takes no more")
            if readable:
                self.read_once(0)
            if writable:
                data = data[os.write(self.file, data):]

    def settle(self, wanted):
        end = time.monotonic() + PATIENCE
        while lines(self.text()) != wanted and time.monotonic() < end:
            self.read_once(0.1)
        return lines(self.text())

    def settle_cursor(self, wanted):
        def now():
            at = self.pyte.cursor
            return (at.y, min(at.x, self.pyte.columns - 1), not at.hidden)
        end = time.monotonic() + PATIENCE
        while now() != wanted and time.monotonic() < end:
            self.read_once(0.1)
        return now()

    def call(self, *arguments):
        return subprocess.run([HERE["GNU screen"], "-S", "s", *arguments], env={**os.environ, "SCREENDIR": self.folder}, capture_output=True, text=True, timeout=PATIENCE, check=False).stdout

    def info(self):
        """Its size as it says it, and its modes: "(6,3)/(80,24)+0 +(-)flow app UTF-8 0(sh)"."""
        found = re.match(r"\(\d+,\d+\)/(\(\d+,\d+\))\S* (.*)", self.call("-Q", "info"))
        expect(found, "GNU screen does not answer")
        return found[1], found[2].split()

    def resize(self, rows, columns):
        self.pyte.resize(rows, columns)
        self.set_size(self.tty, rows, columns)
        end = time.monotonic() + PATIENCE
        while self.info()[0] != f"({columns},{rows})":
            expect(time.monotonic() < end, "GNU screen does not take its size")
            self.read_once(0.1)

    def end(self):
        self.call("-X", "quit")
        os.close(self.file)
        end = time.monotonic() + PATIENCE
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0) and time.monotonic() < end:
            self.read_once(0.1)
        os.close(self.tty)


class Rectangle(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("start_row", "end_row", "start_column", "end_column")]


class Position(ctypes.Structure):
    _fields_ = [("row", ctypes.c_int), ("column", ctypes.c_int)]


class Vterm:
    """libvterm, by its own functions."""

    NAME = ctypes.util.find_library("vterm")

    def __init__(self, rows, columns):
        library = ctypes.CDLL(self.NAME)
        for name, result, arguments in (("vterm_new", "P", "ii"), ("vterm_free", None, "P"), ("vterm_set_utf8", None, "Pi"), ("vterm_set_size", None, "Pii"),
                                        ("vterm_obtain_screen", "P", "P"), ("vterm_obtain_state", "P", "P"), ("vterm_screen_enable_altscreen", None, "Pi"),
                                        ("vterm_screen_reset", None, "Pi"), ("vterm_input_write", "N", "PsN"), ("vterm_screen_get_text", "N", "PsNR"), ("vterm_state_get_cursorpos", None, "PC")):
            types = {"P": ctypes.c_void_p, "i": ctypes.c_int, "s": ctypes.c_char_p, "N": ctypes.c_size_t, "R": Rectangle, "C": ctypes.POINTER(Position), None: None}
            function = getattr(library, name)
            function.restype, function.argtypes = types[result], [types[t] for t in arguments]
            setattr(self, name.removeprefix("vterm_"), function)
        self.terminal = self.new(rows, columns)
        self.set_utf8(self.terminal, 1)
        self.screen = self.obtain_screen(self.terminal)
        self.screen_enable_altscreen(self.screen, 1)
        self.screen_reset(self.screen, 1)
        self.rows, self.columns = rows, columns

    def feed(self, data):
        self.input_write(self.terminal, data, len(data))

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.set_size(self.terminal, rows, columns)

    def text(self):
        found = []
        for row in range(self.rows):
            room = ctypes.create_string_buffer(self.columns * 32)
            n = self.screen_get_text(self.screen, room, len(room), Rectangle(row, row + 1, 0, self.columns))
            found.append(room.raw[:n].decode())
        return "\n".join(found)

    def cursor(self):
        at = Position()
        self.state_get_cursorpos(self.obtain_state(self.terminal), ctypes.byref(at))
        return at.row, at.column

    def end(self):
        self.free(self.terminal)


# --- one session ---

class Session(Screen):
    """The program in a terminal of that name: every byte goes to the emulators too."""

    def __init__(self, program, folder, term, environment, emulators):
        self.term, self.folder, self.sent = term, folder, b""
        self.pyte = Pyte(COLUMNS, ROWS)
        self.stream = PyteStream(self.pyte)
        self.tmux = Tmux(folder, ROWS, COLUMNS) if "tmux" in emulators else None
        self.screen = GnuScreen(folder, ROWS, COLUMNS) if "GNU screen" in emulators else None
        self.vterm = Vterm(ROWS, COLUMNS) if "libvterm" in emulators else None
        self.modes_file = os.path.join(folder, "modes")
        wrapper = ["/bin/sh", "-c", 'stty -g >"$0"; "$@"; s=$?; stty -g >>"$0"; exit $s', self.modes_file]
        super().__init__(wrapper + [program, "main.vision", "--sandbox"], ROWS, COLUMNS, {"TERM": term, **environment})

    def draw(self, new):
        self.sent += new
        self.stream.feed(new)
        if self.tmux:
            self.tmux.feed(new)
        if self.screen:
            self.screen.feed(new)
        if self.vterm:
            self.vterm.feed(new)
        super().draw(new)

    def resize(self, rows, columns):
        if self.tmux:
            self.tmux.resize(rows, columns)
        if self.screen:
            self.screen.resize(rows, columns)
        self.pyte.resize(rows, columns)
        if self.vterm:
            self.vterm.resize(rows, columns)
        super().resize(rows, columns)

    def key(self, name):
        """What a terminal of this kind sends for the key; nothing when it has none."""
        return subprocess.run(["tput", "-T", self.term, name], capture_output=True, check=False).stdout

    def shows(self, pattern):
        expect(self.wait(pattern, PATIENCE) is not None, f"never shown: {pattern}\n{self.text()}")
        self.read(0.5)

    def until(self, pattern, key):
        """Presses until the screen shows it."""
        for _ in range(30):
            if re.search(pattern, self.text()):
                return
            self.press(key)
        raise AssertionError(f"{pattern} is not reached\n{self.text()}")

    def compare(self, step):
        try:
            wanted = lines(self.text())
            cursor = (self.row, min(self.column, self.columns - 1), self.cursor_shown)
            same(wanted, lines("\n".join(self.pyte.display)), "pyte")
            theirs = (self.pyte.cursor.y, min(self.pyte.cursor.x, self.columns - 1), not self.pyte.cursor.hidden)
            expect(cursor == theirs, f"the cursor is at {cursor}, pyte {theirs}")
            expect(not self.pyte.unknown, f"pyte does not know {self.pyte.unknown}")
            if self.tmux:
                same(wanted, self.tmux.settle(wanted), "tmux")
                x, y, shown = map(int, self.tmux.ask("cursor_x", "cursor_y", "cursor_flag"))
                theirs = (y, min(x, self.columns - 1), bool(shown))
                expect(cursor == theirs, f"the cursor is at {cursor}, tmux {theirs}")
            if self.screen:
                same(wanted, self.screen.settle(wanted), "GNU screen")
                theirs = self.screen.settle_cursor(cursor)
                expect(cursor == theirs, f"the cursor is at {cursor}, GNU screen {theirs}")
            if self.vterm:
                same(wanted, lines(self.vterm.text()), "libvterm")
                expect(cursor[:2] == self.vterm.cursor(), f"the cursor is at {cursor}, libvterm {self.vterm.cursor()}")
        except AssertionError as e:
            raise AssertionError(f"{step}: {e}") from None

    def end(self):
        """After the program has gone."""
        end, ended = time.monotonic() + PATIENCE, (0, 0)
        while not ended[0]:
            expect(time.monotonic() < end, "it does not leave\n" + self.text())
            self.read_once(0.1)
            ended = os.waitpid(self.pid, os.WNOHANG)
        self.read(0.2, 5)
        expect(os.waitstatus_to_exitcode(ended[1]) == 0, f"it ended with {ended[1]}")
        with open(self.modes_file, encoding="ascii") as f:
            before, after = f.read().split()
        expect(before == after, f"stty was {before} and is {after}")
        expect(self.cursor_shown and not self.pyte.cursor.hidden, "the cursor is not shown again")
        left = {m for m in self.modes if m in LEFT_ON or m == "keypad"} | {m >> 5 for m in self.pyte.mode if m & 31 == 0 and m >> 5 in LEFT_ON}
        expect(not left, f"modes that are still on: {left}")
        expect((0x1b in self.sent) and not self.look, f"attributes that are still on: {self.look}")
        expect(not self.pyte.unknown, f"pyte does not know {self.pyte.unknown}")
        if self.tmux:
            states = ("alternate_on", "keypad_flag", "keypad_cursor_flag", "mouse_any_flag", "insert_flag", "origin_flag")
            expect(self.tmux.ask(*states) == ["0"] * len(states) and self.tmux.ask("cursor_flag", "wrap_flag") == ["1", "1"], f"tmux: {self.tmux.ask(*states)}")
            if b"\x1b[?1049l" in self.sent:
                expect(self.tmux.text().startswith("before\n"), "what was on the terminal is not back: " + self.tmux.text())
        if self.screen:
            back = ["before"] + [""] * (self.rows - 1)
            expect(self.screen.settle(back) == back, "GNU screen: what was on the terminal is not back: " + self.screen.text())
            modes = self.screen.info()[1]
            expect(not {"app", "ins", "org"} & {m.lstrip("+") for m in modes} and "-wrap" not in modes, f"GNU screen: {modes}")


def walk(s):
    """Every tab, the help, a picker, a form, rows with wide and combining characters, other sizes; compared at each step."""
    s.shows("T train_2026")
    s.compare("Browse")
    s.press(s.key("kcud1"))
    s.compare("the cursor one down")
    s.send(b"\x1b1")
    s.shows("works: you are lab-user *\n")
    s.compare("Authenticate")
    s.until("[›>] Compute", s.key("kcuu1"))
    s.send(b"\r")
    s.shows("Sleeping warehouse")
    s.compare("a picker")
    s.send(b"slee")
    s.shows("filter slee")
    s.compare("a picker with a filter")
    s.press(b"\x1b", 1.0)
    if "filter" in s.text():
        s.press(b"\x1b", 1.0)
    for key, pattern in ((b"3", "choose a volume"), (b"4", "Into schema"), (b"5", "choose the inputs table"), (b"6", "no runs yet")):
        s.send(b"\x1b" + key)
        s.shows(pattern)
        s.read(1.0)
        s.compare("tab " + key.decode())
    s.send(b"\x1b3")
    s.shows("choose a volume")
    s.until("[›>] Inputs table", s.key("kcud1"))
    s.press(b"main.vision.new_table")
    s.shows("main.vision.new_table")
    s.compare("a form that is typed into")
    s.press(s.key("kbs") * 3)
    s.shows("main.vision.new_ta ")
    s.compare("characters taken back")
    s.send(b"\x1b2")
    s.shows("T train_2026")
    s.press(b":")
    s.press(b"main.vision.wide_text")
    s.compare("the command line")
    s.press(b"\r", 1.0)
    s.send(b"p")
    s.shows("2 rows, all shown")
    s.compare("rows")
    s.press(s.key("kcuf1"))
    s.compare("rows, one column to the right")
    s.press(b"\r", 1.0)
    s.compare("a row of its own")
    s.press(b"\x1b", 1.0)
    s.send(b"?")
    s.shows("Keys of Preview")
    s.compare("the help")
    s.press(s.key("knp") or b"\x06", 1.0)
    s.compare("the help, one page on")
    s.press(b"\x1b", 1.0)
    for rows, columns in ((30, 100), (15, 60), (24, 80)):
        s.resize(rows, columns)
        s.read(1.0)
        expect("rows, all shown" in s.text(), s.text())
        s.compare(f"{columns}x{rows}")
    s.send(b"q")
    s.end()


# name: TERM, environment, emulators beside pyte (libvterm 0.1 has no REP, which comes where lines are drawn with "-"), (colours, 256 colours, UTF-8) in what is sent
TERMINALS = {
    "xterm-256color": ("xterm-256color", {}, ("tmux", "libvterm"), (True, True, True)),
    "tmux-256color": ("tmux-256color", {}, ("tmux",), (True, True, True)),
    "screen": ("screen", {}, ("tmux", "GNU screen"), (True, False, True)),
    "linux": ("linux", {}, ("tmux", "libvterm"), (True, False, True)),
    "vt100": ("vt100", {}, ("tmux", "libvterm"), (False, False, False)),
    "xterm-256color with NO_COLOR": ("xterm-256color", {"NO_COLOR": "1"}, ("tmux", "libvterm"), (False, False, True)),
    "xterm-256color in the C locale": ("xterm-256color", {"LC_ALL": "C"}, ("tmux",), (True, True, False)),
    "vt100 in the C locale": ("vt100", {"LC_ALL": "C"}, ("tmux", "libvterm"), (False, False, False)),
}

HERE = {"tmux": shutil.which("tmux"), "GNU screen": shutil.which("screen"), "libvterm": Vterm.NAME}


def check(build, work, name):
    term, environment, emulators, wanted = TERMINALS[name]
    folder = tempfile.mkdtemp(prefix="lakeferry-term-")     # a socket's path must be short
    for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        environment = {**environment, variable: os.path.join(folder, variable)}
        os.mkdir(environment[variable], 0o700)
    environment["DATABRICKS_CONFIG_FILE"] = os.path.join(folder, "databrickscfg")
    s = None
    try:
        s = Session(os.path.join(build, "lakeferry"), folder, term, environment, [e for e in emulators if HERE[e]])
        walk(s)
        sent = (bool(COLOUR.search(s.sent)), bool(MANY_COLOURS.search(s.sent)), any(b > 0x7f for b in s.sent))
        expect(sent == wanted, f"colours, 256 colours, UTF-8: {sent}, not {wanted}")
    finally:
        if s:
            for emulator in (s.tmux, s.screen, s.vterm):
                if emulator:
                    emulator.end()
            os.close(s.tty)
        end = time.monotonic() + PATIENCE
        while os.path.exists(folder) and time.monotonic() < end:     # after a failure the program writes until the hangup has reached it
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.1)


def main():
    build, work = sys.argv[1:3]
    for name in HERE:
        if not HERE[name]:
            tap.absent(f"terminals: through {name}", "it is not installed")
    for variable in ("LC_ALL", "LANG", "NO_COLOR", "TMUX", "COLUMNS", "LINES"):
        os.environ.pop(variable, None)
    with Sandbox(build, work) as platform:
        os.environ["LAKEFERRY_SANDBOX_DATA"] = platform.dir
        made = platform.call("POST", "/api/2.0/sql/statements", {"warehouse_id": "wh-live-0001", "wait_timeout": "50s", "statement": WIDE})
        expect(made[1]["status"]["state"] == "SUCCEEDED", made)
        for name in sys.argv[3:] or TERMINALS:
            try:
                check(build, work, name)
                tap.report(True, "terminals: " + name)
            except (AssertionError, OSError, subprocess.SubprocessError, termios.error) as e:
                tap.report(False, "terminals: " + name, [f"{type(e).__name__}: {e}", *traceback.format_exc(limit=-2).split("\n")])
    tap.finish()


main()
