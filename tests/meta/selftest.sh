#!/usr/bin/env bash
# Every check of this folder must find what it is for: each case breaks a small made-up tree in one
# way and expects the finding by its text; the unbroken tree must pass.
#   tests/meta/selftest.sh COMPILER [FLAGS...]

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
compiler=("$@")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
cases=0

# A tree in order: a header in four rows, Eigen where it may be, and an umbrella.
fresh_tree() {
  rm -rf "$scratch/tree"
  mkdir -p "$scratch/tree/include/eigengrad"/{base,kernels/eigen,ops,nn,losses,testing}
  cd "$scratch/tree/include/eigengrad"
  header base/index.hpp '#include <vector>'
  header kernels/add.hpp '#include <eigengrad/base/index.hpp>'
  header kernels/eigen/product.hpp '#include <eigengrad/kernels/add.hpp>'
  header ops/add.hpp '#include <eigengrad/kernels/eigen/product.hpp>'
  header nn/dense.hpp '#include <eigengrad/ops/add.hpp>'
  header losses/mse.hpp '#include <eigengrad/ops/add.hpp>' '// never std::shuffle'
  header testing/check.hpp '#include <eigengrad/base/index.hpp>' '#include <eigengrad/nn/dense.hpp>'
  header eigengrad.hpp '#include <eigengrad/losses/mse.hpp>' '#include <eigengrad/nn/dense.hpp>'
  cd "$scratch/tree"
  echo 'umbrella include/eigengrad/testing/ for tests' >"$scratch/exceptions.txt"
}
header() {
  local path=$1
  shift
  printf '%s\n' '#pragma once' "$@" >"$path"
}
add() { printf '%s\n' "$2" >>"$scratch/tree/$1"; }

run_check() {
  case $1 in
    alone)
      # Two headers are enough to compile.
      find "$scratch/tree/include" -name '*.hpp' ! -path '*/base/*' ! -path '*/nn/*' -delete
      bash "$here/alone.sh" "$scratch/tree" "${compiler[@]}"
      ;;
    misuse) bash "$here/misuse.sh" "$scratch/misuse" "$scratch/tree" ;;
    snippets) bash "$here/snippets.sh" "$scratch/tree" "${compiler[@]}" -I "$scratch" ;;
    output) bash "$here/pages.sh" --output "$scratch/page.md" "$scratch/letters" ;;
    *) bash "$here/$1.sh" "$scratch/tree" "$scratch/exceptions.txt" ;;
  esac
}

# expect CHECK TEXT: the check fails on the tree as it is now and prints the text.
expect() {
  local check=$1 text=$2 output
  cases=$((cases + 1))
  if output=$(run_check "$check" 2>&1); then
    echo "case $cases: $check passed, expected: $text"
  elif ! grep -qF -- "$text" <<<"$output"; then
    printf 'case %s: %s did not say: %s\nbut:\n%s\n' "$cases" "$check" "$text" "$output"
  else
    fresh_tree
    return
  fi
  failures=$((failures + 1))
  fresh_tree
}
expect_pass() {
  local check=$1 output
  cases=$((cases + 1))
  if ! output=$(run_check "$check" 2>&1); then
    printf 'case %s: %s failed on a tree in order:\n%s\n' "$cases" "$check" "$output"
    failures=$((failures + 1))
  fi
}

fresh_tree
expect_pass includes
expect_pass text
header include/eigengrad/nn/dense.hpp '#include <eigengrad/base/index.hpp>'
expect_pass alone
fresh_tree

add include/eigengrad/base/index.hpp '#include <eigengrad/ops/add.hpp>'
expect includes 'include/eigengrad/base/index.hpp:3: upward include: base -> ops'
add include/eigengrad/nn/dense.hpp '  # include <eigengrad/losses/mse.hpp>'
expect includes 'include/eigengrad/nn/dense.hpp:3: sideways include: nn -> losses'
add include/eigengrad/nn/dense.hpp '#include <eigengrad/testing/check.hpp>'
expect includes 'upward include: nn -> testing'
add include/eigengrad/nn/dense.hpp '#include <eigengrad/eigengrad.hpp>'
expect includes 'upward include: nn -> .'
add include/eigengrad/ops/add.hpp '#include <Eigen/Core>'
expect includes 'include/eigengrad/ops/add.hpp:3: only kernels/eigen/ includes Eigen'
add include/eigengrad/kernels/add.hpp '#include <unsupported/Eigen/FFT>'
expect includes 'only kernels/eigen/ includes Eigen'
add include/eigengrad/ops/add.hpp '#include "../base/index.hpp"'
expect includes 'include as <eigengrad/...>: "../base/index.hpp"'
add include/eigengrad/ops/add.hpp '#include <iostream>'
expect includes 'too costly below nn/: <iostream>'
add include/eigengrad/kernels/add.hpp '#include <eigengrad/kernels/eigen/product.hpp>'
expect includes 'include cycle through include/eigengrad/kernels/'
add include/eigengrad/nn/dense.hpp '#include <eigengrad/nn/dense.hpp>'
expect includes 'include/eigengrad/nn/dense.hpp:3: includes itself'
add include/eigengrad/nn/relu.hpp '#pragma once'
expect includes 'include/eigengrad/nn/relu.hpp: not reached from eigengrad.hpp'
mkdir -p "$scratch/tree/include/eigengrad/zoo"
add include/eigengrad/zoo/x.hpp '#include <eigengrad/base/index.hpp>'
expect includes 'folder zoo/ has no row'
rm "$scratch/tree/include/eigengrad/eigengrad.hpp"
expect includes 'the umbrella is missing'

