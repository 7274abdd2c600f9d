import { PINS_ON_MS_MAX } from '../base/limits.ts';

/** What `blockmesh.toml` may hold, as a JSON Schema with its defaults. What a schema cannot say: `config-outputs.ts`. */

export const DEVICE_NAME = '^[a-z0-9][a-z0-9-]{0,31}$';
/** Mostly paths, in which the system allows no NUL. */
const text = { type: 'string', minLength: 1, maxLength: 256, pattern: '^\\P{Cc}*$' };
const table = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
/** Goes into an option of the pins process, where commas and equals signs part things. */
const pinWord = { type: 'string', minLength: 1, pattern: '^[^,=\\s\\p{Cc}]*$' };
const devices = (one: object) => ({
  type: 'object',
  propertyNames: { pattern: DEVICE_NAME },
  additionalProperties: one,
});

const SECTIONS = {
  node: table({
    name: { type: 'string', minLength: 1, maxLength: 64, default: 'blockmesh' },
    clock: { enum: ['timesync', 'trusted', 'untrusted'], default: 'timesync' },
  }),
  log: table({ level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info' } }),
  control: table({ socket: { ...text, default: 'run/node.sock' } }),
  pins: table({ socket: { ...text, default: 'run/pins.sock' } }),
  reader: devices(
    table(
      {
        driver: { enum: ['rdm6300'] },
        port: text,
        baud: { type: 'integer', minimum: 300, maximum: 4_000_000, default: 9600 },
        feed: text,
      },
      ['driver', 'port'],
    ),
  ),
  output: devices({
    ...table({
      chip: pinWord,
      line: pinWord,
      offset: { type: 'integer', minimum: 0, maximum: 4095 },
      active: { enum: ['high', 'low'], default: 'high' },
      longest_ms: { type: 'integer', minimum: 1, maximum: PINS_ON_MS_MAX, default: 60_000 },
    }),
    oneOf: [
      { required: ['line'], not: { required: ['offset'] } },
      { required: ['chip', 'offset'], not: { required: ['line'] } },
    ],
  }),
};

/** Every section may be absent; its defaults then stand. */
export const CONFIG_SCHEMA = table(
  Object.fromEntries(Object.entries(SECTIONS).map(([name, section]) => [name, { ...section, default: {} }])),
);
