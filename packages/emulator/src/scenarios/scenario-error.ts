/** A scenario that cannot be played, with the place in it. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly code = 'invalid_scenario';
  /** Such as `replies[2].faults[0].afterEvents`; empty for the whole. */
  readonly path: string;
  /** What is wrong there. */
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`The scenario cannot be played: ${path === '' ? 'it' : path} ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}
