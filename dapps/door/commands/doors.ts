import type { Call, Outcome } from '../../sdk/contract.ts';
import { Fault } from '../../sdk/fault.ts';
import { asObject, id } from '../../sdk/fields.ts';
import type { State } from '../../sdk/state.ts';
import { doorRecord } from '../door-json.ts';
import { changedSettings, type Door, newSettings, parseDoor, schedulesOf } from '../door-record.ts';
import { alarmPrefix, disabledPrefix, doorKey, inputKey, lastKey, outputKey, readerKey, scheduleKey } from '../keys.ts';
import { inputsOf } from '../wires.ts';
import { checkWiring, nodeOfDevice, rewire } from './wiring.ts';

/**
 * Command `door.add`. Reader and output are devices that one node has announced in dapp mesh: a board decides alone,
 * so what it hears and what it moves must be its own. Codes: bad_id, bad_field, bad_text, bad_rule, door_exists,
 * reader_taken, output_taken, input_taken, no_such_schedule, no_such_device, not_a_reader, not_an_output,
 * not_an_input, device_elsewhere.
 */
export async function addDoor({ body }: Call, state: State): Promise<Outcome> {
  const name = id(body, 'door');
  const reader = id(body, 'reader');
  const output = id(body, 'output');
  const door: Door = { reader, output, ...newSettings(body) };
  const [known, readerDoor, outputDoor, readerDevice, outputDevice, missing, rewiring] = await Promise.all([
    state.read(doorKey(name)),
    state.read(readerKey(reader)),
    state.read(outputKey(output)),
    state.read(`device/${reader}`, 'mesh'),
    state.read(`device/${output}`, 'mesh'),
    missingSchedule(state, door),
    rewire(state, name, { wires: door }),
  ]);
  if (known !== null) throw new Fault('door_exists', `there is a door ${name} already`);
  if (readerDoor !== null) throw new Fault('reader_taken', `reader ${reader} belongs to door ${String(readerDoor)}`);
  if (outputDoor !== null) throw new Fault('output_taken', `output ${output} belongs to door ${String(outputDoor)}`);
  if (missing !== null) throw missing;
  const readerNode = nodeOfDevice(readerDevice, reader, 'reader');
  const outputNode = nodeOfDevice(outputDevice, output, 'output');
  if (readerNode !== outputNode) throw new Fault('device_elsewhere', `${reader} and ${output} are on different nodes`);
  checkWiring(rewiring, readerNode);
  return {
    writes: [
      { key: doorKey(name), value: doorRecord(door) },
      { key: readerKey(reader), value: name },
      { key: outputKey(output), value: name },
      ...rewiring.writes,
    ],
  };
}

/**
 * Command `door.edit {door, …}`: the named settings in place of the old ones. Reader and output stay: another reader
 * is another door. An alarm of a wire that is taken away stands until it is cleared. Codes: no_such_door,
 * no_such_schedule, bad_field, bad_id, bad_text, bad_rule, input_taken, no_such_device, not_an_input, device_elsewhere.
 */
export async function editDoor({ body }: Call, state: State): Promise<Outcome> {
  const name = id(body, 'door');
  const was = await existingDoor(state, name);
  const door: Door = { reader: was.reader, output: was.output, ...changedSettings(was, body) };
  const [missing, rewiring, reader] = await Promise.all([
    missingSchedule(state, door),
    rewire(state, name, { was, wires: door }),
    state.read(`device/${door.reader}`, 'mesh'),
  ]);
  if (missing !== null) throw missing;
  if (rewiring.added.length > 0) checkWiring(rewiring, nodeOfDevice(reader, door.reader, 'reader'));
  return { writes: [{ key: doorKey(name), value: doorRecord(door) }, ...rewiring.writes] };
}

/**
 * Command `door.remove {door}`. A door that is disabled stays until that is lifted: its reader and output, under
 * another name, would else open again. Codes: no_such_door, disabled.
 */
export async function removeDoor({ body }: Call, state: State): Promise<Outcome> {
  const name = id(body, 'door');
  const [{ reader, output, ...wires }, standing, alarms] = await Promise.all([
    existingDoor(state, name),
    state.scan(disabledPrefix(name), { limit: 1 }),
    state.scan(alarmPrefix(name)),
  ]);
  if (standing.rows.length > 0) throw new Fault('disabled', `door ${name} is disabled: enable it before removing it`);
  const keys = [doorKey(name), readerKey(reader), outputKey(output), lastKey(name)];
  const rest = [...inputsOf(wires).map(inputKey), ...alarms.rows.map(({ key }) => key)];
  return { writes: [...keys, ...rest].map((key) => ({ key, value: null })) };
}

/** @throws Fault no_such_door */
export async function existingDoor(state: State, name: string): Promise<Door> {
  const record = await state.read(doorKey(name));
  if (record === null) throw new Fault('no_such_door', `there is no door ${name}`);
  return parseDoor(asObject(record, 'the door'));
}

/** The refusal for the first schedule that is not there, or null. */
async function missingSchedule(state: State, door: Door): Promise<Fault | null> {
  const names = schedulesOf(door);
  const records = await Promise.all(names.map((name) => state.read(scheduleKey(name))));
  const missing = names.find((_, i) => records[i] === null);
  return missing === undefined ? null : new Fault('no_such_schedule', `there is no schedule ${missing}`);
}
