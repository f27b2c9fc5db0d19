import { MAX_DEPTH } from './bounds.ts';
import { hasGaps, hasInvisible } from './check-layout.ts';
import { areApart, EXPANSIONS, GROUPS, hasLineEndBetween, isKeyword, isWord } from './node-kinds.ts';
import type { Access, Word } from './command-part.ts';
import type { Findings, Input, Place, Reading } from './findings.ts';
import { readHeredoc } from './read-heredoc.ts';
import {
  checkArithmetic,
  checkBraceExpansion,
  checkSimpleExpansion,
  isDigits,
  isName,
  isNumber,
} from './read-expansion.ts';
import { endsWord, readWord } from './read-word.ts';
import type { ParseShell } from './load-parser.ts';
import { childIn, type SyntaxNode, toSyntaxTree } from './syntax-tree.ts';

/** What a report of the parser counts for, beside the steps of reading its tree. */
const STEPS_PER_REPORT = 20;
const INTEGER_TESTS: ReadonlySet<string> = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge']);
/** In `[ … ]` anything else ends the command or redirects. */
const PLAIN_TEST_TOKENS: ReadonlySet<string> = new Set(['[', ']', '!', '=', '==', '!=', '=~', '-a', '-o']);

/** Reads a text in the language of bash: each simple command in it is given to `reading.command`, each doubt is noted. */
export function readScript(text: string, place: Place, reading: Reading, parse: ParseShell): void {
  const { findings } = reading;
  if (place.depth > MAX_DEPTH) return findings.giveUp(`it is nested more than ${MAX_DEPTH} deep`);
  if (hasInvisible(text)) findings.doubt('it has characters that cannot be seen');
  const { tree, steps } = parse(text);
  if (!findings.step(steps * STEPS_PER_REPORT + text.length) || tree === undefined) {
    return findings.giveUp('it takes too long to look into');
  }
  try {
    const root = toSyntaxTree(tree, text, () => findings.step());
    if (root === undefined) return;
    if (tree.rootNode.hasError) findings.doubt('it cannot be parsed');
    else if (hasGaps(root, text, () => findings.step())) findings.doubt('its words cannot be told apart for certain');
    new ScriptReader(text, reading).statements(root, place);
  } finally {
    tree.delete();
  }
}

class ScriptReader {
  readonly #source: string;
  readonly #reading: Reading;
  readonly #findings: Findings;

  constructor(source: string, reading: Reading) {
    this.#source = source;
    this.#reading = reading;
    this.#findings = reading.findings;
  }

