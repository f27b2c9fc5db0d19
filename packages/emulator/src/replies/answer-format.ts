import { isRecord, type MessagesRequest } from '../request/messages-request.ts';

/** The schema that answers to this request are to fit, if it asks for one. */
export function formatOf({ output_config: config }: MessagesRequest): Record<string, unknown> | undefined {
  return isRecord(config?.format) && isRecord(config.format.schema) ? config.format.schema : undefined;
}
