const NEEDED = [22, 19] as const;

/** What to say to a person whose Node is too old; `undefined` when it is new enough. `version` is as in `process.versions.node`. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return undefined;
  return `this is Node ${version}, and ${NEEDED.join('.')} or newer is needed. Install Node 24 (LTS), or put a newer one first on PATH.`;
}
