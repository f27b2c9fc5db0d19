# Sourced by the other scripts, with ROOT set: puts the pinned Node first on PATH where the one there is too old.
# `find_node` fails when there is neither; script/setup then fetches the pinned one.

PINNED_NODE="$ROOT/.tools/node_modules/node/bin"

# Is this `node --version` 22.19 or newer?
new_enough() {
  version=${1#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  [ "$major" -gt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 19 ]; }
}

find_node() {
  if NODE_FOUND=$(node --version 2>/dev/null) && new_enough "$NODE_FOUND"; then return 0; fi
  if NODE_FOUND=$("$PINNED_NODE/node" --version 2>/dev/null); then
    PATH="$PINNED_NODE:$PATH"
    export PATH
    return 0
  fi
  return 1
}
