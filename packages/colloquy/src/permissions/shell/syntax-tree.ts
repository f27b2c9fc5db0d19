import type { Tree } from 'web-tree-sitter';

/** A node of the parser's tree, copied out of its memory once: to ask the parser for each costs far more. */
export type SyntaxNode = {
  type: string;
  /** False for tokens such as `;` and `then`, whose type is their text. */
  isNamed: boolean;
  text: string;
  startIndex: number;
  endIndex: number;
  /** The part that it plays in its parent, such as `body`. */
  field: string | undefined;
  children: readonly SyntaxNode[];
};

/** Copies a tree. `source` is the text it was made of; `step` says false when it is too much. */
export function toSyntaxTree(tree: Tree, source: string, step: () => boolean): SyntaxNode | undefined {
  type Open = Omit<SyntaxNode, 'children'> & { children: SyntaxNode[] };
  const cursor = tree.walk();
  const toNode = (): Open => {
    const { startIndex, endIndex } = cursor;
    return {
      type: cursor.nodeType,
      isNamed: cursor.nodeIsNamed,
      text: source.slice(startIndex, endIndex),
      startIndex,
      endIndex,
      field: cursor.currentFieldName ?? undefined,
      children: [],
    };
  };
  try {
    const root = toNode();
    const parents: Open[] = [root];
    for (;;) {
      if (!cursor.gotoFirstChild()) {
        while (!cursor.gotoNextSibling()) {
          if (!cursor.gotoParent()) return root;
          parents.pop();
        }
        parents.pop();
      }
      if (!step()) return undefined;
      const node = toNode();
      parents.at(-1)?.children.push(node);
      parents.push(node);
    }
  } finally {
    cursor.delete();
  }
}

/** The child that plays a part, such as `body`. */
export function childIn(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === field);
}
