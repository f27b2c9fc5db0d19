/** The permission modes in plain words: what happens when the agent wants to do something. */
const MODES: Readonly<Record<string, { label: string; explanation: string } | undefined>> = {
  default: { label: 'Ask first', explanation: 'Reads freely; asks before it edits files or runs commands.' },
  askForEdits: {
    label: 'Ask first',
    explanation: 'Reads freely; asks before it edits files or runs commands.',
  },
  acceptEdits: {
    label: 'Accept edits',
    explanation: 'Edits files in the working directory without asking; asks before it runs commands.',
  },
  plan: { label: 'Plan only', explanation: 'Looks and plans; changes nothing.' },
  readOnly: { label: 'Read only', explanation: 'What would change something is denied, never asked.' },
  strict: { label: 'Ask always', explanation: 'Every tool call is asked, reads too.' },
  dontAsk: { label: 'Never ask', explanation: 'What would have to be asked is denied.' },
  bypassPermissions: { label: 'Allow all', explanation: 'Runs everything without asking.' },
};

export type Mode = { value: string; label: string; explanation: string };

/** The modes that can be chosen, in the server's order, each meaning once; the present one is always among them. */
export function modeChoices(offered: readonly string[], current: string | undefined): Mode[] {
  const values = current === undefined || offered.includes(current) ? offered : [...offered, current];
  const modes = values.map((value) => ({ value, ...(MODES[value] ?? { label: value, explanation: '' }) }));
  const isChosen = (mode: Mode): boolean => mode.value === current;
  return modes.filter(
    (mode) =>
      isChosen(mode) ||
      !modes.some(
        (other) =>
          other !== mode &&
          other.label === mode.label &&
          (isChosen(other) || modes.indexOf(other) < modes.indexOf(mode)),
      ),
  );
}

/** What a mode means, in a sentence. */
export function explainMode(value: string | undefined): string {
  return MODES[value ?? 'default']?.explanation ?? '';
}
