/** What a failed model request means for the person at the page, by the message's `error`; unknown ones get the general words. */
export function explainModelError(error: string): { title: string; wayOut: string } {
  return (
    EXPLANATIONS[error] ?? {
      title: 'The model could not answer',
      wayOut: 'Send the message again. If it keeps failing, look at the server’s log.',
    }
  );
}

/** The same in three words, for a line that counts down to the next attempt. */
export function nameModelError(error: string): string {
  return NAMES[error] ?? 'The model did not answer';
}

const EXPLANATIONS: Readonly<Record<string, { title: string; wayOut: string } | undefined>> = {
  authentication_failed: {
    title: 'The API refused the credential',
    wayOut: 'Check ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN where the server was started, and start it again.',
  },
  billing_error: {
    title: 'The API account has a billing problem',
    wayOut: 'Check the account’s credit and plan, then send the message again.',
  },
  rate_limit: {
    title: 'Too many requests',
    wayOut: 'The API’s limit was reached. Wait a minute, then send the message again.',
  },
  overloaded: {
    title: 'The API is overloaded',
    wayOut: 'It was tried several times. Wait a little, then send the message again.',
  },
  invalid_request: {
    title: 'The API did not accept the request',
    wayOut: 'A new conversation usually helps; the words below say what was wrong.',
  },
  model_not_found: {
    title: 'The API does not know this model',
    wayOut: 'Start the server with another model in ANTHROPIC_MODEL.',
  },
  server_error: {
    title: 'The API had an error',
    wayOut: 'It was tried several times. Send the message again in a little while.',
  },
  max_output_tokens: { title: 'The answer was too long', wayOut: 'Ask for it in smaller parts.' },
};

const NAMES: Readonly<Record<string, string | undefined>> = {
  rate_limit: 'Too many requests',
  overloaded: 'The API is overloaded',
  server_error: 'The API had an error',
};
