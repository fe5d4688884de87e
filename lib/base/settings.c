#include "lib/base/conf.h"

#include <stddef.h>

/* A new setting is one row here and one paragraph in man/codexflow.ini.5.
 * Last three columns: may a repository set it, may it only lower it, the words allowed. */
const struct gp_setting gp_settings[] = {
	{"model.*.api", GP_CONF_STR, "responses", "protocol the server speaks", false, false, NULL},
	{"model.*.url", GP_CONF_STR, NULL, "base address of the server", false, false, NULL},
	{"model.*.name", GP_CONF_STR, NULL, "model id sent to the server", false, false, NULL},
	{"model.*.key-env", GP_CONF_STR, NULL, "environment variable that holds the key", false,
         false, NULL},
	{"model.*.key-command", GP_CONF_STR, NULL, "command that prints the key", false, false,
         NULL},
	{"model.*.effort", GP_CONF_STR, NULL, "reasoning effort asked for", true, false, NULL},
	{"model.*.max-output", GP_CONF_INT, "32000", "tokens of one answer at most", true, false,
         NULL},
	{"model.*.price-in", GP_CONF_MONEY, NULL, "USD for a million input tokens", false, false,
         NULL},
	{"model.*.price-cached", GP_CONF_MONEY, NULL, "USD for a million cached input tokens",
         false, false, NULL},
	{"model.*.price-write", GP_CONF_MONEY, NULL,
         "USD for a million tokens written to the cache", false, false, NULL},
	{"model.*.price-out", GP_CONF_MONEY, NULL, "USD for a million output tokens", false, false,
         NULL},
	{"model.*.idle-timeout", GP_CONF_INT, "300", "seconds of silence before a call is given up",
         false, false, NULL},

	{"test.command", GP_CONF_STR, NULL, "command that runs the whole suite", true, false, NULL},
	{"test.new", GP_CONF_STR, NULL, "command that runs the tests in {files}", true, false,
         NULL},
	{"test.setup", GP_CONF_STR, NULL, "command that prepares a fresh tree", true, false, NULL},
	{"test.report", GP_CONF_STR, "auto", "how results are read: auto, tap, exit, junit:<glob>",
         true, false, NULL},
	{"test.paths", GP_CONF_LIST, NULL, "globs of the files that are tests", true, false, NULL},
	{"test.timeout", GP_CONF_INT, "600", "seconds one run of tests may take", true, false,
         NULL},

	{"sandbox.kind", GP_CONF_STR, "auto", "what runs commands", false, false,
         "auto bwrap docker podman"},
	{"sandbox.image", GP_CONF_STR, NULL, "image Docker or Podman runs commands in", true, false,
         NULL},
	{"sandbox.host", GP_CONF_STR, NULL, "address of the Docker or Podman engine", false, false,
         NULL},
	{"sandbox.network", GP_CONF_BOOL, "true", "network for the setup command", false, false,
         NULL},
	{"sandbox.read-only", GP_CONF_LIST, NULL, "further folders to be seen read-only", false,
         false, NULL},
	{"sandbox.memory", GP_CONF_INT, "4g", "bytes of memory", true, false, NULL},
	{"sandbox.processes", GP_CONF_INT, "1024", "processes at a time", true, false, NULL},
	{"sandbox.disk", GP_CONF_INT, "1g", "bytes a file may grow to", true, false, NULL},
	{"sandbox.output", GP_CONF_INT, "1m", "bytes of output kept", true, false, NULL},
	{"sandbox.git", GP_CONF_STR, "none", "repository the tests see", true, false,
         "none snapshot"},
	{"sandbox.env", GP_CONF_LIST, NULL, "variables for the command: NAME or NAME=value", false,
         false, NULL},

	{"sandbox.cache-size", GP_CONF_INT, "10g",
         "bytes on disk that base layers and results may keep", false, false, NULL},
	{"sandbox.cache-days", GP_CONF_INT, "30", "days that what is not used is kept", false,
         false, NULL},

	{"context.tokens", GP_CONF_INT, "20000", "tokens of files shown to the model at most", true,
         false, NULL},
	{"context.include", GP_CONF_LIST, NULL, "globs of files always shown", true, false, NULL},
	{"context.exclude", GP_CONF_LIST, NULL, "globs of files never shown", true, false, NULL},
	{"context.instructions", GP_CONF_STR, "AGENTS.md", "file with instructions for the model",
         true, false, NULL},

	{"preview.prefix", GP_CONF_PREFIX, "preview/", "what names of preview branches begin with",
         true, false, NULL},
	{"preview.rounds", GP_CONF_INT, "3", "repairs the model may try", true, false, NULL},
	{"preview.deadline", GP_CONF_INT, "1800", "seconds a request may take", true, false, NULL},
	{"preview.max-lines", GP_CONF_INT, "200", "lines the implementation may add", true, false,
         NULL},

	{"preview.keep-days", GP_CONF_INT, "30", "days after which --prune drops a preview", true,
         false, NULL},

	{"budget.request", GP_CONF_MONEY, "0.50", "USD a request may cost", true, true, NULL},

	{"vet.secrets", GP_CONF_STR, "block", "what a credential in a push does", false, false,
         "block warn off"},
	{"vet.allow", GP_CONF_STR, NULL, "findings that are allowed: rule, path, fingerprint", true,
         false, NULL},

	{"push.remote", GP_CONF_STR, NULL, "remote that previews are pushed to", false, false,
         NULL},

	{NULL, GP_CONF_STR, NULL, NULL, false, false, NULL},
};
