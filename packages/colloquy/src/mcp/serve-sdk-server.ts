import { isRecord } from '../helpers/is-record.ts';
import { messageOf } from '../helpers/message-of.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { CallToolResult, McpSdkServerConfig, SdkMcpToolDefinition } from '../options/mcp.ts';
import { argumentsOf, readShape } from './sdk-server-tools.ts';

const PROTOCOL_VERSION = '2025-06-18';
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
const INTERNAL_ERROR = -32_603;

/** A message of JSON-RPC. */
export type JsonRpc = Record<string, unknown>;

type ServedTool = {
  listed: object;
  call(args: unknown, extra: { signal: AbortSignal; toolUseId: string }): Promise<CallToolResult>;
};

/** An in-process server as somebody sees it who speaks the Model Context Protocol to it, message by message. */
export class ServedSdkServer {
  readonly #key: string;
  readonly #server: McpSdkServerConfig;
  readonly #calls = new Map<unknown, AbortController>();
  #tools: Promise<Map<string, ServedTool>> | undefined;

  constructor(key: string, server: McpSdkServerConfig) {
    this.#key = key;
    this.#server = server;
  }

  /** Reads the tools' shapes, with zod. @throws ConfigurationError for a shape that cannot be told to the model */
  async prepare(): Promise<void> {
    await this.#served();
  }

  /** Answers one message; to a notification with an empty result, which nobody looks at. Never rejects. */
  async answer(message: JsonRpc, signal: AbortSignal): Promise<JsonRpc> {
    const { id, method, params } = message;
    const reply = (part: object): JsonRpc => ({ jsonrpc: '2.0', id: id ?? null, ...part });
    try {
      const found = await this.#result(String(method), isRecord(params) ? params : {}, { id, signal });
      return reply(found);
    } catch (error) {
      return reply({ error: { code: INTERNAL_ERROR, message: messageOf(error) } });
    }
  }

  async #result(method: string, params: JsonRpc, o: { id: unknown; signal: AbortSignal }): Promise<object> {
    switch (method) {
      case 'initialize':
        return { result: this.#greeting(params) };
      case 'ping':
        return { result: {} };
      case 'tools/list':
        return { result: { tools: [...(await this.#served()).values()].map(({ listed }) => listed) } };
      case 'tools/call':
        return this.#call(params, o);
      case 'notifications/cancelled':
        this.#calls.get(params['requestId'])?.abort(new Error('The call was cancelled'));
        return { result: {} };
      default:
        if (method.startsWith('notifications/')) return { result: {} };
        return { error: { code: METHOD_NOT_FOUND, message: `The server ${this.#key} has no method ${method}` } };
    }
  }

  #greeting({ protocolVersion }: JsonRpc): object {
    const { name, version } = this.#server;
    return {
      protocolVersion: typeof protocolVersion === 'string' ? protocolVersion : PROTOCOL_VERSION,
      capabilities: { tools: {} },
      serverInfo: { name, version },
    };
  }

  async #call(params: JsonRpc, { id, signal }: { id: unknown; signal: AbortSignal }): Promise<object> {
    const name = String(params['name']);
    const served = (await this.#served()).get(name);
    if (served === undefined)
      return { error: { code: INVALID_PARAMS, message: `The server ${this.#key} has no tool ${name}` } };
    const toolUseId = isRecord(params['_meta']) ? params['_meta']['claudecode/toolUseId'] : undefined;
    const cancelled = new AbortController();
    this.#calls.set(id, cancelled);
    const extra = {
      signal: AbortSignal.any([signal, cancelled.signal]),
      toolUseId: typeof toolUseId === 'string' ? toolUseId : '',
    };
    try {
      return { result: await untilAborted(served.call(params['arguments'] ?? {}, extra), extra.signal) };
    } catch (error) {
      // What goes wrong inside a tool is for the model to see, not for the protocol.
      return { result: { content: [{ type: 'text', text: messageOf(error) }], isError: true } };
    } finally {
      this.#calls.delete(id);
    }
  }

  #served(): Promise<Map<string, ServedTool>> {
    return (this.#tools ??= this.#read());
  }

  async #read(): Promise<Map<string, ServedTool>> {
    const zod = await import('zod');
    return new Map(
      this.#server.tools.map((definition) => {
        const { inputSchema, schema } = readShape(`mcp__${this.#key}__${definition.name}`, definition, zod);
        return [
          definition.name,
          {
            listed: listed(definition, inputSchema, this.#server.alwaysLoad === true),
            call: async (args, extra) => {
              const parsed = await argumentsOf(schema, definition, args);
              // `args` has passed the shape that the handler's argument is typed by.
              return definition.handler(parsed as never, extra);
            },
          },
        ];
      }),
    );
  }
}

function listed(
  { name, description, annotations }: SdkMcpToolDefinition,
  inputSchema: unknown,
  alwaysLoad: boolean,
): object {
  return {
    name,
    description,
    inputSchema,
    ...(annotations === undefined ? {} : { annotations }),
    ...(alwaysLoad ? { _meta: { 'anthropic/alwaysLoad': true } } : {}),
  };
}
