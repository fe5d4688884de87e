# terminal.sh - commands on a terminal: . "$top/tests/cli/terminal.sh" after lib.sh
# shellcheck shell=sh disable=SC2034,SC2154

# terminal.py <steps> <command...>: the command on a terminal, as told by lines of the file: "wait
# <text>", "send <text>" (with \r, \x03), "size <rows> <columns>", "signal <name>", "run <command>", "close". A cursor
# report that is asked for is given, as terminals do, a little later. The file facts tells how it ended, whether the
# terminal has its modes back, and how many bytes wait there for whoever reads next.
cat >"$T/terminal.py" <<'END'
import fcntl, os, pty, select, signal, struct, sys, termios, time

ours, theirs = pty.openpty()
fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
before = termios.tcgetattr(theirs)
os.environ["TERM"] = "xterm"
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(theirs, fd)
    os.close(ours)
    os.execvp(sys.argv[2], sys.argv[2:])
seen, mark, late = b"", 0, time.time() + 40

def look(seconds):
    global seen
    if not select.select([ours], [], [], seconds)[0]:
        return
    block = os.read(ours, 65536)
    if b"\x1b[6n" in block:
        time.sleep(0.02)
        os.write(ours, b"\x1b[12;34R")
    seen += block

def tell(**kw):
    with open("facts", "w") as f:
        for k in kw:
            print(k, kw[k], file=f)

for line in open(sys.argv[1]):
    verb, _, rest = line.rstrip("\n").partition(" ")
    if verb == "wait":
        while rest.encode() not in seen[mark:] and time.time() < late:
            look(0.2)
        if rest.encode() not in seen[mark:]:
            print("waited for", rest, "in vain", flush=True)
            break
        mark = seen.index(rest.encode(), mark) + len(rest)
    elif verb == "send":
        os.write(ours, rest.encode().decode("unicode_escape").encode("latin-1"))
    elif verb == "size":
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", *map(int, rest.split()), 0, 0))
    elif verb == "run":
        os.system(rest)
    elif verb == "signal":
        os.kill(pid, getattr(signal, rest))
    elif verb == "close":
        os.close(theirs)
        os.close(ours)
        status = os.waitpid(pid, 0)[1]
        tell(gone=os.waitstatus_to_exitcode(status))
        sys.exit()
end = (0, 0)
while not end[0] and time.time() < late:
    end = os.waitpid(pid, os.WNOHANG)
    look(0.05)
while select.select([ours], [], [], 0.1)[0]:
    look(0)
if not end[0]:
    os.kill(pid, signal.SIGKILL)
after, plain = termios.tcgetattr(theirs), termios.tcgetattr(theirs)
plain[3] &= ~termios.ICANON
termios.tcsetattr(theirs, termios.TCSANOW, plain)
queued = struct.unpack("i", fcntl.ioctl(theirs, termios.FIONREAD, b"\0\0\0\0"))[0]
sys.stdout.buffer.write(seen)
tell(status=os.waitstatus_to_exitcode(end[1]) if end[0] else "none",
     modes="back" if after == before else "changed", queued=queued)
END
prompt='wait preview:/work$ '

# on <name> <status> <command...>: the command on a terminal, by the steps on standard input
on() {
	on_name=$1 on_status=$2 here=$PWD
	shift 2
	cat >"$T/steps"
	rm -f "$T/facts"
	(cd "$T" && exec python3 terminal.py steps env -C "$here" "$@") >"$T/raw" 2>"$T/err" </dev/null
	tr -d '\r' <"$T/raw" >"$T/out"
	cat "$T/facts" >>"$T/err"
	status=$(sed -n 's/^[sg][a-z]* //p' "$T/facts")
	report_run "$on_name" $((${status:-99} != on_status))
}
given_back() {
	is "... and the terminal is as it was" "modes back queued 0" \
		"$(sed 1d "$T/facts" | tr '\n' ' ' | sed 's/ $//')"
}
