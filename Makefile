# git preview: all, check, isolation, demo, deps, install, bench, fuzz, lint. README.md says what each is for.
PREFIX ?= /usr/local
prefix = $(PREFIX)
bindir = $(prefix)/bin
mandir = $(prefix)/share/man
datadir = $(prefix)/share/codexflow
VERSION := 0.1.0
CC ?= cc

comma := ,
B := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-cov)

soname = $(shell readelf -d $$($(CC) -print-file-name=lib$(1).so 2>/dev/null) 2>/dev/null | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes \
       -Wformat=2 -Wwrite-strings
HARD = -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fPIE
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -I. $(WARN) $(HARD) $(if $(WERROR),-Werror) $(CFLAGS) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(COV),--coverage -O0) \
	-DGP_VERSION='"$(VERSION)"' -DGP_DATADIR='"$(datadir)"' \
	-DGP_LIBGIT2_SO='"$(LIBGIT2_SO)"' -DGP_LIBCURL_SO='"$(LIBCURL_SO)"' \
	-DGP_UNISTRING_SO='"$(UNISTRING_SO)"' -DGP_LIBHS_SO='"$(LIBHS_SO)"' \
	-DGP_LIBYAML_SO='"$(LIBYAML_SO)"'
# lib/repo/certs.c says why these two are exported
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS) \
	-Wl,--export-dynamic-symbol=mbedtls_x509_crt_parse_path \
	-Wl,--export-dynamic-symbol=mbedtls_x509_crt_parse_file \
	$(if $(SAN),-fsanitize=$(SAN)) $(if $(COV),--coverage)
LIBS = -lm -lcjson -linih -lpcre2-8 -lexpat -lseccomp -ldl
LIBGIT2_SO := $(call soname,git2)
LIBCURL_SO := $(call soname,curl)
UNISTRING_SO := $(call soname,unistring)
LIBHS_SO := $(call soname,hs_runtime)
LIBYAML_SO := $(call soname,yaml)

