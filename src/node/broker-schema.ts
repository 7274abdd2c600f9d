import { table, text } from './schema-parts.ts';

const port = { type: 'integer', minimum: 0, maximum: 65_535 };
/** Up to four levels; not what other makers' devices speak under. */
const MQTT_BASE =
  '^(?!(homeassistant|shellies|tele|stat|cmnd|tasmota)(/|$))[A-Za-z0-9_-]{1,32}(/[A-Za-z0-9_-]{1,32}){0,3}$';
/** The kernel's name of an interface has 15 bytes at most. */
const INTERFACE_CHARS_MAX = 15;

/** What `[broker]` may hold. */
export function brokerSchema(): object {
  const interfaceName = { ...text, maxLength: INTERFACE_CHARS_MAX };
  return table({
    enabled: { type: 'boolean', default: true },
    port: { ...port, default: 8883 },
    loopback_port: { ...port, default: 1883 },
    base: { type: 'string', pattern: MQTT_BASE, default: 'blockmesh' },
    plain: table({ interface: interfaceName, port: { ...port, default: 1883 } }, ['interface']),
  });
}
