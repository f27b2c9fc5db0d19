# Sourced by the other scripts, with ROOT set: puts the pinned Node first on PATH where the one there is too old.
# `find_node` fails when there is neither; script/setup then fetches the pinned one.

PINNED_NODE="$ROOT/.tools/node_modules/node/bin"

# Is this `node --version` 24 or newer? The published packages run from 22.19, but their source is run as it stands, and the
# `using` declarations in it are known to Node from 24 on.
new_enough() {
  major=${1#v}
  [ "${major%%.*}" -ge 24 ]
}

# Sets NODE to the program and NODE_FOUND to its version.
find_node() {
  if NODE_FOUND=$(node --version 2>/dev/null) && new_enough "$NODE_FOUND"; then
    NODE=$(command -v node)
    return 0
  fi
  if NODE_FOUND=$("$PINNED_NODE/node" --version 2>/dev/null); then
    NODE="$PINNED_NODE/node"
    PATH="$PINNED_NODE:$PATH"
    export PATH
    return 0
  fi
  return 1
}
