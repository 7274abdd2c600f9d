import { asObject, integer } from '../sdk/fields.ts';
import type { Json } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';
import type { Card, Tries } from './decision/evidence.ts';
import type { Door } from './door-record.ts';
import { passKey, triesKey } from './keys.ts';

/** What earlier presentations left behind: passages and wrong PINs. */
export async function readTrace(
  state: State,
  door: Door | null,
  card: Card,
): Promise<{ readonly passMs: number | null; readonly tries: Tries | null }> {
  if (door === null || card.type !== 'member') return { passMs: null, tries: null };
  const { member, badge } = card.person;
  const [pass, tries] = await Promise.all([
    door.passback === null ? null : state.read(passKey(door.passback.area, member)),
    door.pin && badge !== null ? state.read(triesKey(member, badge)) : null,
  ]);
  return { passMs: pass === null ? null : msOf(pass), tries: parseTries(tries) };
}

function msOf(record: Json): number {
  return integer(asObject(record, 'a record'), 'ms', 0, Number.MAX_SAFE_INTEGER);
}

export function parseTries(record: Json): Tries | null {
  if (record === null) return null;
  const from = asObject(record, 'the tries');
  return { count: integer(from, 'count', 0, Number.MAX_SAFE_INTEGER), ms: msOf(from) };
}
