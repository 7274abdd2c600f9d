import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { id, integer } from '../sdk/fields.ts';
import type { Json } from '../sdk/json.ts';
import { isJsonObject } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';
import { parseZone } from '../sdk/zone.ts';
import { doorKey, OPEN_MS_MAX, OPEN_MS_MIN, outputKey, parseSchedule, readerKey, scheduleKey } from './records.ts';

/** The widths of an EM4100 card that readers show: each shows one of them. */
const DOOR_BITS: readonly number[] = [24, 32, 40];

/**
 * Command `door.add {door, reader, output, openMs, schedule, bits}`. Reader and output are devices that one node has
 * announced in dapp mesh: a board decides alone, so what it hears and what it moves must be its own.
 * Codes: bad_id, bad_field, door_exists, reader_taken, output_taken, no_such_device, not_a_reader, not_an_output,
 * device_elsewhere, no_such_schedule.
 */
export async function addDoor({ body }: Call, state: State): Promise<Outcome> {
  const door = id(body, 'door');
  const reader = id(body, 'reader');
  const output = id(body, 'output');
  const openMs = integer(body, 'openMs', OPEN_MS_MIN, OPEN_MS_MAX);
  const bits = integer(body, 'bits', 24, 40);
  if (!DOOR_BITS.includes(bits)) throw new Fault('bad_field', `bits is one of ${DOOR_BITS.join(', ')}`);
  const schedule = (body.schedule ?? null) === null ? null : id(body, 'schedule');
  const [known, readerDoor, outputDoor, hours, readerDevice, outputDevice] = await Promise.all([
    state.read(doorKey(door)),
    state.read(readerKey(reader)),
    state.read(outputKey(output)),
    schedule === null ? null : state.read(scheduleKey(schedule)),
    state.read(`device/${reader}`, 'mesh'),
    state.read(`device/${output}`, 'mesh'),
  ]);
  if (known !== null) throw new Fault('door_exists', `there is a door ${door} already`);
  if (readerDoor !== null) throw new Fault('reader_taken', `reader ${reader} belongs to door ${String(readerDoor)}`);
  if (outputDoor !== null) throw new Fault('output_taken', `output ${output} belongs to door ${String(outputDoor)}`);
  if (schedule !== null && hours === null) throw new Fault('no_such_schedule', `there is no schedule ${schedule}`);
  const readerNode = nodeOfDevice(readerDevice, reader, 'reader');
  const outputNode = nodeOfDevice(outputDevice, output, 'output');
  if (readerNode !== outputNode) throw new Fault('device_elsewhere', `${reader} and ${output} are on different nodes`);
  return {
    writes: [
      { key: doorKey(door), value: { reader, output, openMs, schedule, bits } },
      { key: readerKey(reader), value: door },
      { key: outputKey(output), value: door },
    ],
  };
}

function nodeOfDevice(record: Json, device: string, role: 'reader' | 'output'): string {
  if (!isJsonObject(record) || typeof record.node !== 'string') {
    throw new Fault('no_such_device', `no node has announced a device ${device}`);
  }
  if (record.role === role) return record.node;
  throw role === 'reader'
    ? new Fault('not_a_reader', `device ${device} is no reader`)
    : new Fault('not_an_output', `device ${device} is no output`);
}

/** Command `schedule.set {schedule, zone, hours}`: makes or replaces it. Codes: bad_id, bad_zone, bad_hours. */
export async function setSchedule({ body }: Call): Promise<Outcome> {
  const schedule = id(body, 'schedule');
  const { zone, hours } = parseSchedule(body);
  parseZone(zone);
  return { writes: [{ key: scheduleKey(schedule), value: { zone, hours: hours.map((span) => ({ ...span })) } }] };
}
