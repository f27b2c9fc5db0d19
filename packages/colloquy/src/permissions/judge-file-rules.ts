import type { JudgedPath, PathRule } from './match-path.ts';
import { isOfProcess } from './paths.ts';
import type { RuleMatch } from './rule-match.ts';
import type { Access, CommandAnalysis, CommandPart, Word } from './shell/command-part.ts';
import type { Verdict } from './shell/judge-command.ts';
import { archives, namesFiles, readsPatternFile, readsWholeFolders, writesOperands } from './shell/known-files.ts';
import type { PlacedRule } from './state.ts';
import { tellRule, tellText } from './tell-rule.ts';

/** A deny or ask rule about paths, for commands that read or write them. */
export type FileRule = { rule: PlacedRule; access: Access };

type FileWorld = {
  rules: readonly FileRule[];
  /** Makes the rules ready: a look at the disk for each. */
  load: () => Promise<ReadonlyMap<PlacedRule, PathRule>>;
  judge: (path: string) => Promise<JudgedPath>;
};
/** `perhaps`: it is only a word of a command that is not known. */
type Named = { path: Word; access: Access; part: CommandPart; perhaps?: true };

/** Beyond this, it is asked: each takes a look at the disk. */
const MAX_NAMED_FILES = 200;
/** Nor are more than this many files held against rules, all together. */
const MAX_COMPARISONS = 20_000;

/**
 * What deny and ask rules about reading and editing say of the files that a command names: its redirections, and its operands. What
 * a program does beyond what it is told to, they cannot know. What may be one of their files, without being certain, asks.
 */
export async function judgeFileRules(
  analysis: CommandAnalysis,
  { rules, load, judge }: FileWorld,
): Promise<{ deny?: Verdict; ask?: Verdict }> {
  const [first] = rules;
  if (first === undefined) return {};
  const named = analysis.parts.flatMap(namedBy).filter(({ access }) => rules.some((each) => each.access === access));
  const patterns = named.length === 0 ? undefined : await load();
  let ask: Verdict | undefined;
  const maxFiles = Math.min(MAX_NAMED_FILES, Math.ceil(MAX_COMPARISONS / rules.length));
  for (const file of named.slice(0, maxFiles)) {
    const judged = file.path === undefined || dependsOnProcess(file.path) ? undefined : await judge(file.path);
    for (const each of rules) {
      const pattern = each.access === file.access ? patterns?.get(each.rule) : undefined;
      const reach = pattern === undefined ? 'no' : reachOf(pattern, file, judged);
      if (reach === 'yes' && each.rule.behavior === 'deny')
        return { deny: byRule(each, `The rule ${tellRule(each.rule)} denies ${tellFile(file)}.`) };
      if (reach !== 'no') ask ??= byRule(each, whyAsk(each, file, reach));
    }
  }
  const doubt = named.length > maxFiles ? `it names more than ${maxFiles} files` : analysis.unknown;
  if (doubt !== undefined)
    ask ??= byRule(
      first,
      `Whether this command touches what the rule ${tellRule(first.rule)} is about cannot be told for certain: ${doubt}.`,
    );
  return ask === undefined ? {} : { ask };
}

function reachOf(pattern: PathRule, { path, access, part, perhaps }: Named, judged: JudgedPath | undefined): RuleMatch {
  if (judged === undefined) return 'unclear';
  // A folder may be listed, moved away or removed with all that it holds.
  const reach = pattern.reach({ ...judged, searched: true });
  if (reach === 'yes') return reach;
  const { real } = judged;
  const isWhole = access === 'write' || readsWholeFolders(part);
  if (real !== undefined && isWhole && pattern.mayLieBelow(real, access)) return 'unclear';
  return perhaps === true && !isOfProcess(path ?? '') ? 'no' : reach;
}

/** `/proc/self/cwd/x` is another file for each process: here it would lead elsewhere. */
function dependsOnProcess(path: string): boolean {
  const names = path.split('/');
  return names.includes('proc') && names.some((name) => ['cwd', 'root', 'fd', 'map_files'].includes(name));
}

function whyAsk({ rule }: FileRule, file: Named, reach: RuleMatch): string {
  return reach === 'yes'
    ? `The rule ${tellRule(rule)} wants ${tellFile(file)} to be asked.`
    : `Whether ${tellFile(file)} in \`${tellText(file.part.text)}\` is what the rule ${tellRule(rule)} is about cannot be told for certain.`;
}

const tellFile = ({ path, access }: Named): string =>
  `${access === 'write' ? 'writing to' : 'reading'} ${tellText(path ?? 'a file')}`;

/** The files that a part names, as far as that can be known. */
function namedBy(part: CommandPart): Named[] {
  const named: Named[] = [...part.redirects, ...part.paths].map(({ path, access }) => ({ path, access, part }));
  // What is copied or moved away is read.
  if (part.name === 'cp' || part.name === 'mv') named.push(...part.paths.map(({ path }) => asRead(path, part)));
  const isListed = part.readOnly || part.fileCommand !== 'none';
  if (isListed && part.paths.length === 0 && readsWholeFolders(part)) named.push(asRead('.', part));
  // Git takes files for text: some of its operands are versions.
  if (isListed && part.name !== 'git' && !readsPatternFile(part)) return named;
  // Archivers go to other folders by themselves.
  if (archives(part)) named.push(asRead(undefined, part));
  // Of a command that is not known any word may be a file; one that cannot be told only where files are to be expected.
  const written = writesOperands(part);
  for (const word of part.words.slice(1)) {
    if (word === undefined && !written && !namesFiles(part)) continue;
    for (const path of operandsOf(word)) {
      const perhaps = path === undefined ? {} : ({ perhaps: true } as const);
      named.push({ ...asRead(path, part), ...perhaps });
      if (written) named.push({ path, access: 'write', part, ...perhaps });
    }
  }
  return named;
}

const asRead = (path: Word, part: CommandPart): Named => ({ path, access: 'read', part });

/** What of a word may be a path: itself, what follows an equals sign or a colon, or the letter of an option. */
function operandsOf(word: Word): Word[] {
  if (word === undefined) return [word];
  const after = ['=', ':', '@'].flatMap((sign) => (word.includes(sign) ? [word.slice(word.indexOf(sign) + 1)] : []));
  const itself = word.startsWith('-') ? word.slice(2) : word;
  return [itself, ...after].filter((path) => path !== '' && !path.startsWith('-'));
}

const byRule = ({ rule }: FileRule, reason: string): Verdict => ({ source: 'rule', rule: rule.text, reason });
