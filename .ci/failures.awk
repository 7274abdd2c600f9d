# Of a TAP file, each failure and what it told, without the stack and the source around it: the place is in `at`.
function indent(line) { match(line, /^ */); return RLENGTH }
/^ *not ok / { lines = 40; skipped = -1; print; next }
lines > 0 {
  lines--
  if (skipped >= 0 && (indent($0) > skipped || $0 ~ /^ *$/)) next
  skipped = -1
  if ($0 ~ /^ *(stack|source|args):/) { skipped = indent($0); next }
  if ($0 ~ /^ *(columnNumber|typeName|compare|stdio|cwd|command|isToplevel):/ || $0 ~ /^ *---$/) next
  print
  if ($0 ~ /^ *\.\.\.$/) lines = 0
}
