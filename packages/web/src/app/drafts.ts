const PREFIX = 'colloquy.draft.';

/** The unsent text of a conversation, or of the new one; kept for this tab, over reloads. */
export function loadDraft(id: string | undefined): string {
  try {
    return sessionStorage.getItem(PREFIX + (id ?? 'new')) ?? '';
  } catch {
    // Storage is forbidden in this browser: drafts then live as long as the page.
    return '';
  }
}

/** Keeps a draft; an empty one is forgotten. */
export function saveDraft(id: string | undefined, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(PREFIX + (id ?? 'new'));
    else sessionStorage.setItem(PREFIX + (id ?? 'new'), text);
  } catch {
    // Forbidden or full; see above.
  }
}
