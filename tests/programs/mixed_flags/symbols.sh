#!/usr/bin/env bash
# symbols.sh NM OBJECT...: what the linker may merge between units of different instruction sets.
# In every object, each weak symbol of the kernels must hold one key, the same throughout the object
# (EIGENGRAD_KERNELS_KEY), and so must each of Eigen's packing and panel routines. Eigen's functions
# of single vectors are let pass: the vector type is in their names. Prints one line per finding.

set -euo pipefail
nm=$1
shift
status=0
keys=""
for object in "$@"; do
  symbols=$("$nm" --demangle --defined-only "$object" |
    sed -nE 's/^[0-9a-f]+ [VWuvw] //p' | sort -u)
  key=$(grep -oE 'eigengrad::kernels::[a-z0-9_]+_(omp|serial)_(direct|eigen|blas|onednn)::' <<< "$symbols" |
    sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }' | sed 's/^eigengrad::kernels:://') || true
  if [ -z "$key" ]; then
    echo "$object: no symbol with the key of the kernels"
    status=1
    continue
  fi
  keys="$keys$key"$'\n'
  awk -v object="$object" -v key="$key" '
    function find(what) { print object ": " what ": " substr($0, 1, 300); bad = 1 }
    /^_Z/ { find("a name that nm cannot read") }
    {
      rest = $0
      gsub("eigengrad::(kernels|math)::" key, "", rest)
      if (rest ~ /eigengrad::(kernels|math)::/) { find("without the key " key) }
      else if (/gebp_kernel|gemm_pack|lhs_process|last_row|general_matrix/ && !index($0, key)) {
        find("Eigen without the key " key)
      }
    }
    END { exit bad }' <<< "$symbols" || status=1
done
if [ "$#" -gt 1 ] && [ "$(sort -u <<< "$keys" | grep -c .)" -lt 2 ]; then
  echo "all objects have one key: nothing was compared"
  status=1
fi
exit "$status"
