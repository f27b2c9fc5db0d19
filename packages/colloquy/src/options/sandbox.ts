type More = { [name: string]: unknown };

/**
 * Where commands run. The names and meanings are those of the official TypeScript Agent SDK. Paths are absolute, `~/…`, or relative
 * to `cwd`; they name files and folders, not patterns. Claude Code takes more than is named here; our own loop refuses it by name.
 * @see docs/sandbox.md
 */
export type SandboxSettings = More & {
  /** True: commands run in the sandbox. False: they run without one. Default: in the sandbox where one works. */
  enabled?: boolean | undefined;
  /** With `enabled: true`: where no sandbox works, no command runs. Default true. */
  failIfUnavailable?: boolean | undefined;
  /** What runs in the sandbox needs no leave, unless a rule or the mode refuses or asks. Default: true with `enabled: true`, else false. */
  autoAllowBashIfSandboxed?: boolean | undefined;
  /** Whether the model may ask for a command to run without the sandbox; it is then decided about as if there were none. Default true. */
  allowUnsandboxedCommands?: boolean | undefined;
  /** Commands that always run without the sandbox, such as `docker`, and are decided about as if there were none. */
  excludedCommands?: string[] | undefined;
  /** Refusals that the model is not told of: to a command that contains the key, or to any (`*`), those whose text contains a value. */
  ignoreViolations?: Record<string, string[]> | undefined;
  network?:
    | (More & {
        /** Hosts that may be reached, such as `example.org`, `*.example.org`, `127.0.0.1:8080`. Default: none. */
        allowedDomains?: string[] | undefined;
        /** Hosts that may not, whatever is allowed. */
        deniedDomains?: string[] | undefined;
        /** All Unix sockets may be used. On Linux they cannot be told apart. */
        allowAllUnixSockets?: boolean | undefined;
        /** Commands may always listen inside the sandbox, where nobody else can reach them; nothing changes with this. */
        allowLocalBinding?: boolean | undefined;
      })
    | undefined;
  filesystem?:
    | (More & {
        /** Besides the working folders. */
        allowWrite?: string[] | undefined;
        /** Below what may be written. Wins over `allowWrite`. */
        denyWrite?: string[] | undefined;
        /** Besides system files, tools on PATH and the working folders. */
        allowRead?: string[] | undefined;
        /** Below what may be read. An `allowRead` that is deeper wins. */
        denyRead?: string[] | undefined;
      })
    | undefined;
  /** Further secrets. Those of well-known programs are hidden always. */
  credentials?:
    | (More & {
        files?: (More & { path: string; mode: 'deny' | 'mask' })[] | undefined;
        /** Accepted, and without effect: commands get no variable but those on a fixed list, on which no credential is. */
        envVars?: (More & { name: string; mode: 'deny' | 'mask' })[] | undefined;
      })
    | undefined;
};
