import { z } from 'zod';
import { unsupported } from '../../http/unsupported.ts';
import { MetadataInput, MetadataPatch } from '../metadata.ts';

const MAX_NAME_CHARS = 256;
const MAX_DESCRIPTION_CHARS = 2_048;
const MAX_HOSTS = 100;

const NO_PACKAGES = 'its operator decides what is installed';
const packages = unsupported(NO_PACKAGES);

/** What the sandbox of this server takes: a name, one below a name (`*.`), or an address; with a port or without. */
const Host = z
  .string()
  .max(255)
  .regex(
    /^(?:localhost|\[[\da-f:.]+\]|(?:\*\.)?[\da-z_][\da-z_-]{0,62}(?:\.[\da-z_][\da-z_-]{0,62})+)(?::[1-9]\d{0,4})?$/i,
    'must be a host such as example.org, *.example.org or example.org:8443',
  );

const noMore = (why: string) => z.literal(false, `is not supported by this server: ${why}`).nullish();

const NetworkingInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('unrestricted') }),
  z.strictObject({
    type: z.literal('limited'),
    allowed_hosts: z.array(Host).max(MAX_HOSTS).nullish(),
    allow_mcp_servers: noMore('it connects to no MCP servers'),
    allow_package_managers: noMore('name the registries in allowed_hosts'),
  }),
]);

const ConfigInput = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('cloud'),
    networking: NetworkingInput.nullish(),
    packages: z
      .strictObject({
        type: z.literal('packages').optional(),
        apt: packages,
        cargo: packages,
        gem: packages,
        go: packages,
        npm: packages,
        pip: packages,
      })
      .nullish(),
  }),
  z.strictObject({ type: z.literal('self_hosted') }),
]);
export type ConfigInput = z.infer<typeof ConfigInput>;

const fields = {
  config: ConfigInput.nullish(),
  description: z.string().max(MAX_DESCRIPTION_CHARS).nullish(),
  // What somebody makes is that user's alone, so this one holds.
  scope: z.literal('account', 'only account is supported by this server: what a user makes is his').nullish(),
};

const name = z.string().trim().min(1).max(MAX_NAME_CHARS);

export const EnvironmentCreateInput = z.strictObject({ ...fields, name, metadata: MetadataInput.optional() });
export type EnvironmentCreateInput = z.infer<typeof EnvironmentCreateInput>;

export const EnvironmentUpdateInput = z.strictObject({
  ...fields,
  name: name.nullish(),
  metadata: MetadataPatch.nullish(),
});
export type EnvironmentUpdateInput = z.infer<typeof EnvironmentUpdateInput>;
