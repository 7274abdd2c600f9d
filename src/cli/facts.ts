import type { JsonObject } from '../base/json.ts';
import { plain } from './output.ts';

/** One line about a `granted` or `denied` fact. */
export function describeDecision(kind: string, body: JsonObject): string {
  const text = (name: string) => plain(String(body[name] ?? ''));
  const who = body.member === undefined ? '' : ` ${text('member')}`;
  if (kind === 'denied') return `denied${who}: ${text('code')} (rule ${text('rule')})`;
  const output = body.fault === undefined ? `pulse ${text('pulse')}` : `but the output did not move: ${text('fault')}`;
  return `granted${who} (rule ${text('rule')}), ${output}`;
}

/** The body of any entry in a few words. */
export function describeBody(kind: string, body: JsonObject): string {
  if (kind === 'granted' || kind === 'denied') {
    const where = plain(String(body.door ?? body.reader ?? ''));
    return `${where}: ${describeDecision(kind, body)}`;
  }
  return Object.entries(body)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${plain(name)}=${plain(String(value))}`)
    .join(' ');
}
