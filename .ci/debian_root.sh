#!/usr/bin/env bash
# A new user's first minutes: runs the commands of README's quick start in a fresh minimal Debian 12
# made by debootstrap, which has neither compiler nor CMake, Eigen or Catch2, on a clone of what is
# committed here. Exits 77, with the reason, where such a root cannot be made.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
program=.ci/debian_root.sh
suite=bookworm
inside=$root/build/debian-root
logs=$root/build/logs

skip() {
  echo "skipped: $*"
  exit 77
}
fail() {
  echo "failed: $*"
  exit 1
}
remove_root() {
  if mountpoint -q "$inside/proc"; then umount "$inside/proc"; fi
  rm -rf --one-file-system "$inside"
}

# The package source is the one that this machine uses, whichever it is.
[ "$(id -u)" -eq 0 ] || skip 'not root'
command -v debootstrap >/dev/null || skip 'no debootstrap'
command -v unshare >/dev/null || skip 'no unshare'
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' \
  2>/dev/null | awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || skip "apt on this machine has no source for Debian's $suite"
unshare --net true 2>/dev/null || skip 'no right to make a network namespace'

remove_root
trap remove_root EXIT
mkdir -p "$inside" "$logs"
# The package source may fail to answer once; three times in a row is a reason.
make_root() {
  local try
  for try in 1 2 3; do
    remove_root
    mkdir -p "$inside"
    if debootstrap --variant=minbase "$suite" "$inside" "$mirror" >"$logs/debootstrap.log" 2>&1; then
      return 0
    fi
    echo "debootstrap, try $try:"
    cat "$logs/debootstrap.log" "$inside/debootstrap/debootstrap.log" 2>/dev/null | tail -n 5
    sleep 5
  done
  return 1
}
make_root || skip 'debootstrap did not finish'
mount -t proc proc "$inside/proc" || skip 'no right to mount /proc'

# How apt reaches the source, and nothing else of this machine's configuration.
apt-config dump | grep -E '^Acquire::(http|https|Check|Retries|ForceIPv)' \
  >"$inside/etc/apt/apt.conf.d/90host" || true
echo "deb $mirror $suite main" >"$inside/etc/apt/sources.list"
cp /etc/resolv.conf /etc/hosts "$inside/etc/"
case $mirror in
  https:*) mkdir -p "$inside/etc/ssl" && cp -rL /etc/ssl/certs "$inside/etc/ssl/" ;;
esac

checkout=$inside/srv/eigengrad
git -c safe.directory='*' clone --quiet --no-hardlinks "$root" "$checkout"
echo "minimal Debian: $(cat "$inside/etc/debian_version"), $(du -xsm "$inside" | cut -f 1) MB"

enter() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    "$@" </dev/null
}
# timed NAME COMMAND...: the command's output into $output (both streams) and $errors.
timed() {
  local name=$1 start=$SECONDS status=0
  shift
  enter "$@" >"$logs/root-$name.out" 2>"$logs/root-$name.err" || status=$?
  seconds=$((SECONDS - start))
  echo "$name: exit code $status after $seconds s; $(tail -n 1 "$logs/root-$name.out")"
  if [ "$status" -ne 0 ]; then
    tail -n 100 "$logs/root-$name.out" "$logs/root-$name.err"
    fail "$name"
  fi
  if [ -s "$logs/root-$name.err" ]; then
    cat "$logs/root-$name.err"
    fail "$name is not quiet"
  fi
}
check_trained() {
  tail -n 1 "$logs/root-$1.out" | grep -qE '^test: loss [0-9.]+ accuracy (0\.9[0-9]*|1(\.0*)?)$' ||
    fail "$1 does not close with 'test: loss X accuracy Y' above .9"
}
# write_weather: a table as people have them: names, quoted text, empty fields, the answer last.
write_weather() {
  awk '
    function random() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }
    function unless(gap, text) { return gap ? "" : text }
    BEGIN {
      seed = 7
      split("valley|coast|\"hill, north\"", station, "|")
      print "temperature,humidity,wind,station,rain"
      for (i = 0; i < 400; ++i) {
        t = 30 * random(); h = 100 * random(); wind = int(60 * random()); s = 1 + int(3 * random())
        print unless(i % 23 == 5, sprintf("%.1f", t)) "," unless(i % 37 == 9, sprintf("%.1f", h)) \
          "," wind "," unless(i % 41 == 3, station[s]) "," (h - 2 * t + 30 * (s == 2) > 30 ? "yes" : "no")
      }
    }'
}
# check_report FILE: one page that needs nothing from elsewhere, with the names of the table in it.
check_report() {
  local text
  if grep -oE '(https?:)?//[a-z][^"'"'"' ]*' "$1" | grep -v '^http://www.w3.org/2000/svg$'; then
    fail 'the report points elsewhere'
  fi
  for text in '<h2>Training</h2>' '<h2>Probabilities</h2>' '<h2>Classes</h2>' '<h2>Model</h2>' \
    '<h2>Weights and gradients</h2>' '<h2>Data</h2>' '<h2>Settings</h2>' humidity 'hill, north'; do
    grep -qF "$text" "$1" || fail "the report has no $text"
  done
}
check_tested() {
  grep -q '^100% tests passed, 0 tests failed out of [1-9]' "$logs/root-$1.out" ||
    fail "$1 does not close as ctest does"
}
# compiled_something: what make said of the last build of scripts/test (tests compile on their own).
compiled_something() { grep -q 'Building CXX object' "$checkout/build/logs/release-build.log"; }

for command in g++ cmake make sudo; do
  if enter chroot "$inside" sh -c "command -v $command" >/dev/null; then fail "$command is there"; fi
done
[ ! -e "$inside/usr/include/eigen3" ] || fail 'Eigen is there'

# Without the right to install: the packages by name, and nothing else.
for command in train test; do
  if enter chroot --userspec=nobody "$inside" /srv/eigengrad/scripts/$command \
    >"$logs/root-nobody.out" 2>&1; then
    fail "scripts/$command passed for a user who cannot install"
  fi
  grep -q 'missing: a C++20 compiler .*, CMake .*, make, Eigen' "$logs/root-nobody.out" ||
    fail "scripts/$command does not name what is missing: $(cat "$logs/root-nobody.out")"
done

# What stands in README behind `cd eigengrad`, on a table of the user's own.
first=$(sed -n '/^cd eigengrad$/{n;p;}' "$root/README.md")
[[ $first == 'scripts/train --data ~/weather.csv '*' --report ~/report.html' ]] ||
  fail "README's first training is another: $first"
home=$inside/root
write_weather >"$home/weather.csv"
timed train chroot "$inside" sh -c "cd /srv/eigengrad && $first"
check_trained train
check_report "$home/report.html"
[ "$seconds" -le 600 ] || fail "the first training took more than ten minutes"
timed train-again unshare --net chroot "$inside" /srv/eigengrad/scripts/train
check_trained train-again
[ "$seconds" -le 20 ] || fail "training again took $seconds s: something was built again"

timed test chroot "$inside" sh -c 'cd /var && /srv/eigengrad/scripts/test'
check_tested test
compiled_something || fail 'the log of the first scripts/test shows no compilation'
timed test-again unshare --net chroot "$inside" sh -c 'cd /var && /srv/eigengrad/scripts/test'
check_tested test-again
if compiled_something; then fail 'the second scripts/test compiled something again'; fi

left=$(git -c safe.directory='*' -C "$checkout" status --porcelain --ignored)
[ "$left" = '!! build/' ] || fail "the source tree is not clean: $left"
echo 'the source tree is clean but for build/'