PROGRAMS = git-preview git-preview-test git-preview-push
BIN = $(PROGRAMS:%=$(B)/%)
LIB_SRC := $(wildcard lib/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CMD_OBJ := $(B)/cmd/cmd.o $(B)/cmd/input.o $(B)/cmd/plumbing.o
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c)))
FUZZ_REPLAY := $(FUZZERS:%=$(B)/fuzz/%)
HELPERS := $(patsubst tests/fake/%.c,$(B)/fake/%,$(wildcard tests/fake/*.c))
DATA = lib/model/prices.tsv lib/vet/secrets.tsv lib/vet/popular.tsv lib/preview/preview-record.schema.json \
	lib/preview/ci-github.yml lib/preview/ci-gitlab.yml
DATA_OUT = $(foreach f,$(DATA),$(B)/$(notdir $f)) $(B)/secrets.db
C_FILES = $(wildcard cmd/*.[ch] lib/*/*.[ch] tests/*/*.[ch])
BENCH := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

# What it needs; what its tests need; what single tests need, which are skipped without
DEBIAN = gcc make pkg-config binutils git libgit2-dev libcurl4-openssl-dev libcjson-dev libinih-dev \
	libpcre2-dev libvectorscan-dev libexpat1-dev libyaml-dev libseccomp-dev libunistring-dev ca-certificates \
	bubblewrap python3
DEBIAN_TESTS = libcmocka-dev mandoc perl
DEBIAN_MORE = man-db openssh-client gnupg bats nodejs zsh fish \
	python3-jsonschema python3-yaml lighttpd openssh-server docker.io podman runc uidmap busybox-static curl openssl

# a line a file; V=1 shows the commands, and every line of the tests
SAY = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $(1)  $@';)

# as many jobs as processors, unless make was told how many
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

.PHONY: all always isolation check check-docker check-podman checks demo deps deps-build install uninstall bench fuzz lint format dist clean
.SECONDARY:
all: $(BIN) $(DATA_OUT)

$(B)/git-preview: $(B)/cmd/args.o $(B)/cmd/manage.o
$(B)/git-%: $(B)/cmd/%.o $(CMD_OBJ) $(B)/libpreview.a
	$(call SAY,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

$(B)/libpreview.a: $(LIB_OBJ)
	@rm -f $@
	$(call SAY,AR)$(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Beside the program, as data of a checkout; where else it looks is compiled in.
$(filter %.tsv %.json %.yml,$(DATA_OUT)): $(B)/%: $(DATA)
	@mkdir -p $(@D)
	@cp $(filter %/$*,$^) $@

# The rules for secrets as one walk: compiled here, so that no push waits for it.
$(B)/secrets.db: $(B)/secrets.tsv $(B)/secrets_db
	$(call SAY,DB)$(B)/secrets_db $< $@
$(B)/secrets_db: $(B)/cmd/secrets_db.o $(B)/libpreview.a
	$(call SAY,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lhs

$(B)/lib/base/data.o: $(B)/datadir
$(B)/datadir: always
	@mkdir -p $(@D)
	@echo '$(datadir)' | cmp -s - $@ || echo '$(datadir)' >$@

$(B)/unit/%: $(B)/tests/unit/%.o $(B)/libpreview.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(B)/fake/%: $(B)/tests/fake/%.o $(B)/libpreview.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/fake/replay: $(patsubst %.c,$(B)/%.o,$(wildcard tests/fake/replay/*.c))

BENCH_COMMON := $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/common/*.c))
$(B)/bench/%: $(B)/tests/bench/%.o $(BENCH_COMMON) $(B)/libpreview.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/driver.o $(B)/libpreview.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Hostile programs run as they are under any SAN.
ISOLATION := $(addprefix $(B)/isolation/,attempts hold bomb)
$(B)/isolation/attempts: $(addprefix tests/isolation/,attempts.c files.c processes.c network.c kernel.c)
$(B)/isolation/hold: tests/isolation/hold.c
$(B)/isolation/bomb: tests/isolation/bomb.c
$(ISOLATION): tests/isolation/try.h Makefile
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) -std=gnu11 -D_GNU_SOURCE -I. $(WARN) $(if $(WERROR),-Werror) -O1 -o $@ $(filter %.c,$^)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# The one test command. Everything a test needs to find is in the environment.
check: deps
	@$(MAKE) $(JOBS) --no-print-directory checks

checks: all $(UNIT) $(FUZZ_REPLAY) $(HELPERS) $(ISOLATION)
	@B='$(CURDIR)/$(B)' SAN='$(SAN)' tests/run.sh

# The command-line tests again with every run in a container of a real engine: what check has time
# for of them it has run already.
check-docker check-podman: all $(HELPERS) $(ISOLATION)
	@B='$(CURDIR)/$(B)' TEST_SANDBOX='$(@:check-%=%)' tests/run.sh

# Every hostile attempt, as every user and kind that can be had here, as a table.
isolation: all $(ISOLATION) $(HELPERS)
	@B='$(CURDIR)/$(B)' tests/isolation/table.sh

# The main job on the bundled sample: the model's words are recorded, all else is real.
demo: deps-build
	@echo building
	@$(MAKE) $(JOBS) -s all $(HELPERS)
	@B='$(CURDIR)/$(B)' tests/demo/demo.sh

deps:
	@tests/deps.sh $(DEBIAN) $(DEBIAN_TESTS) -- $(DEBIAN_MORE)

deps-build:
	@tests/deps.sh $(DEBIAN)

# The rules of the house, and what linters know.
lint:
	@CC='$(CC)' MAKE='$(MAKE)' tests/lint.sh

format:
	clang-format -i $(C_FILES)

# Looks for new inputs that break a reader: make fuzz FUZZ=sse TIME=60. What it finds goes into
# tests/fuzz/corpus/<name>/ together with the fix.
TIME ?= 60
F = build-fuzz
fuzz:
	@test -n '$(FUZZ)' || { echo 'FUZZ=<name>, one of: $(FUZZERS)' >&2; exit 2; }
	@$(MAKE) -s B=$(F) CC=clang SAN=fuzzer-no-link,address,undefined \
		$(F)/fuzz.$(FUZZ) $(F)/secrets.db
	@mkdir -p $(F)/found/$(FUZZ)
	$(F)/fuzz.$(FUZZ) -max_total_time=$(TIME) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix=$(F)/$(FUZZ)- $(F)/found/$(FUZZ) tests/fuzz/corpus/$(FUZZ)

$(F)/fuzz.%: $(F)/tests/fuzz/%.o $(F)/libpreview.a
	$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

# Tab-separated figures: bench, what, value, unit, and the aim where there is one.
bench: all $(BENCH) $(HELPERS)
	@for b in $(BENCH) $(wildcard tests/bench/*.sh); do B='$(CURDIR)/$(B)' $$b || exit 1; done

share = $(prefix)/share
bashdir = $(share)/bash-completion/completions
zshdir = $(share)/zsh/site-functions
fishdir = $(share)/fish/vendor_completions.d
INSTALLED = $(PROGRAMS:%=$(bindir)/%) $(DATA_OUT:$(B)/%=$(datadir)/%) \
	$(patsubst man/%,$(mandir)/man1/%,$(wildcard man/*.1)) \
	$(patsubst man/%,$(mandir)/man5/%,$(wildcard man/*.5)) \
	$(PROGRAMS:%=$(bashdir)/%) $(patsubst completions/%,$(zshdir)/%,$(wildcard completions/_*)) \
	$(fishdir)/git-preview.fish
install: all
	install -d $(sort $(dir $(INSTALLED:%=$(DESTDIR)%)))
	install $(BIN) $(DESTDIR)$(bindir)
	install -m 644 $(wildcard man/*.1) $(DESTDIR)$(mandir)/man1
	install -m 644 $(wildcard man/*.5) $(DESTDIR)$(mandir)/man5
	install -m 644 $(DATA_OUT) $(DESTDIR)$(datadir)
	for p in $(PROGRAMS); do install -m 644 completions/git-preview.bash $(DESTDIR)$(bashdir)/$$p; done
	install -m 644 $(wildcard completions/_*) $(DESTDIR)$(zshdir)
	install -m 644 completions/git-preview.fish $(DESTDIR)$(fishdir)

uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	-rmdir $(DESTDIR)$(datadir)

dist:
	git archive --prefix=git-preview-$(VERSION)/ -o git-preview-$(VERSION).tar.gz HEAD

clean:
	rm -rf build build-*
