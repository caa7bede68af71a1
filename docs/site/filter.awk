# A file as Doxygen wants it: its first comment describes it; "Shapes:",
# "Gradient:", "Range:", "Throws:", "Cost:" and "Reference:" in a docstring are sections; lines that
# are indented behind an empty one are code; every other "<" is itself and no HTML. The inline
# namespace of the kernels is left out.

function text(line,   parts, n, i) {
  n = split(line, parts, "`")
  line = ""
  for (i = 1; i <= n; ++i) {
    if (i % 2 == 1) { gsub(/</, "\\\\<", parts[i]) }
    line = line (i > 1 ? "`" : "") parts[i]
  }
  return line
}

# An empty line is held back: a fence may take its place.
function flush(fence) {
  if (held != "") { print held fence } else if (fence != "") { print "///" fence }
  held = ""
}

/^#pragma once$/ || (FNR == 1 && /^\/\/ /) { print "/// \\file"; about_file = 1 }
/^#pragma once$/ { next }
about_file && /^\/\/( |$)/ { sub(/^\/\//, "///") }
!/^\/\/\// { about_file = 0 }
{ sub(/::inline EIGENGRAD_KERNELS_KEY/, "") }
!/^ *\/\/\/( |$)/ { flush(code ? " ~~~" : ""); code = 0; print; next }
/^ *\/\/\/$/ { flush(""); held = $0; next }
/^ *\/\/\/   / && (code || held != "") {
  flush(code ? "" : " ~~~{.cpp}")
  code = 1
  print
  next
}
{
  flush(code ? " ~~~" : "")
  code = 0
  if ($2 ~ /^(Shapes|Gradient|Range|Throws|Cost|Reference):$/) {
    sub(/\/\/\/ +[A-Za-z]+: */, "/// \\field{" substr($2, 1, length($2) - 1) "} ")
  }
  print text($0)
}
