"""A program on a pseudo terminal of its own: what it sends is counted, and drawn on a grid of cells as a terminal would draw it."""
import fcntl, os, pty, re, select, struct, termios, time, unicodedata

CSI = re.compile(rb"\x1b\[([?>]?)([0-9;]*)([@-~])")
OTHER = re.compile(rb"\x1b(\][^\x07\x1b]*(\x07|\x1b\\)|[()][0-9A-B]|([=>78MDEHc]))")


class Screen:
    def __init__(self, arguments, rows=24, columns=80, environment=None):
        self.rows, self.columns = rows, columns
        self.cells = [[(" ", "")] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.look, self.rest, self.last = {}, b"", (" ", "")
        self.margins, self.cursor_shown, self.modes = (0, rows - 1), True, set()
        self.began = time.monotonic()
        self.pid, self.tty = pty.fork()
        if self.pid == 0:
            self.set_size(0, rows, columns)
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environment or {})})
            os.execv(arguments[0], arguments)

    @staticmethod
    def set_size(tty, rows, columns):
        fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        """As a terminal does it: what fits stays where it is."""
        kept = [row[:columns] + [(" ", "")] * (columns - len(row)) for row in self.cells[:rows]]
        self.cells = kept + [[(" ", "")] * columns for _ in range(rows - len(kept))]
        self.rows, self.columns, self.margins = rows, columns, (0, rows - 1)
        self.row, self.column = min(self.row, rows - 1), min(self.column, columns - 1)
        self.set_size(self.tty, rows, columns)

    # --- what comes ---

    def read_once(self, wait):
        """One reading: the bytes of a frame come in one writing. Empty when nothing came in time."""
        if not select.select([self.tty], [], [], wait)[0]:
            return b""
        try:
            got = os.read(self.tty, 65536)
        except OSError:
            return b""
        self.draw(got)
        return got

    def read(self, quiet, most=30.0):
        """All until nothing came for `quiet` seconds."""
        got, end = b"", time.monotonic() + most
        while time.monotonic() < end:
            part = self.read_once(quiet)
            if not part:
                break
            got += part
        return got

    def wait(self, pattern, most=30.0):
        """Until the screen shows it; what came meanwhile, or None."""
        got, end = b"", time.monotonic() + most
        while not re.search(pattern, self.text()):
            if time.monotonic() >= end:
                return None
            got += self.read_once(0.25)
        return got

    def send(self, keys):
        os.write(self.tty, keys)

    def press(self, keys, quiet=0.3):
        """Keys, and all that comes of them."""
        self.send(keys)
        return self.read(quiet)

    # --- the grid ---

    def text(self):
        return "\n".join("".join(c for c, _ in row).rstrip() for row in self.cells)

    def copy(self):
        return [row[:] for row in self.cells]

    def changed(self, before):
        """Cells that are not as they were, each as the bytes of its character: a line is drawn with three."""
        return sum(len(a[0].encode()) or 1 for x, y in zip(self.cells, before) for a, b in zip(x, y) if a != b)

    def put(self, character):
        width = 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width == 0:
            self.combine(character)
            return
        if self.column + width > self.columns:      # the last column was written: the next character goes to the next line
            self.column = 0
            self.line_feed()
        self.last = (character, repr(sorted(self.look.items())))
        for i in range(width):
            self.cells[self.row][self.column] = self.last if i == 0 else ("", self.last[1])
            self.column += 1

    def combine(self, character):
        """Onto the character before the cursor, which may be two cells wide."""
        column = self.column - 1
        while column > 0 and self.cells[self.row][column][0] == "":
            column -= 1
        if column >= 0:
            text, look = self.cells[self.row][column]
            self.cells[self.row][column] = (text + character, look)

    def line_feed(self):
        if self.row == self.margins[1]:
            self.scroll(1)
        else:
            self.row = min(self.row + 1, self.rows - 1)

    def scroll(self, by, first=None):
        """Lines between the margins (or from `first` on) up by so many, or down."""
        first, last = self.margins[0] if first is None else first, self.margins[1]
        self.cells[first:last + 1] = self.shifted(self.cells[first:last + 1], -by)

    def other(self, letter):
        """ESC and one letter."""
        if letter == "M":
            if self.row == self.margins[0]:
                self.scroll(-1)
            else:
                self.row = max(self.row - 1, 0)
        elif letter in "DE":
            self.column = 0 if letter == "E" else self.column
            self.line_feed()
        elif letter in "=>":
            (self.modes.add if letter == "=" else self.modes.discard)("keypad")

    def blank(self, row, first, end):
        for column in range(max(first, 0), min(end, self.columns)):
            self.cells[row][column] = (" ", "")

    def style(self, numbers):
        numbers = numbers or [0]
        if numbers[0] == 38:
            self.look["colour"] = numbers[1:]
            return
        names = {1: "bold", 2: "dim", 4: "under", 7: "reverse"}
        for n in numbers:
            if n == 0:
                self.look = {}
            elif n in names:
                self.look[names[n]] = 1
            elif n == 39:
                self.look.pop("colour", None)
            elif 30 <= n <= 37 or 90 <= n <= 97:
                self.look["colour"] = [n]

    def control(self, private, numbers, final):
        n = numbers[0] if numbers and numbers[0] else 1
        if private == b"?" and final in "hl":
            for mode in numbers:
                (self.modes.add if final == "h" else self.modes.discard)(mode)
            self.cursor_shown = self.cursor_shown if 25 not in numbers else final == "h"
        if private:
            return
        if final == "m":
            self.style(numbers)
        elif final in "Hf":
            self.row, self.column = min(n, self.rows) - 1, (numbers[1] if len(numbers) > 1 and numbers[1] else 1) - 1
        elif final == "G":
            self.column = n - 1
        elif final == "d":
            self.row = min(n, self.rows) - 1
        elif final in "ABCD":
            self.row = min(max(self.row + {"A": -n, "B": n}.get(final, 0), 0), self.rows - 1)
            self.column = min(max(self.column + {"C": n, "D": -n}.get(final, 0), 0), self.columns - 1)
        elif final == "K":
            self.blank(self.row, 0 if numbers and numbers[0] else self.column, self.column + 1 if numbers and numbers[0] == 1 else self.columns)
        elif final == "J":
            self.blank(self.row, self.column, self.columns)
            for row in range(0 if numbers and numbers[0] == 2 else self.row + 1, self.rows):
                self.blank(row, 0, self.columns)
        elif final == "X":
            self.blank(self.row, self.column, self.column + n)
        elif final == "P":
            row = self.cells[self.row]
            row[self.column:] = row[self.column + n:] + [(" ", "")] * min(n, self.columns - self.column)
        elif final == "@":
            row = self.cells[self.row]
            row[self.column:] = ([(" ", "")] * n + row[self.column:])[:self.columns - self.column]
        elif final in "LM":
            if self.margins[0] <= self.row <= self.margins[1]:
                self.scroll(-n if final == "L" else n, self.row)
        elif final in "ST":
            self.scroll(n if final == "S" else -n)
        elif final == "r":
            bottom = numbers[1] if len(numbers) > 1 and numbers[1] else self.rows
            self.margins, self.row, self.column = (n - 1, min(bottom, self.rows) - 1), 0, 0
        elif final == "b":
            for _ in range(n):
                self.put(self.last[0])

    def shifted(self, rows, by):
        blank = [[(" ", "")] * self.columns for _ in range(min(abs(by), len(rows)))]
        return (blank + rows)[:len(rows)] if by > 0 else rows[-by:] + blank

    def draw(self, new):
        data, at = self.rest + new, 0
        self.rest = b""
        while at < len(data):
            byte = data[at]
            if byte == 0x1b:
                found = CSI.match(data, at) or OTHER.match(data, at)
                if not found:
                    if len(data) - at < 64:
                        self.rest = data[at:]
                        return
                    at += 1
                    continue
                if found.re is CSI:
                    self.control(found[1], [int(x) if x else 0 for x in found[2].split(b";")] if found[2] else [], found[3].decode())
                elif found[3]:
                    self.other(found[3].decode())
                at = found.end()
            elif byte < 0x20:
                if byte == 13:
                    self.column = 0
                elif byte == 10:
                    self.line_feed()
                elif byte == 8:
                    self.column = max(self.column - 1, 0)
                at += 1
            else:
                length = 1 if byte < 0x80 else 2 if byte < 0xe0 else 3 if byte < 0xf0 else 4
                if at + length > len(data):
                    self.rest = data[at:]
                    return
                self.put(data[at:at + length].decode("utf-8", "replace"))
                at += length


class Tap:
    """Lines of the Test Anything Protocol."""

    def __init__(self):
        self.count, self.failed = 0, False

    def report(self, good, name, detail=""):
        self.count += 1
        self.failed |= not good
        print(("ok %d - %s" if good else "not ok %d - %s") % (self.count, name), flush=True)
        if not good and detail:
            print("\n".join("# " + line for line in str(detail).split("\n")), flush=True)

    def end(self):
        print("1..%d" % self.count)
        return int(self.failed)
