import type { Call, Outcome } from '../../sdk/contract.ts';
import { Fault } from '../../sdk/fault.ts';
import { id, text } from '../../sdk/fields.ts';
import type { State } from '../../sdk/state.ts';
import { isAlarm } from '../alarms.ts';
import { alarmKey } from '../keys.ts';

/**
 * Command `alarm.clear {door, alarm}`: a person has looked. An alarm whose cause is still there is told again by the
 * door's board, so clearing hides nothing. Works on a door that is gone, too. Codes: bad_id, bad_field, no_such_alarm.
 */
export async function clearAlarm({ body }: Call, state: State): Promise<Outcome> {
  const door = id(body, 'door');
  const alarm = text(body, 'alarm');
  if (!isAlarm(alarm)) throw new Fault('bad_field', `there is no alarm called ${alarm}`);
  const key = alarmKey(door, alarm);
  if ((await state.read(key)) === null) throw new Fault('no_such_alarm', `${alarm} does not stand at door ${door}`);
  return { writes: [{ key, value: null }] };
}
