# Sourced by the other scripts, with ROOT set: puts the pinned Node first on PATH where the one there is too old.
# `find_node` fails when there is neither; script/setup then fetches the pinned one.

PINNED_NODE="$ROOT/.tools/node_modules/node/bin"

# Is this `node --version` 24 or newer? The published packages run from 22.19, but their source is run as it stands, and the
# `using` declarations in it are known to Node from 24 on.
new_enough() {
  major=${1#v}
  [ "${major%%.*}" -ge 24 ]
}

# Sets NODE to the program, NODE_FOUND to its version and NODE_ON_PATH to that of the one on PATH.
find_node() {
  NODE_ON_PATH=$(node --version 2>/dev/null) || NODE_ON_PATH=missing
  if [ "$NODE_ON_PATH" != missing ] && new_enough "$NODE_ON_PATH"; then
    NODE_FOUND=$NODE_ON_PATH
    NODE=$(command -v node)
    return 0
  fi
  if NODE_FOUND=$("$PINNED_NODE/node" --version 2>/dev/null) && [ "$NODE_FOUND" = "v$(cat "$ROOT/.node-version")" ]; then
    NODE="$PINNED_NODE/node"
    PATH="$PINNED_NODE:$PATH"
    export PATH
    return 0
  fi
  return 1
}
