import { NAME_BYTES_MAX, READ_TEMPLATES_MAX, STATE_KEY_BYTES_MAX, TOPIC_BYTES_MAX } from '../base/limits.ts';
import { DAPP_NAME, KIND_NAME, VERSION } from '../format/names.ts';

/** The JSON Schema of `dapp.json`. What it cannot say (topics, templates, bodies) `manifest.ts` checks after it. */

// The forms are those of blocks: what a manifest may name must be able to stand in the ledger.
const NAME = { type: 'string', pattern: DAPP_NAME.source };
const KIND = { type: 'string', pattern: KIND_NAME.source };
const SEMVER = { type: 'string', pattern: VERSION.source };
const COMMAND = { type: 'array', minItems: 1, maxItems: 32, items: { type: 'string', minLength: 1, maxLength: 1024 } };
const TOPICS = { type: 'array', maxItems: 64, items: { type: 'string', minLength: 1, maxLength: TOPIC_BYTES_MAX } };
const AMOUNT = { type: 'integer', minimum: 1 };

function object(properties: object, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, required, properties };
}

const ENTRY = object(
  {
    body: { type: 'object' },
    type: { enum: ['fact', 'command'] },
    effect: { enum: ['deny', 'lift'] },
    roles: { type: 'array', maxItems: 64, items: { type: 'string', minLength: 1, maxLength: NAME_BYTES_MAX } },
    reads: {
      type: 'array',
      maxItems: READ_TEMPLATES_MAX,
      items: { type: 'string', minLength: 1, maxLength: STATE_KEY_BYTES_MAX },
    },
  },
  ['body', 'type', 'roles'],
);

const PERMISSIONS = object(
  {
    hear: TOPICS,
    say: TOPICS,
    outputs: { type: 'array', maxItems: 64, items: { type: 'string', minLength: 1, maxLength: NAME_BYTES_MAX } },
    blobs: { type: 'boolean' },
    page: { type: 'boolean' },
  },
  ['hear', 'say', 'outputs'],
);

export const MANIFEST_SCHEMA = object(
  {
    name: NAME,
    version: SEMVER,
    abi: { const: 1 },
    title: { type: 'string', minLength: 1, maxLength: 128 },
    summary: { type: 'string', minLength: 1, maxLength: 1024 },
    contract: COMMAND,
    agent: COMMAND,
    entries: { type: 'object', maxProperties: 64, propertyNames: KIND, additionalProperties: ENTRY },
    reads: { type: 'array', maxItems: 16, uniqueItems: true, items: NAME },
    permissions: PERMISSIONS,
    limits: object({ memoryMib: AMOUNT, stateBytes: AMOUNT, processes: AMOUNT, cpuPercent: AMOUNT }),
    tests: { type: 'array', maxItems: 256, uniqueItems: true, items: { type: 'string', minLength: 1, maxLength: 256 } },
  },
  ['name', 'version', 'abi', 'title', 'summary', 'entries', 'reads', 'permissions', 'limits', 'tests'],
);
