import { PINS_ON_MS_MAX } from '../base/limits.ts';
import { readerSchema } from './reader-schema.ts';
import { devices, pinOffset, pinWord, table, text } from './schema-parts.ts';

/** What `blockmesh.toml` may hold, as a JSON Schema with its defaults. What a schema cannot say: `config-outputs.ts`. */

const sections = () => ({
  node: table({
    name: { type: 'string', minLength: 1, maxLength: 64, default: 'blockmesh' },
    clock: { enum: ['timesync', 'trusted', 'untrusted'], default: 'timesync' },
  }),
  log: table({ level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info' } }),
  control: table({ socket: { ...text, default: 'run/node.sock' } }),
  pins: table({ socket: { ...text, default: 'run/pins.sock' } }),
  reader: devices(readerSchema()),
  output: devices({
    ...table({
      chip: pinWord,
      line: pinWord,
      offset: pinOffset,
      active: { enum: ['high', 'low'], default: 'high' },
      longest_ms: { type: 'integer', minimum: 1, maximum: PINS_ON_MS_MAX, default: 60_000 },
    }),
    oneOf: [
      { required: ['line'], not: { required: ['offset'] } },
      { required: ['chip', 'offset'], not: { required: ['line'] } },
    ],
  }),
});

/** Every section may be absent; its defaults then stand. */
export function configSchema(): object {
  return table(
    Object.fromEntries(Object.entries(sections()).map(([name, section]) => [name, { ...section, default: {} }])),
  );
}
