# lakeferry: `make demo` shows it, `make check` proves it; both install what is missing.
# Knobs: V=1 FUZZ_SECONDS= SCHEDULES= SEED= ITEMS= BUILD=folder SANITIZE=address,undefined|thread WERROR=1 CC= CFLAGS= LDFLAGS= PREFIX= DESTDIR=

VERSION := 0.1.0
jobs    := $(shell nproc 2>/dev/null || echo 2)
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
SANITIZE ?=
WERROR  ?=
Q       := $(if $(V),,@)

CC      ?= cc
AR      ?= ar
CFLAGS  ?= -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
PKGS_CLIENT  := libcurl libcjson libsecret-1 inih sqlite3 ncursesw libcrypto
PKGS_SANDBOX := libmicrohttpd libcjson sqlite3 zlib gdlib glib-2.0 libcrypto

lf_warn := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wvla -Wformat=2 -Wconversion -Wno-sign-conversion
lf_defs := -D_GNU_SOURCE -D_XOPEN_SOURCE_EXTENDED -DLAKEFERRY_VERSION='"$(VERSION)"' -Isrc -include src/base/banned.h
lf_cflags := $(lf_warn) $(lf_defs) -fPIE -pthread -MMD -MP $(if $(WERROR),-Werror) \
             $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
lf_ldflags := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE))
pkg_cflags := $(shell pkg-config --cflags $(PKGS_CLIENT) $(PKGS_SANDBOX) 2>/dev/null)
client_libs := $(shell pkg-config --libs $(PKGS_CLIENT) 2>/dev/null)
sandbox_libs := $(shell pkg-config --libs $(PKGS_SANDBOX) 2>/dev/null) -lm
cmocka_libs := $(shell pkg-config --libs cmocka 2>/dev/null)

# One archive a layer; a program or a test links its layer and those below it.
src_base    := $(wildcard src/base/*.c)
src_net     := $(wildcard src/net/*.c)
src_core    := $(wildcard src/core/*.c)
src_cli     := $(wildcard src/cli/*.c)
src_ui      := $(wildcard src/ui/*.c)
src_sandbox := $(filter-out src/sandbox/main.c,$(wildcard src/sandbox/*.c src/sandbox/sql/*.c))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
lib = $(BUILD)/lib$(1).a

layers_base    := $(call lib,base)
layers_net     := $(call lib,net) $(layers_base)
layers_core    := $(call lib,core) $(layers_net)
layers_ui      := $(call lib,ui) $(layers_core)
layers_cli     := $(call lib,cli) $(layers_core)
layers_sandbox := $(call lib,sandbox) $(layers_base)

.PHONY: all
all: $(BUILD)/lakeferry $(BUILD)/lakeferry-sandbox

$(BUILD)/lakeferry: $(call obj,src/main.c) $(call lib,ui) $(call lib,cli) $(layers_core)
	$(if $(V),,@echo '  LINK  $@')
	$(Q)$(CC) $(lf_ldflags) $(LDFLAGS) -o $@ $^ $(client_libs)
$(BUILD)/lakeferry-sandbox: $(call obj,src/sandbox/main.c) $(layers_sandbox)
	$(if $(V),,@echo '  LINK  $@')
	$(Q)$(CC) $(lf_ldflags) $(LDFLAGS) -o $@ $^ $(sandbox_libs)

define archive
$(call lib,$(1)): $(call obj,$(src_$(1)))
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach l,base net core cli ui sandbox,$(eval $(call archive,$(l))))

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC    $<')
	$(Q)$(CC) $(lf_cflags) $(pkg_cflags) $(CFLAGS) -c -o $@ $<

# Unit tests: tests/unit/LAYER/test_NAME.c, each a program linked with its layer.
unit_src := $(wildcard tests/unit/*/test_*.c)
unit_bin := $(patsubst %.c,$(BUILD)/%,$(unit_src))
define unit_rule
$(BUILD)/tests/unit/$(1)/test_%: $(BUILD)/tests/unit/$(1)/test_%.o $(layers_$(1))
	$$(if $$(V),,@echo '  LINK  $$@')
	$$(Q)$$(CC) $$(lf_ldflags) $$(LDFLAGS) -o $$@ $$^ $(2) $$(cmocka_libs)
