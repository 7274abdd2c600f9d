import type { JsonObject } from '../base/json.ts';
import { alarmText } from './alarm-text.ts';
import { codeText } from './denials.ts';
import { plain } from './output.ts';

const DECISIONS: readonly string[] = ['granted', 'denied', 'opened', 'kept', 'alarm', 'alert', 'found.open'];

/** One line about a fact of a door. */
export function describeDecision(kind: string, body: JsonObject): string {
  const text = (name: string) => plain(String(body[name] ?? ''));
  const who = body.member === undefined ? '' : ` ${text('member')}`;
  const output = body.fault === undefined ? `pulse ${text('pulse')}` : `but the output did not move: ${text('fault')}`;
  switch (kind) {
    case 'denied':
      return `denied${who}: ${text('code')} (rule ${text('rule')}): ${codeText(String(body.code), String(body.rule))}`;
    case 'opened':
      return `opened by ${text('by')} (rule ${text('rule')}), ${output}`;
    case 'kept': {
      const fault = body.fault === undefined ? '' : `, but the output did not move: ${text('fault')}`;
      return `${body.on === true ? 'kept open' : 'kept open no longer'} (rule ${text('rule')})${fault}`;
    }
    case 'alarm':
      return `${body.on === true ? 'ALARM' : 'no longer'} ${text('alarm')}: ${alarmText(String(body.alarm))}`;
    case 'alert':
      return `ALERT ${text('alert')}${who}, just before at ${text('other')}: ${alarmText(String(body.alert))}`;
    case 'found.open':
      return 'found open when the board began to look';
    default: {
      const second = body.second === undefined ? '' : ` with ${text('second')}`;
      return `granted${who}${second} (rule ${text('rule')}), ${output}`;
    }
  }
}

/** The body of any entry in a few words; null: it was erased. */
export function describeBody(kind: string, body: JsonObject | null): string {
  if (body === null) return '(erased)';
  if (DECISIONS.includes(kind)) {
    const where = plain(String(body.door ?? body.reader ?? ''));
    return `${where}: ${describeDecision(kind, body)}`;
  }
  if (kind === 'returned') return `the board is back after a loss of power; it wrote last at ${isoText(body.lastMs)}`;
  if (kind === 'erase' && Array.isArray(body.entries)) return `entries=${body.entries.length}`;
  return Object.entries(body)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${plain(name)}=${plain(String(value))}`)
    .join(' ');
}

function isoText(ms: unknown): string {
  return typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : '?';
}
