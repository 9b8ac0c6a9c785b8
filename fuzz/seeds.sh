#!/usr/bin/env sh
# Something good to begin with, for each target: what is there already, a little of each.
set -eu
cd "$(dirname "$0")/.."
corpus=fuzz/corpus
mkdir -p "$corpus/decode" "$corpus/csv" "$corpus/parquet" "$corpus/rule_file"
region=$(mktemp -d)
trap 'rm -r "$region"' EXIT
cargo run --release --quiet --locked -- synth --out "$region" --visits 200 --months 2 --quiet
for kind in institution practitioner person person_fact enrolment visit settlement fee_line prescription \
    dispensing purchase stock_change stock_count presence invoice label; do
    grep "^{\"kind\":\"$kind\"" "$region/records/changes.ndjson" | head -n 3 >"$corpus/decode/$kind" || true
done
# The tables of a test serve as files: the test leaves them where it is told to.
FUNDWATCH_SEEDS="$PWD/$corpus" cargo test --release --quiet --locked -p pipeline --test formats seeds_for_fuzzing -- --ignored
for rule in rulebank/rules/*/*.toml; do
    { cat "$rule"; printf '\0'; cat rulebank/tables/age_limit.csv; } >"$corpus/rule_file/$(basename "$rule" .toml)"
done
