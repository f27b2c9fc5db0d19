import { MAX_PARTS, MAX_STEPS } from './bounds.ts';
import type { Access, CommandPart, ShellPlaces, Word } from './command-part.ts';
import { isDangerousVariable, isHarmlessVariable } from './environment-names.ts';

/** What a command reads on its standard input: nothing, or a text, undefined where it cannot be known. */
export type Input = { text: Word } | undefined;

/** Where in the command line a text is being read. */
export type Place = {
  depth: number;
  wrappers: readonly string[];
  inside: CommandPart['inside'];
  input: Input;
};

/** A simple command as the shell would take it apart. */
export type SimpleCommand = {
  text: string;
  words: readonly Word[];
  assignments: CommandPart['assignments'];
  redirects: readonly { path: Word; access: Access }[];
  input: Input;
};

/** What has been found so far. The first doubt is kept, and reading goes on: a deny rule may still be met. */
export class Findings {
  readonly parts: CommandPart[] = [];
  readonly functions = new Set<string>();
  /** Variables whose value the command line itself sets to what is no plain number. */
  readonly assigned = new Set<string>();
  /** Variables whose value is calculated with: bash runs substitutions that such a value holds. */
  readonly calculated = new Set<string>();
  steps = 0;
  unknown: string | undefined;
  tooLarge = false;

  doubt(why: string): void {
    this.unknown ??= why;
  }

  /** The shell keeps a value in a variable by another way than `NAME=value`: a loop, `read`, a calculation. */
  sets(name: string): void {
    this.assigned.add(name);
    if (isDangerousVariable(name)) this.doubt(`the variable ${name} changes what the commands after it mean`);
  }

  /** A calculation uses a variable, and may change it. What the shell itself keeps in one (`_`, `REPLY`) may be text of the model. */
  calculates(name: string): void {
    this.calculated.add(name);
    if (name === '_' || !isHarmlessVariable(name))
      this.doubt(`it calculates with ${name}, whose value cannot be known`);
  }

  /** Counts work. False: there has been too much of it, and reading ends. */
  step(count = 1): boolean {
    this.steps += count;
    if (this.steps > MAX_STEPS) this.giveUp('it takes too long to look into');
    return !this.tooLarge;
  }

  giveUp(why: string): void {
    this.tooLarge = true;
    this.unknown = why;
  }

  add(part: CommandPart): number {
    if (this.parts.length >= MAX_PARTS) this.giveUp(`it has more than ${MAX_PARTS} parts`);
    else this.parts.push(part);
    return this.parts.length - 1;
  }
}

/** The readers of scripts and of commands call each other through this. */
export type Reading = {
  findings: Findings;
  places: ShellPlaces | undefined;
  /** Reads a text in the language of bash. */
  script(text: string, place: Place): void;
  /** Takes a simple command in, and what it runs. */
  command(command: SimpleCommand, place: Place): void;
};
