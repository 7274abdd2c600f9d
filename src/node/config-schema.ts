import { FEEDBACK_MS_MAX, PINS_DEBOUNCE_MS_MAX, PINS_ON_MS_MAX } from '../base/limits.ts';
import { brokerSchema } from './broker-schema.ts';
import { SIZE_PATTERN } from './large/size.ts';
import { readerSchema } from './reader-schema.ts';
import { DEVICE_NAME, devices, pinned, table, text } from './schema-parts.ts';

/** What `blockmesh.toml` may hold, as a JSON Schema with its defaults. What a schema cannot say: `config.ts`. */

const sections = () => ({
  node: table({
    name: { type: 'string', minLength: 1, maxLength: 64, default: 'blockmesh' },
    clock: { enum: ['timesync', 'trusted', 'untrusted'], default: 'timesync' },
  }),
  log: table({ level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info' } }),
  control: table({ socket: { ...text, default: 'run/node.sock' } }),
  pins: table({
    socket: { ...text, default: 'run/pins.sock' },
    options: { ...text, default: 'run/pins.options' },
  }),
  reader: devices(readerSchema()),
  broker: brokerSchema(),
  chunks: table({
    quota: { type: 'string', pattern: SIZE_PATTERN },
    low_space: { type: 'string', pattern: SIZE_PATTERN, default: '1 GB' },
  }),
  input: pinned({
    active: { enum: ['high', 'low'], default: 'low' },
    bias: { enum: ['pull-up', 'pull-down', 'none'], default: 'pull-up' },
    debounce_ms: { type: 'integer', minimum: 0, maximum: PINS_DEBOUNCE_MS_MAX, default: 20 },
  }),
  relay: devices(
    table(
      {
        device: { type: 'string', pattern: DEVICE_NAME },
        number: { type: 'integer', minimum: 0, maximum: 15 },
        switch: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
        longest_ms: { type: 'integer', minimum: 1, maximum: PINS_ON_MS_MAX, default: 60_000 },
      },
      ['device'],
    ),
  ),
  output: pinned({
    active: { enum: ['high', 'low'], default: 'high' },
    longest_ms: { type: 'integer', minimum: 1, maximum: PINS_ON_MS_MAX, default: 60_000 },
    feedback: { type: 'string', pattern: DEVICE_NAME },
    feedback_ms: { type: 'integer', minimum: 1, maximum: FEEDBACK_MS_MAX, default: 500 },
  }),
});

/** Every section may be absent; its defaults then stand. */
export function configSchema(): object {
  return table(
    Object.fromEntries(Object.entries(sections()).map(([name, section]) => [name, { ...section, default: {} }])),
  );
}
