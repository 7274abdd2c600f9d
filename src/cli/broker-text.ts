import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { plain } from './output.ts';

const WAYS: Readonly<Record<string, string>> = {
  tls: 'TLS',
  loopback: 'this machine only',
  plain: 'WITHOUT TLS: whoever reads along learns passwords and badges',
};

const text = (value: unknown) => plain(String(value ?? ''));
const rowsOf = (value: Json | undefined) => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);

/** What `status` says about the MQTT broker of a running node. */
export function brokerLines(broker: Json | undefined): readonly string[] {
  if (!isJsonObject(broker)) return [];
  const { enabled, fault, listeners, devices, drops, connections, retained, sessions, commands } = broker;
  if (enabled !== true) return ['mqtt     off'];
  const held = `${text(connections ?? 0)} connections, ${text(retained ?? 0)} retained, ${text(sessions ?? 0)} sessions`;
  const dropped = isJsonObject(drops) ? Object.entries(drops) : [];
  return [
    `mqtt     ${held}`,
    ...(fault === null ? [] : [`  FAULT ${text(fault)}`]),
    ...rowsOf(listeners).map(listenerLine),
    ...rowsOf(devices).map(
      ({ device, ways }) => `  ${text(device)}: connected (${(ways as string[]).map(text).join(', ')})`,
    ),
    ...commandLines(commands),
    ...(dropped.length === 0
      ? []
      : [`  dropped: ${dropped.map(([code, count]) => `${text(count)} ${text(code)}`).join(', ')}`]),
  ];
}

/** Commands to doors; nothing where there were none. */
function commandLines(commands: Json | undefined): readonly string[] {
  if (!isJsonObject(commands)) return [];
  const { taken, refused } = commands;
  return taken === 0 && refused === 0 ? [] : [`  commands to doors: ${text(taken)} taken, ${text(refused)} refused`];
}

function listenerLine({ way, host, port, isListening, fault }: JsonObject): string {
  const where = `  port ${text(port)} (${WAYS[String(way)] ?? text(way)})`;
  return isListening === true ? `${where} on ${text(host)}` : `${where}: NOT LISTENING, tried again: ${text(fault)}`;
}
