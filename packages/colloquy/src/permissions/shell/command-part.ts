/** A word as the command gets it, quotes taken away; undefined when it cannot be known before the command runs. */
export type Word = string | undefined;

export type Access = 'read' | 'write';

/** What `~`, `$HOME` and `$PWD` most likely stand for. */
export type ShellPlaces = { home: string; folder: string };

/** One simple command of a command line, or one that another command of the line would run. */
export type CommandPart = {
  /** As written, or made of its words where it is written nowhere as such. */
  text: string;
  words: readonly Word[];
  /** The first word: '' for a part without a command (assignments, redirections), undefined when it cannot be known. */
  name: Word;
  /** The commands that run this one, outermost first, such as `sudo` and `xargs`. */
  wrappers: readonly string[];
  /** The part that runs this one, and at which of its words this one begins, where it is one of them. */
  inside: { part: number; word: number | undefined } | undefined;
  assignments: readonly { name: string; value: Word }[];
  /** Files that redirections open; what only joins descriptors is left out. */
  redirects: readonly { path: Word; access: Access }[];
  /** Does nothing that matters but run the parts inside it, so that it needs no leave of its own. */
  transparent: boolean;
  /** Why it may run something that is not among the parts: no pattern allows it, and a deny or ask rule may be about it. */
  unclear: string | undefined;
  /** Why it runs code that nobody looked into, such as a script: no deny or ask rule can be said to be kept by it. */
  unseen: string | undefined;
  /** Only reads, as far as its name, flags and redirections tell. */
  readOnly: boolean;
  /** Whether it is one of the simple file commands that the mode acceptEdits allows. */
  fileCommand: 'none' | 'acceptEdits';
  /** The paths that a known command names as operands. Undefined: it cannot be known which. */
  paths: readonly { path: Word; access: Access }[];
};

/** What is known of a command line without running it. */
export type CommandAnalysis = {
  text: string;
  /** Every command that would run, as far as it can be told. */
  parts: readonly CommandPart[];
  /** Why the command line is not fully understood: then nothing but its exact words, or leave for the whole tool, allows it. */
  unknown: string | undefined;
  /** It was not looked into, because of its size or depth. A deny rule for the tool then counts, whatever its specifier. */
  tooLarge: boolean;
  /** How much was looked at; bounded whatever the command is. */
  steps: number;
};