for _ in $(seq 400); do add include/eigengrad/ops/add.hpp '// a line'; done
expect text 'include/eigengrad/ops/add.hpp: 402 lines, at most 400'
add notes.md "see $(printf '/%s/main' work)"
expect text "notes.md:1: a path of somebody's machine"
add run.sh "cp x $(printf '/%s/x' tmp)"
expect text "run.sh:1: a path of somebody's machine"
add run.sh "deb $(printf 'http://deb.%s.org/debian' debian) stable main"
expect text 'run.sh:1: a package mirror'
add include/eigengrad/nn/dense.hpp 'std::uniform_real_distribution<float> d;'
expect text 'include/eigengrad/nn/dense.hpp:3: differs between standard libraries'
add include/eigengrad/nn/dense.hpp 'using std::x; inline void f(int* p) { std::shuffle(p, p, 0); }'
expect text 'include/eigengrad/nn/dense.hpp:3: differs between standard libraries'
echo 'length include/gone.hpp a table' >>"$scratch/exceptions.txt"
expect text "excuses 'include/gone.hpp', which does not exist"

page() { # page TEXT PROGRAM: a page with a block, and its program
  mkdir -p docs/tutorials examples
  printf '%s\n' 'A snippet:' '```cpp' "$1" '```' '```python' 'a' '```' >docs/tutorials/xor.md
  printf '  %s\n' 'int w;' "$2" >examples/xor.cpp
}
page $'int x = 1;\nint y = x;' $'int x = 1;\n  int y = x;'
expect_pass pages
page 'int x = 1;' 'int x = 2;'
expect pages 'docs/tutorials/xor.md:2: this block is in no program of the page'
page 'int x' 'int x = 1;'
expect pages 'docs/tutorials/xor.md:2: this block is in no program of the page'

# With main() it is a whole program; only pages with programs have one.
main_page() { # main_page PAGE PROGRAM LINE...: the page shows the lines
  mkdir -p docs/tutorials examples
  touch examples/quickstart.cpp
  printf '%s\n' 'int w;' '' 'int main() {' '  return w;' '}' >"examples/$2.cpp"
  printf '%s\n' '```cpp' "${@:3}" '```' >"$1"
}
main_page docs/tutorials/xor.md xor 'int w;' '' 'int main() {' '  return w;' '}'
expect_pass pages
main_page docs/tutorials/xor.md xor 'int main() {' '  return w;' '}'
expect pages 'docs/tutorials/xor.md:1: this block is not the whole of a program of the page'
main_page docs/tutorials/xor.md xor 'int w;' '' 'int main() {' 'return w;' '}'
expect pages 'docs/tutorials/xor.md:1: this block is not the whole of a program of the page'
main_page README.md quickstart 'int w;' '' 'int main() {' '  return w;' '}' '```' '```cpp' 'int main() {}'
expect pages 'README.md:8: this block is not the whole of a program of the page'
main_page docs/report.md xor 'int w;' '' 'int main() {' '  return w;' '}'
expect pages 'docs/report.md:4: a program that pages.sh does not know'
main_page CONTRIBUTING.md xor 'int main() {}'
expect pages 'CONTRIBUTING.md:2: a program that pages.sh does not know'

idiom() { # idiom NAME HEADER [MARK]
  printf '%s\n' '| I need | use | header |' '|---|---|---|' \
    "| a layer | \`$1\` | [nn/$2.hpp](../include/eigengrad/nn/$2.hpp)${3:-} |" >docs/idioms.md
  add include/eigengrad/nn/dense.hpp 'struct Dense {};'
}
mkdir -p docs
idiom 'nn::Dense(3, 4)' dense
expect_pass pages
idiom 'nn::Dens(3, 4)' dense
expect pages "docs/idioms.md:3: include/eigengrad/nn/dense.hpp has no 'Dens'"
mkdir -p docs
idiom Dense gone
expect pages "include/eigengrad/nn/gone.hpp has no 'Dense'"
rare_idiom() { # rare_idiom MARK: of a header that the umbrella does not reach
  mkdir -p docs
  add include/eigengrad/nn/rare.hpp 'struct Rare {};'
  add include/eigengrad/rare.hpp '#include <eigengrad/nn/rare.hpp>'
  idiom Rare rare "$1"
}
rare_idiom ', by name'
expect_pass pages
rare_idiom ', by `rare.hpp`'
expect_pass pages
rare_idiom ''
expect pages 'docs/idioms.md:3: eigengrad/eigengrad.hpp does not reach eigengrad/nn/rare.hpp'
rare_idiom ', by `nn/dense.hpp`'
expect pages 'docs/idioms.md:3: eigengrad/nn/dense.hpp does not reach eigengrad/nn/rare.hpp'
mkdir -p docs
idiom Dense dense ', by name'
expect pages 'docs/idioms.md:3: eigengrad/nn/dense.hpp comes with eigengrad/eigengrad.hpp'
gallery() { # gallery PICTURE PROGRAM: README shows it, the program writes pictures/moons.svg
  add README.md "<img src=\"$1\">"
  mkdir -p pictures examples
  add pictures/moons.svg '<svg></svg>'
  add examples/quickstart.cpp 'int main() {}'  # README's program
  add "examples/$2.cpp" '"moons.svg"'
}
gallery pictures/moons.svg stars
expect pages 'README.md: examples/moons.cpp does not write pictures/moons.svg'
gallery pictures/moons.svg moons
expect_pass pages
gallery pictures/gone.svg gone
expect pages 'README.md: pictures/gone.svg is not there'

