import type { NamedTool } from './rules.ts';

/** A tool call, as far as it matters for permission. A `Tool` with its parsed input's target is one. */
export type PermissionCall = {
  tool: NamedTool & {
    effect: 'read' | 'write' | 'external';
    harmless?: true | undefined;
    needsPerson?: true | undefined;
  };
  input: unknown;
  target: {
    paths?: readonly { path: string; access: 'read' | 'write' }[] | undefined;
    command?: string | undefined;
    url?: string | undefined;
    /** The command asks to run without the sandbox: it is decided about as if there were none. */
    withoutSandbox?: boolean | undefined;
  };
  /** What PreToolUse hooks said. Their "allow" skips the question, but no deny or ask rule and no mode that refuses. */
  hook?: { behavior: 'allow' | 'ask' | 'deny'; reason: string } | undefined;
};

/** Whether calls of a tool are allowed or asked about, or the tool is there at all. */
export type PolicyWord = 'always_allow' | 'always_ask' | 'not_enabled';

/** What a decision depends on besides rules and modes. */
export type PermissionWorld = {
  cwd: string;
  /** Where commands begin, when that is no longer the working directory. */
  shellCwd?: string | undefined;
  /** Whether commands would run in a working sandbox. Without one, no mode but `bypassPermissions` allows a command. */
  sandbox: 'working' | 'none';
  /** In a working sandbox a command needs no leave, unless a rule or the mode refuses or asks. */
  allowsSandboxed?: boolean | undefined;
  /** Without a working sandbox no rule allows a command: several people use the machine, and not all of them made the rules. */
  asksUnsandboxed?: boolean | undefined;
  /** The tool's own policy, which decides in the place of modes. */
  policy?: PolicyWord | undefined;
  /** The call runs on another machine: what it names is not on this one. */
  elsewhere?: boolean | undefined;
  /** False: what would have to be asked is denied. */
  canAsk: boolean;
  /** The real path that a path names. A path that it rejects counts as outside of every folder. */
  resolve(path: string): Promise<string>;
  /** How many names the file at a path has; 1 for what is no file. Without it, hard links are not looked at. */
  links?(path: string): Promise<number>;
  /** Folders outside the working folders that may be read all the same: where the session keeps output of its own. Real paths. */
  readable?: readonly string[] | undefined;
  /** Where this program keeps its own data. */
  ownFolders?: readonly string[] | undefined;
};

/** The paths of a call as they really are. */
export type ResolvedPaths = {
  /** All of them lie in working folders, and nothing speaks against touching them. */
  inside: boolean;
  outside: readonly string[];
  /** The first of those outside, as the call names it. */
  blocked: string | undefined;
  protected: string | undefined;
  /** Why one is asked wherever it lies, in a sentence. */
  caution: string | undefined;
  /** One of them is a working folder itself. */
  isRoot: boolean;
};
