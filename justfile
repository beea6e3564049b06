# Thin aliases. Everything here is one cargo command or one script; none of it is needed to build.

# Run the binary: `just run run examples/hello.org`.
run *ARGS:
    cargo run --quiet -- {{ARGS}}

# Every test, or the ones named.
test *ARGS:
    cargo test {{ARGS}}

# What has to pass before a change is merged.
ci:
    .ci/run

# Rewrite golden files with what the code says now; read the diff before you commit it.
bless *ARGS:
    BLESS=1 cargo test {{ARGS}}

bench *ARGS:
    cargo bench {{ARGS}}

fmt:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets -- -D warnings

# What share of a folder of reference files the kernel answers as Emacs does; see tests/conformance/README.md.
conformance DIR *ARGS:
    tests/conformance/run.sh {{DIR}} {{ARGS}}

# Pictures of finished pages and what axe says of them; see tests/page/README.md for what it needs.
page OUT *PAGES:
    node tests/page/check.mjs {{OUT}} {{PAGES}}