endef
$(foreach l,base core cli ui,$(eval $(call unit_rule,$(l),$$(client_libs))))
$(eval $(call unit_rule,net,$$(client_libs) $$(sandbox_libs)))
$(eval $(call unit_rule,sandbox,$$(sandbox_libs)))
# Fuzz targets: tests/fuzz/LAYER/fuzz_NAME.c. Here each replays its committed corpus; `make fuzz` builds them anew for libFuzzer.
fuzz_src := $(wildcard tests/fuzz/*/fuzz_*.c)
fuzz_bin := $(patsubst %.c,$(BUILD)/%,$(fuzz_src))
fuzz_shared := $(call obj,tests/fuzz/common.c $(if $(FUZZER),,tests/fuzz/replay.c))
define fuzz_rule
$(BUILD)/tests/fuzz/$(1)/fuzz_%: $(BUILD)/tests/fuzz/$(1)/fuzz_%.o $(fuzz_shared) $(layers_$(1))
	$$(if $$(V),,@echo '  LINK  $$@')
	$$(Q)$$(CC) $$(lf_ldflags) $$(LDFLAGS) $$(if $$(FUZZER),-fsanitize=fuzzer) -o $$@ $$^ $(2)
endef
$(foreach l,base net core ui,$(eval $(call fuzz_rule,$(l),$$(client_libs) -lutil)))
$(eval $(call fuzz_rule,sandbox,$$(sandbox_libs)))
.SECONDARY: $(call obj,$(unit_src) $(fuzz_src))

.PHONY: unit
unit: $(unit_bin) $(fuzz_bin)

# What each way of checking installs; `make` itself never installs anything.
.PHONY: deps-build deps-check deps-sanitize deps-conformance
deps-build:
	@scripts/install-deps.sh build
deps-check:
	@scripts/install-deps.sh build test
deps-sanitize:
	@scripts/install-deps.sh build test sanitize
deps-conformance:
	@scripts/install-deps.sh build test conformance

# Every rule below that needs packages installs them and starts make again, so that pkg-config is asked afresh.
.PHONY: demo check check-asan check-tsan check-valgrind faults soak fuzz fuzz-seeds fuzz-targets conformance
demo: deps-build
	@$(MAKE) -j$(jobs) --no-print-directory all
	@scripts/demo.sh $(BUILD)
check: deps-check
	@$(MAKE) -j$(jobs) --no-print-directory all unit check-layers check-headers
	@tests/run.sh $(BUILD) $(addprefix ./,$(check_scripts)) $(unit_bin) $(fuzz_bin)
check-asan: deps-sanitize
	@$(MAKE) -j$(jobs) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined all unit
	@tests/run.sh $(BUILD)/asan $(patsubst $(BUILD)/%,$(BUILD)/asan/%,$(unit_bin) $(fuzz_bin)) $(addprefix ./,$(sanitize_scripts) $(asan_scripts))
check-tsan: deps-sanitize
	@$(MAKE) -j$(jobs) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread all unit
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan.supp halt_on_error=1" tests/run.sh $(BUILD)/tsan \
		$(patsubst $(BUILD)/%,$(BUILD)/tsan/%,$(unit_bin)) $(addprefix ./,$(sanitize_scripts))
check-valgrind: deps-sanitize
	@$(MAKE) -j$(jobs) --no-print-directory unit
	@LAKEFERRY_VALGRIND=1 tests/run.sh $(BUILD) $(unit_bin)
# kill -9 at every point of a run, a disk that fails at each call, and random schedules of faults; a run of ITEMS under faults whose memory and descriptors must not grow.
SCHEDULES ?= 50
ITEMS ?= 1000000
faults: deps-check
	@$(MAKE) -j$(jobs) --no-print-directory all
	@LAKEFERRY_BUILD=$(BUILD) tests/faults/faults.py kills
	@LAKEFERRY_BUILD=$(BUILD) tests/faults/faults.py disk 60
	@LAKEFERRY_BUILD=$(BUILD) tests/faults/faults.py property $(SCHEDULES) $(SEED)
soak: deps-check
	@$(MAKE) -j$(jobs) --no-print-directory all
	@LAKEFERRY_BUILD=$(BUILD) tests/faults/faults.py soak $(ITEMS)
# Each target for FUZZ_SECONDS; what it finds stays in $(BUILD)/fuzz/found.
FUZZ_SECONDS ?= 60
fuzz: deps-sanitize
	@$(MAKE) -j$(jobs) --no-print-directory fuzz-seeds
	@$(MAKE) -j$(jobs) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang FUZZER=1 SANITIZE=fuzzer-no-link,address,undefined fuzz-targets
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $(BUILD) $(fuzz_bin)
fuzz-seeds fuzz-targets: $(fuzz_bin)
conformance: deps-conformance
	@$(MAKE) -j$(jobs) --no-print-directory all
	@tests/conformance/run.sh $(BUILD)
# Figures, printed; BENCH_ITEMS, BENCH_ONLY and the other knobs: tests/bench/README.md.
.PHONY: bench bench-peers
bench: deps-check
	@$(MAKE) -j$(jobs) --no-print-directory all
	@tests/bench/run.sh $(BUILD)
bench-peers:
	@tests/bench/peers.sh $(BUILD)

e2e_scripts := $(sort $(wildcard tests/e2e/test_*.sh))
screen_scripts := $(sort $(wildcard tests/screens/test_*.sh))
tree_scripts := $(sort $(wildcard tests/tree/test_*.sh))
fault_scripts := $(sort $(wildcard tests/faults/test_*.sh))
check_scripts := $(tree_scripts) $(e2e_scripts) $(fault_scripts) $(screen_scripts)
sanitize_scripts := $(filter-out tests/e2e/test_memory.sh tests/e2e/test_scale.sh,$(e2e_scripts))
asan_scripts := tests/faults/test_cases.sh tests/faults/test_property.sh

# Calls go one way: ui, cli -> core -> net -> base, and the sandbox stands on base alone; each library has its one place.
.PHONY: check-layers check-headers
check-layers:
	@scripts/check-layers.sh
check-headers:
	@for h in $$(find src -name '*.h' ! -name banned.h); do \
		$(CC) $(lf_defs) -std=c11 $(pkg_cflags) -fsyntax-only -x c $$h || exit 1; done; echo "headers stand alone"

.PHONY: install uninstall dist
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/lakeferry $(BUILD)/lakeferry-sandbox $(DESTDIR)$(PREFIX)/bin/
	install -m 644 man/lakeferry.1 $(DESTDIR)$(PREFIX)/share/man/man1/
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/lakeferry $(DESTDIR)$(PREFIX)/bin/lakeferry-sandbox $(DESTDIR)$(PREFIX)/share/man/man1/lakeferry.1
dist:
	git archive --format=tar.gz --prefix=lakeferry-$(VERSION)/ -o lakeferry-$(VERSION).tar.gz HEAD

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