  /** The statements, words and tokens that a statement is made of. */
  statements(node: SyntaxNode, place: Place): void {
    let before: SyntaxNode | undefined;
    for (const child of node.children) {
      if (!this.#findings.step()) return;
      if (!child.isNamed) {
        if (isKeyword(child.type) && !this.#standsAlone(child))
          this.#findings.doubt('its keywords cannot be told apart');
        before = undefined;
        continue;
      }
      if (child.type === 'comment') {
        this.#comment(child);
        continue;
      }
      if (before !== undefined && !areApart(before, child, this.#source))
        this.#findings.doubt('its commands cannot be told apart for certain');
      before = child;
      this.#statement(child, place);
    }
  }

  #statement(node: SyntaxNode, place: Place): void {
    switch (node.type) {
      case 'command':
        return this.#command(node, [], place);
      case 'redirected_statement':
        return this.#redirected(node, place);
      case 'list':
        return this.#list(node, place);
      case 'pipeline':
        return this.#pipeline(node, place);
      case 'negated_command':
        return this.statements(node, place);
      case 'variable_assignment':
      case 'variable_assignments':
        return this.#assignmentsAlone(node, place);
      case 'declaration_command':
      case 'unset_command':
        return this.#declaration(node, place);
      case 'test_command':
        return this.#test(node, place);
      case 'file_redirect':
        this.#emit(node, { redirects: [node] }, place);
        return;
      default:
        return this.#group(node, place);
    }
  }

  #group(node: SyntaxNode, place: Place): void {
    if (isWord(node)) {
      this.#word(node, place);
      return;
    }
    if (!GROUPS.has(node.type)) this.#findings.doubt(`it has a construct that is not understood (${node.type})`);
    if (node.type === 'function_definition') {
      this.#findings.functions.add(childIn(node, 'name')?.text ?? '');
      this.#findings.doubt('it defines a function');
    }
    if (node.type === 'c_style_for_statement' || node.children[0]?.type === '((')
      return this.#arithmeticGroup(node, place);
    if (node.type === 'for_statement') this.#findings.sets(childIn(node, 'variable')?.text ?? '');
    if (place.depth > MAX_DEPTH) return this.#findings.giveUp(`it is nested more than ${MAX_DEPTH} deep`);
    this.statements(node, { ...place, depth: place.depth + 1 });
  }

  #arithmeticGroup(node: SyntaxNode, place: Place): void {
    const body = childIn(node, 'body');
    const text = this.#source.slice(node.startIndex, body?.startIndex ?? node.endIndex);
    const open = text.indexOf('((');
    const close = text.lastIndexOf('))');
    for (const part of text.slice(open + 2, close).split(';')) checkArithmetic(part, this.#findings);
    for (const child of node.children) {
      if (child === body) this.#statement(child, { ...place, depth: place.depth + 1 });
      else this.#expansionsIn(child, place);
    }
  }

  // Lists are trees that lean to the left, as deep as there are commands.
  #list(node: SyntaxNode, place: Place): void {
    const items: SyntaxNode[] = [];
    let open: SyntaxNode | undefined = node;
    while (open?.type === 'list') {
      items.push(...open.children.slice(1).toReversed());
      open = open.children[0];
    }
    if (open !== undefined) items.push(open);
    for (const item of items.toReversed()) {
      if (!this.#findings.step()) return;
      if (item.isNamed) this.#statement(item, place);
    }
  }

  #pipeline(node: SyntaxNode, place: Place): void {
    let input = place.input;
    for (const child of node.children) {
      if (!child.isNamed) input = { text: undefined };
      else if (child.type === 'comment') this.#comment(child);
      else this.#statement(child, { ...place, input });
    }
  }

  #redirected(node: SyntaxNode, place: Place): void {
    const [first, ...others] = node.children;
    if (first === undefined) return;
    const isRedirect = first.type.endsWith('_redirect');
    const redirects = isRedirect ? node.children : others;
    if (hasLineEndBetween(node.children, this.#source)) this.#findings.doubt('its redirections cannot be told apart');
    if (first.type === 'command') return this.#command(first, redirects, place);
    const input = this.#emit(node, { redirects }, place);
    if (!isRedirect) this.#statement(first, input === undefined ? place : { ...place, input });
  }

  #command(node: SyntaxNode, redirects: readonly SyntaxNode[], place: Place): void {
    if (hasLineEndBetween(node.children, this.#source)) this.#findings.doubt('its words cannot be told apart');
    this.#emit(node, { words: node.children, redirects }, place);
  }

  #assignmentsAlone(node: SyntaxNode, place: Place): void {
    this.#emit(node, { words: node.type === 'variable_assignment' ? [node] : node.children }, place);
  }

  /** Puts a simple command together from its nodes and hands it on; gives what it reads on its standard input. */
  #emit(
    node: SyntaxNode,
    from: { words?: readonly SyntaxNode[]; redirects?: readonly SyntaxNode[] },
    place: Place,
  ): Input {
    const words: Word[] = [];
    const assignments: { name: string; value: Word }[] = [];
    const redirects: { path: Word; access: Access }[] = [];
    const later: (() => void)[] = [];
    let input: Input;
    const take = (child: SyntaxNode): void => {
      switch (child.type) {
        case 'variable_assignment':
          assignments.push(this.#assignment(child, place));
          break;
        case 'file_redirect': {
          const opened = this.#fileRedirect(child, place, take);
          if (opened !== undefined) redirects.push(opened);
          // The file's content is not looked into.
          if (opened?.access === 'read') input = { text: undefined };
          break;
        }
        case 'herestring_redirect':
          input = { text: this.#word(child.children.at(-1) ?? child, place) };
          break;
        case 'heredoc_redirect':
          input = readHeredoc(
            child,
            this.#source,
            this.#findings,
            (body) => this.#expansionsIn(body, place),
            (inner) => {
              if (inner.type.endsWith('_redirect') || isWord(inner)) take(inner);
              else if (inner.isNamed)
                later.push(() => this.#statement(inner, { ...place, input: { text: undefined } }));
            },
          );
          break;
        case 'command_name':
          words.push(this.#word(child, place));
          break;
        case 'comment':
          this.#comment(child);
          break;
        default:
          if (isWord(child) || !child.isNamed) words.push(this.#word(child, place));
          else {
            this.#findings.doubt(`it has a construct that is not understood (${child.type})`);
            later.push(() => this.statements(child, place));
          }
      }
    };
    from.words?.forEach(take);
    const isBare = words.length === 0 && assignments.length === 0 && from.words === undefined;
    from.redirects?.forEach(take);
    if (isBare && words.length > 0) this.#findings.doubt('its words cannot be told apart');
    // Redirections of a group, or of a list as the parser sees it, are a part of their own.
    const start = from.words === undefined ? (from.redirects?.[0] ?? node) : node;
    const text = this.#source.slice(start.startIndex, node.endIndex);
    if (words.length > 0 || assignments.length > 0 || redirects.length > 0)
      this.#reading.command({ text, words, assignments, redirects, input: input ?? place.input }, place);
    for (const read of later) read();
    return input;
  }

  #assignment(node: SyntaxNode, place: Place): { name: string; value: Word } {
    const target = childIn(node, 'name');
    const name = target?.type === 'subscript' ? (childIn(target, 'name')?.text ?? '') : (target?.text ?? '');
    if (target?.type === 'subscript') {
      if (!isNumber(childIn(target, 'index')?.text ?? '')) this.#findings.doubt('it calculates an index');
      this.#expansionsIn(target, place);
    }
    // What is no name makes a command of it.
    if (!isName(name) || !node.text.startsWith(name))
      this.#findings.doubt('it has an assignment that is not understood');
    const valueNode = childIn(node, 'value');
    let value: Word = '';
    if (valueNode?.type === 'array') {
      value = undefined;
      for (const item of valueNode.children) {
        // `a=([x]=1)`: x is calculated.
        if (item.text.startsWith('[')) this.#findings.doubt('it calculates an index');
        if (isWord(item)) this.#word(item, place);
        else if (item.isNamed) this.#findings.doubt('it has an array that is not understood');
      }
    } else if (valueNode !== undefined) value = this.#word(valueNode, place);
    const isCalculated = valueNode?.type === 'arithmetic_expansion';
    if (!isCalculated && (value === undefined || !isNumber(value))) this.#findings.assigned.add(name);
    return { name, value };
  }

  #fileRedirect(
    node: SyntaxNode,
    place: Place,
    take: (word: SyntaxNode) => void,
  ): { path: Word; access: Access } | undefined {
    const [operator = '', ...targets] = node.children
      .filter(({ type }) => type !== 'file_descriptor')
      .map((child, index) => (index === 0 ? child.type : child));
    const [target, ...words] = targets.filter((child) => typeof child !== 'string');
    const [descriptor] = node.children;
    const isNumbered = descriptor?.type === 'file_descriptor';
    if (isNumbered && !(isDigits(descriptor.text) && endsWord(this.#source.charAt(descriptor.startIndex - 1))))
      this.#findings.doubt('it has a redirection that is not understood');
    if (keepsDescriptor(this.#source.slice(Math.max(0, node.startIndex - 200), node.startIndex)))
      this.#findings.doubt('it keeps the number of a redirection in a variable');
    const closes = operator === '>&-' || operator === '<&-';
    if (closes && target !== undefined) take(target);
    words.forEach(take);
    if (closes) return undefined;
    if (target === undefined) {
      this.#findings.doubt('it has a redirection that is not understood');
      return undefined;
    }
    const path = this.#word(target, place);
    const joins = operator === '>&' || operator === '<&';
    // `<& -n` closes the input and runs n.
    if (
      joins &&
      path !== '-' &&
      (path === undefined || path.startsWith('-') || isDigits(path.slice(0, 1)) !== isDigits(path))
    )
      this.#findings.doubt('it has a redirection that is not understood');
    if (joins && path !== undefined && (isDigits(path) || path === '-')) return undefined;
    return { path, access: operator === '<' || operator === '<&' ? 'read' : 'write' };
  }

  #declaration(node: SyntaxNode, place: Place): void {
    const [keyword, ...others] = node.children;
    const words: Word[] = [keyword?.text];
    const assignments: { name: string; value: Word }[] = [];
    for (const child of others) {
      if (child.type === 'variable_assignment') assignments.push(this.#assignment(child, place));
      else if (isWord(child)) words.push(this.#word(child, place));
      else this.#findings.doubt('it declares something in a way that is not understood');
    }
    this.#reading.command({ text: node.text, words, assignments, redirects: [], input: undefined }, place);
  }

  #test(node: SyntaxNode, place: Place): void {
    const isCommand = node.children[0]?.type === '[';
    if (node.children.some((child) => isKeyword(child.type) && !child.isNamed && !this.#standsAlone(child)))
      this.#findings.doubt('its keywords cannot be told apart');
    const words: Word[] = [];
    const visit = (child: SyntaxNode): void => {
      if (!this.#findings.step()) return;
      const operator = child.children.findIndex(({ text }) => INTEGER_TESTS.has(text));
      if (operator > 0) this.#integerTest([child.children[operator - 1], child.children[operator + 1]]);
      if (isWord(child)) {
        if (child.text === '-v' || child.text === '-R') this.#findings.doubt('it tests a name that may be calculated');
        const isPattern = child.type === 'regex' || child.type === 'extglob_pattern';
        if (isPattern) this.#patternText(child);
        words.push(isPattern && !isCommand ? child.text : this.#word(child, place));
      } else if (child.children.length > 0) child.children.forEach(visit);
      else {
        if (isCommand && !PLAIN_TEST_TOKENS.has(child.type))
          this.#findings.doubt('it has a test that is not understood');
        words.push(child.text);
      }
    };
    node.children.forEach(visit);
    if (hasLineEndBetween(node.children, this.#source)) this.#findings.doubt('its words cannot be told apart');
    this.#reading.command({ text: node.text, words, assignments: [], redirects: [], input: undefined }, place);
  }

  #integerTest(sides: readonly (SyntaxNode | undefined)[]): void {
    for (const side of sides) {
      const text = side?.text ?? '';
      if (isNumber(text)) continue;
      const name = text.replaceAll('"', '').replace('$', '');
      if (isName(name)) this.#findings.calculates(name);
      else this.#findings.doubt('it calculates with what cannot be followed');
    }
  }

  #patternText(node: SyntaxNode): void {
    if (node.text.includes('$') || node.text.includes('`') || node.text.includes('<('))
      this.#findings.doubt('it has a pattern that cannot be followed');
  }

  #comment(node: SyntaxNode): void {
    const before = node.startIndex === 0 ? '' : this.#source.charAt(node.startIndex - 1);
    if (!endsWord(before) || node.text.includes('\n')) this.#findings.doubt('its comments cannot be told apart');
  }

  /** A word as the command gets it. Also reads what is substituted in it. */
  #word(node: SyntaxNode, place: Place): Word {
    if (!this.#findings.step(1 + node.endIndex - node.startIndex)) return undefined;
    const expansions = this.#expansionsIn(node, place);
    const { value, doubt } = readWord(this.#source, [node.startIndex, node.endIndex], expansions, this.#reading.places);
    if (doubt !== undefined) this.#findings.doubt(doubt);
    if (!this.#endsAt(node.endIndex)) this.#findings.doubt('its words cannot be told apart for certain');
    return value;
  }

  #standsAlone({ startIndex, endIndex }: SyntaxNode): boolean {
    return (
      endsWord(this.#source.charAt(endIndex)) && (startIndex === 0 || endsWord(this.#source.charAt(startIndex - 1)))
    );
  }

  // `a<(b)` is one word, though `<` ends others.
  #endsAt(index: number): boolean {
    const next = this.#source.charAt(index);
    return endsWord(next) && !((next === '<' || next === '>') && this.#source.charAt(index + 1) === '(');
  }

  /** Reads what is substituted in a node, and gives the outermost expansions of it. */
  #expansionsIn(node: SyntaxNode, place: Place): SyntaxNode[] {
    if (!EXPANSIONS.has(node.type)) return node.children.flatMap((child) => this.#expansionsIn(child, place));
    this.#expansion(node, place);
    return [node];
  }

  #expansion(node: SyntaxNode, place: Place): void {
    if (!this.#findings.step()) return;
    const inside: Place = { ...place, depth: place.depth + 1, wrappers: [], inside: undefined };
    if (inside.depth > MAX_DEPTH) return this.#findings.giveUp(`it is nested more than ${MAX_DEPTH} deep`);
    switch (node.type) {
      case 'simple_expansion':
        return checkSimpleExpansion(node.text, this.#findings);
      case 'expansion':
        checkBraceExpansion(node, this.#findings);
        this.#hiddenBackticks(node.text, inside);
        break;
      case 'arithmetic_expansion':
        checkArithmetic(node.text.startsWith('$((') ? node.text.slice(3, -2) : '(', this.#findings);
        break;
      default:
        if (node.text.startsWith('`')) return this.#backticks(node.text, inside);
        return this.statements(node, inside);
    }
    for (const child of node.children) this.#expansionsIn(child, place);
  }

  // The parser takes backticks in braces for text. The form is doubted anyway; what would run is looked at for deny rules.
  #hiddenBackticks(text: string, place: Place): void {
    const start = text.indexOf('`');
    const end = text.lastIndexOf('`');
    if (start !== -1 && end > start) this.#reading.script(text.slice(start + 1, end), place);
  }

  // What stands between backticks is read a second time, after a backslash has been taken from `\`, `$` and the backtick itself.
  #backticks(text: string, place: Place): void {
    let inner = '';
    for (let at = 1; at < text.length - 1; at += 1) {
      if (text.charAt(at) === '\\' && '\\$`'.includes(text.charAt(at + 1))) at += 1;
      inner += text.charAt(at);
    }
    if (text.length < 2 || !text.endsWith('`')) this.#findings.doubt('a substitution in it is not closed');
    this.#reading.script(inner, place);
    // In double quotes a backslash is also taken from these. Which of both holds is not worth telling apart.
    if (inner.includes('\\"')) this.#reading.script(inner.replaceAll('\\"', '"'), place);
  }
}

/** `{NAME}>FILE`: the text before a redirection ends in a name in braces. */
function keepsDescriptor(before: string): boolean {
  return before.endsWith('}') && !hasBlank(before.slice(before.lastIndexOf('{')));
}

const hasBlank = (text: string): boolean => [' ', '\t', '\n'].some((blank) => text.includes(blank));
