# The few commands a person types. Meson does the building; everything here first makes sure that its tools are there.

prefix ?= /usr/local
DESTDIR ?=
ARGS ?=
STAGE ?=

# nginx and sshd, which the tests and the benchmarks start, are not in everybody's PATH.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

release = build/release
nvwebmon = $(release)/src/nvwebmon

.PHONY: all build run demo test lint bench bench-page screenshots install clean help
all: build

help:
	@echo 'make            build ($(nvwebmon))'
	@echo 'make run        build, and serve with the configuration that is found; ARGS="--port 8080 gpu1 gpu2"'
	@echo 'make demo       build, and serve a make-believe lab of six hosts: no GPU and no ssh needed'
	@echo 'make test       everything that is tested; STAGE="unit lint" for some of it ("tests/run --help" names them)'
	@echo 'make lint       only the checks of the source'
	@echo 'make bench      what it costs: CPU, memory, replies per second'
	@echo 'make bench-page what the page costs with 1,000 hosts; ARGS="--minutes 10" to look at it for longer'
	@echo 'make screenshots  the pictures of the page in docs/screenshots, anew (ten minutes)'
	@echo 'make install    into $$DESTDIR$$prefix (prefix=$(prefix))'
	@echo 'make clean      away with all that was built'

build:
	@scripts/setup run
	@[ -e $(release)/build.ninja ] || meson setup $(release) -Dprefix=$(prefix)
	@ninja -C $(release)

run: build
	@$(nvwebmon) serve $(ARGS)

demo: build
	@scripts/demo $(ARGS)

test:
	@scripts/setup test
	@tests/run $(STAGE)

lint:
	@scripts/setup test
	@tests/run lint

bench: build
	@scripts/setup bench
	@bench/run $(ARGS)

bench-page: build
	@scripts/setup bench
	@node bench/page.mjs $(ARGS)

screenshots: build
	@scripts/setup pictures
	@node tests/browser/screenshots.mjs $(ARGS)

install: build
	@meson configure $(release) -Dprefix=$(prefix)
	@DESTDIR='$(DESTDIR)' meson install -C $(release)

clean:
	rm -rf build
