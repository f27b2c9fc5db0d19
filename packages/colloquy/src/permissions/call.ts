import type { NamedTool } from './rules.ts';

/** A tool call, as far as it matters for permission. A `Tool` with its parsed input's target is one. */
export type PermissionCall = {
  tool: NamedTool & { effect: 'read' | 'write' | 'external'; harmless?: true | undefined };
  input: unknown;
  target: {
    paths?: readonly { path: string; access: 'read' | 'write' }[] | undefined;
    command?: string | undefined;
    url?: string | undefined;
  };
  /** What PreToolUse hooks said. Their "allow" skips the question, but no deny or ask rule and no mode that refuses. */
  hook?: { behavior: 'allow' | 'ask' | 'deny'; reason: string } | undefined;
};

/** What a decision depends on besides rules and modes. */
export type PermissionWorld = {
  cwd: string;
  /** Whether commands would run in a working sandbox. Without one, no mode but `bypassPermissions` allows a command. */
  sandbox: 'working' | 'none';
  /** False: what would have to be asked is denied. */
  canAsk: boolean;
  /** The real path that a path names. A path that it rejects counts as outside of every folder. */
  resolve(path: string): Promise<string>;
};

/** The paths of a call as they really are. */
export type ResolvedPaths = {
  inside: boolean;
  outside: readonly string[];
  protected: string | undefined;
  /** One of them is a working folder itself. */
  isRoot: boolean;
};
