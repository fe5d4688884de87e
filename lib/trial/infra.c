#include "lib/trial/infra.h"

#include <signal.h>
#include <string.h>

#include "lib/trial/scan.h"

/* Patterns are looked for anywhere in a line; in each list the first line that has one counts. */
static const char *const always[] = {
	"No space left on device",
	"Disk quota exceeded",
	"Cannot allocate memory",
	"virtual memory exhausted",
	"JavaScript heap out of memory",
	"java.lang.OutOfMemoryError",
	"fatal error: runtime: out of memory",
	"c++: fatal error: Killed",
	"cc1: out of memory",
	"bwrap: ",
	"fork: retry: Resource temporarily unavailable",
	"fork: Resource temporarily unavailable",
	"Cannot fork",
	"Too many open files",
	NULL,
};

static const char *const unrun[] = {
	": No module named pytest%$",
	": No module named unittest%$",
	": No module named tox%$",
	": No module named nose%$",
	"npm error Missing script",
	"npm ERR! Missing script",
	"npm ERR! missing script",
	"Cannot find module '/work/node_modules/",
	"error: no such command: `",
	"error: linker `cc` not found",
	"The JAVA_HOME environment variable is not defined",
	"Unable to locate a Java Runtime",
	"Could not resolve host",
	"Temporary failure in name resolution",
	"getaddrinfo EAI_AGAIN",
	"getaddrinfo ENOTFOUND",
	"Network is unreachable",
	"npm error network ",
	"dial tcp: lookup ",
	"Could not transfer artifact ",
	"failed to download from ",
	"Unable to update registry ",
	"Could not find a version that satisfies the requirement",
	"Could not find gem ",
	"Bundler could not find",
	"bundler: command not found",
	"bundler: failed to load command",
	NULL,
};

static const char *const nothing[] = {
	"no test specified",
	"No tests were found",
	"No tests found",
	"no tests ran",
	"no tests to run",
	"No test files found",
	"No tests executed",
	"No tests to run",
	"No test is available",
	"no test files",
	"0 tests ran",
	"Nothing to be done for 'check'",
	"Nothing to be done for 'test'",
	"'check' is up to date",
	"'test' is up to date",
	"Result: NOTESTS",
	"No test files matching",
	"Error: No test files found",
	NULL,
};

static const char *const crash[] = {
	"Segmentation fault",
	"Bus error",
	"Illegal instruction",
	"Floating point exception",
	"core dumped",
	"AddressSanitizer: ",
	"*** stack smashing detected",
	"free(): ",
	"double free or corruption",
	"terminate called after throwing",
	"SIGSEGV",
	"fatal runtime error: ",
	"runtime error: ",
	"Aborted",
	NULL,
};

static const char *const assertion[] = {
	"ssertion `",       "Assertion failed",
	"assertion failed", "AssertionError",
	"ERR_ASSERTION",    "assertion `left",
	"Assertion error",  "ASSERT",
	"FAILED",           "FAIL:",
	"Failure!",         "Check failed",
	"not ok ",          NULL,
};

static const char *const error[] = {
	"error: ",
	"Error: ",
	"ERROR: ",
	"fatal: ",
	"error[",
	"usage: ",
	"Usage: ",
	"nrecognized option",
	"unknown option",
	"invalid option",
	"No rule to make target",
	"No such file or directory",
	"Traceback (most recent call last)",
	"Exception in thread",
	NULL,
};

static struct gp_slice first_line(struct gp_slice text, const char *const *patterns)
{
	uint64_t mask[GP_FINDER_MAX / 64];
	struct gp_finder f = {0};
	struct gp_slice line;

	for (size_t i = 0; patterns[i]; i++)
		gp_finder_add(&f, patterns[i]);
	while (gp_line(&line, &text)) {
		gp_finder_mask(&f, line, mask);
		for (int i = gp_finder_next(mask, 0); i >= 0; i = gp_finder_next(mask, i + 1))
			if (gp_scan_in(line, patterns[i], NULL))
				return line;
	}
	return (struct gp_slice){0};
}

struct gp_slice gp_infra_line(struct gp_slice text, bool ran)
{
	struct gp_slice line = first_line(text, always);

	return line.n || ran ? line : first_line(text, unrun);
}

struct gp_slice gp_nothing_line(struct gp_slice text)
{
	return first_line(text, nothing);
}

struct gp_slice gp_crash_line(struct gp_slice text)
{
	return first_line(text, crash);
}

struct gp_slice gp_assertion_line(struct gp_slice text)
{
	return first_line(text, assertion);
}

struct gp_slice gp_error_line(struct gp_slice text)
{
	return first_line(text, error);
}

const char *gp_signal_word(int sig)
{
	static const struct {
		int sig;
		const char *word;
	} words[] = {{SIGHUP, "hung up"},
	             {SIGINT, "interrupted"},
	             {SIGILL, "an illegal instruction"},
	             {SIGTRAP, "a trap"},
	             {SIGABRT, "aborted"},
	             {SIGBUS, "a bus error"},
	             {SIGFPE, "an arithmetic error"},
	             {SIGKILL, "killed"},
	             {SIGSEGV, "a segmentation fault"},
	             {SIGPIPE, "a broken pipe"},
	             {SIGTERM, "terminated"},
	             {SIGXCPU, "too much processor time"},
	             {SIGXFSZ, "a file grew too large"},
	             {SIGSYS, "a forbidden system call"}};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (words[i].sig == sig)
			return words[i].word;
	return "a signal";
}

bool gp_signal_is_crash(int sig)
{
	return sig == SIGABRT || sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE ||
	       sig == SIGILL || sig == SIGTRAP;
}
