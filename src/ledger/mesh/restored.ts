import type { JsonObject } from '../../base/json.ts';
import type { Fields } from '../../format/fields.ts';
import { type EntryCall, type Outcome, refused } from '../outcome.ts';
import type { StateReader } from '../state.ts';
import { KEY_TEXT, MESH, restoredKey } from './keys.ts';

/**
 * A board says that it was set up again from a backup, and as of when: what was decided elsewhere since then it does
 * not know. The flag stands until an admin takes it back. Of two backups the older one counts.
 */
export function applyRestored(call: EntryCall, fields: Fields, state: StateReader): Outcome {
  const asOfMs = fields.integer('asOfMs', 0);
  fields.end();
  const key = restoredKey(call.author.node ?? '');
  const before = state.read(MESH, key) as JsonObject | null;
  const oldest = before === null ? asOfMs : Math.min(asOfMs, Number(before.asOfMs));
  return { ok: true, writes: [{ key, value: { asOfMs: oldest } }] };
}

/** An admin says that the board goes on with what the backup held. */
export function applyRestoredClear(fields: Fields, state: StateReader): Outcome {
  const node = fields.text('node', KEY_TEXT, 'a key in hex');
  fields.end();
  const key = restoredKey(node);
  if (state.read(MESH, key) === null) return refused('not_restored', 'the board has no flag of a restore');
  return { ok: true, writes: [{ key, value: null }] };
}
