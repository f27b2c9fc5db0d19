/** What webhooks are told of, by the names of the Managed Agents API. */
export const WEBHOOK_EVENTS = [
  'agent.created',
  'agent.updated',
  'agent.archived',
  'environment.created',
  'environment.updated',
  'environment.archived',
  'environment.deleted',
  'session.created',
  'session.updated',
  'session.status_run_started',
  'session.status_idled',
  'session.status_rescheduled',
  'session.status_terminated',
  'session.requires_action',
  'session.budget_reached',
  'session.archived',
  'session.deleted',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** What has happened: to what, whose, and when. */
export type Happened = {
  type: WebhookEvent;
  owner: string;
  /** Of the agent, the environment or the session. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Tells it from all others of its kind: told twice, it is one event. */
  key: string;
};

// One server is one organization with one workspace.
const ORGANIZATION = 'org_local';
const WORKSPACE = 'wrkspc_local';

/** The body of a webhook, in the shape of the Managed Agents API. */
export function webhookBody(eventId: string, type: string, id: string, at: number): string {
  return JSON.stringify({
    type: 'event',
    id: eventId,
    created_at: new Date(at).toISOString(),
    data: { type, id, organization_id: ORGANIZATION, workspace_id: WORKSPACE },
  });
}
