import { hasLineEnd } from './check-layout.ts';
import { isNameChar } from './read-word.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** What the shell replaces before it takes words apart. */
export const EXPANSIONS: ReadonlySet<string> = new Set([
  'simple_expansion',
  'expansion',
  'command_substitution',
  'process_substitution',
  'arithmetic_expansion',
]);
const WORDS: ReadonlySet<string> = new Set([
  ...EXPANSIONS,
  'word',
  'number',
  'string',
  'raw_string',
  'ansi_c_string',
  'translated_string',
  'concatenation',
  'brace_expression',
  'extglob_pattern',
  'regex',
  'variable_name',
  'special_variable_name',
  'test_operator',
]);
/** Statements that hold others. */
export const GROUPS: ReadonlySet<string> = new Set([
  'subshell',
  'compound_statement',
  'if_statement',
  'while_statement',
  'for_statement',
  'case_statement',
  'case_item',
  'c_style_for_statement',
  'function_definition',
  'elif_clause',
  'else_clause',
  'do_group',
]);
/** Parts of statements that begin or end with a keyword. */
const CLAUSES: ReadonlySet<string> = new Set(['case_item', 'elif_clause', 'else_clause', 'do_group']);

/** Whether a token is a word to the shell: `then`, `{`, `!`, `[[`. */
export const isKeyword = (token: string): boolean => isNameChar(token.charAt(0)) || '!{}[]'.includes(token.charAt(0));

/** Whether a node is a word, or a part of one. */
export const isWord = ({ type }: SyntaxNode): boolean => WORDS.has(type);

/** Whether two statements have something between them, or one of them brings its own keyword. */
export function areApart(before: SyntaxNode, after: SyntaxNode, source: string): boolean {
  if (isWord(before) || CLAUSES.has(before.type) || CLAUSES.has(after.type)) return true;
  return hasLineEnd(source.slice(before.endIndex, after.startIndex));
}

/** Whether a line ends between nodes of one command. */
export function hasLineEndBetween(nodes: readonly SyntaxNode[], source: string): boolean {
  return nodes.some((node, index) => {
    const before = index === 0 ? undefined : nodes[index - 1];
    return before !== undefined && hasLineEnd(source.slice(before.endIndex, node.startIndex));
  });
}