# Blocks of pages that are no programs: with a made-up snippets.hpp they need no library.
snippet() {
  mkdir -p docs
  printf '%s\n' '```cpp' 'int main() { return no_such_name; }' '```' >README.md
  printf '%s\n' '```cpp' "$@" '```' >docs/report.md
}
echo '#define EIGENGRAD_LIST_OP(Op) static_assert(true)
namespace eg { struct Tape {}; struct Callback { virtual void f(); }; }
struct UserCallback : eg::Callback {};' >"$scratch/snippets.hpp"
snippet 'eg::Tape tape;'
expect_pass snippets
snippet 'void f() override {' '}'
expect_pass snippets
snippet 'struct Op {};' 'inline int op(Op) { return 1; }' 'EIGENGRAD_LIST_OP(Op);'
expect_pass snippets
snippet 'eg::Tape tape;' 'tape.rewind();'
expect snippets "docs/report.md:3"
mkdir -p docs
touch README.md
printf '%s\n' '```text' 'a' '```' >docs/report.md
expect snippets 'no page has a snippet'

# What a program prints: a b c d e, a line each.
printf '%s\n' '#!/bin/sh' "printf '%s\\n' a b c d e" >"$scratch/letters"
chmod +x "$scratch/letters"
output() { # output LINE...: a page that shows them
  printf '%s\n' '```text' "$@" '```' >"$scratch/page.md"
}
output b c
expect_pass output
output a ... c d ...
expect_pass output
output b d
expect output 'page.md:1: the program does not print this'
output c ... b
expect output 'page.md:1: the program does not print this'
output a bc
expect output 'page.md:1: the program does not print this'
printf 'a\n' >"$scratch/page.md"
expect output 'shows no output'
output a
printf '%s\n' '#!/bin/sh' 'echo a; echo what is wrong; exit 3' >"$scratch/letters"
expect output 'what is wrong'
expect output 'letters ended with exit code 3'
cases=$((cases + 1)) code=0
run_check output >"$scratch/output.txt" || code=$?
if [ "$code" -ne 3 ]; then
  echo "case $cases: output ended with exit code $code, expected the program's 3"
  failures=$((failures + 1))
fi

fresh_tree
header include/eigengrad/nn/dense.hpp 'inline std::string name() { return {}; }'
expect alone 'include/eigengrad/nn/dense.hpp: does not compile alone'
header include/eigengrad/nn/dense.hpp
echo 'struct Twice {};' >include/eigengrad/base/index.hpp
expect alone 'include/eigengrad/base/index.hpp: does not compile alone'
header include/eigengrad/nn/dense.hpp
add include/eigengrad/base/index.hpp 'inline int narrow(long long x) { return x; }'
expect alone 'include/eigengrad/base/index.hpp: does not compile alone'

# A made-up header that refuses what is not a float, and programs that misuse it.
misuse_program() {
  rm -rf "$scratch/misuse"
  mkdir "$scratch/misuse"
  header include/eigengrad/nn/dense.hpp 'template <class T>' 'void dense(T) {' \
    '  static_assert(sizeof(T) == 4, "a width is a float");' '}'
  printf '%s\n' "$1" '#include <eigengrad/nn/dense.hpp>' 'int main() {' "$2" '}' \
    >"$scratch/misuse/width.cpp"
}
misuse_program '// says: a width is a float' "dense('a');"
expect_pass misuse
misuse_program '// says: a width is a float' 'dense(1.0F);'
expect misuse 'accepts it'
misuse_program '// says: a width is a float' 'return no_such_function();'
expect misuse 'does not say: a width is a float'
misuse_program '// says: a width is a float' "dense('a'); $(printf 'x%s; ' {1..9})"
expect misuse ', at most 10'
misuse_program '// a comment' "dense('a');"
expect misuse "has no line '// says: ...'"

echo "$cases cases, $failures failed"
[ "$failures" -eq 0 ]
