import type { Json, JsonObject } from '../base/json.ts';
import { alarmText } from './alarm-text.ts';
import { brokerLines } from './broker-text.ts';
import { instantsIn, type SpaceClock } from './clock.ts';
import { describeDecision } from './facts.ts';
import type { Names } from './names.ts';
import { plain } from './output.ts';
import { contactText, levelsOf } from './wire-levels.ts';

/** What `status --json` prints: `space.show` with the standing lockdowns, the doors, and the node (null: none runs). */
export interface Status extends JsonObject {
  readonly backup: JsonObject;
  readonly lockdown: Json;
  readonly doors: readonly JsonObject[];
  readonly running: JsonObject | null;
}

const MIB = 1024 * 1024;

const CLOCKS: Readonly<Record<string, string>> = {
  synced: 'synced',
  peer: 'peer: set by another board',
  restored: 'restored: kept over a time without power',
  unknown: 'unknown: plans that end, guests and schedules are denied until it is set',
};

const text = (value: unknown) => plain(String(value ?? ''));
const rowsOf = (value: Json | undefined) => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);

export function statusText(status: Status, clock: SpaceClock, names: Names): string {
  const { running } = status;
  return [
    `space    ${text(status.name)} (${text(status.mesh)})`,
    `ledger   ${text(status.blocks)} blocks, ${text(status.entries)} entries played`,
    `clock    ${CLOCKS[String(status.clock)] ?? text(status.clock)}`,
    ...diskLines(status.disk),
    ...waitingLines(status),
    ...backupLines(status.backup, clock),
    ...orderLines(status, clock),
    ...(running === null ? ['node     not running'] : nodeLines(running)),
    ...(status.doors.length > 0
      ? ['doors', ...status.doors.map((door) => doorLine(door, running ?? {}, clock, names))]
      : []),
  ].join('\n');
}

/** Every time that `statusText` shows. */
export function instantsOf({ backup, lockdown, doors }: Status): readonly number[] {
  const standing = doors.flatMap(({ disabled, alarms }) => [...rowsOf(disabled), ...rowsOf(alarms)]);
  const orders = [...rowsOf(lockdown), ...standing];
  const backups = [
    ...instantsIn([backup], 'restoredAsOfMs'),
    ...instantsIn([(backup.last ?? {}) as JsonObject], 'asOfMs'),
  ];
  return [...backups, ...instantsIn(orders, 'since'), ...instantsIn(lastsOf({ doors }), 'ms')];
}

/** What each door showed last. */
export function lastsOf({ doors }: Pick<Status, 'doors'>): readonly JsonObject[] {
  return doors.flatMap(({ last }) => (typeof last === 'object' && last !== null ? [last as JsonObject] : []));
}

function diskLines(disk: Json | undefined): readonly string[] {
  if (typeof disk !== 'object' || disk === null) return [];
  const { freeBytes, isLow } = disk as JsonObject;
  const free = `disk     ${Math.floor(Number(freeBytes) / MIB)} MiB free`;
  return [isLow === true ? `${free}, LOW: only facts and denials are taken until there is room` : free];
}

function waitingLines({ waiting, waitingFor }: Status): readonly string[] {
  if (Number(waiting) === 0) return [];
  return [`waiting  ${text(waiting)} entries, for ${(waitingFor as readonly string[]).map(text).join(', ')}`];
}

/** When the last backup was, with a reminder where it is long ago; and the flag of a restore. */
function backupLines({ last, isDue, restoredAsOfMs }: JsonObject, clock: SpaceClock): readonly string[] {
  const when = last === null ? 'never' : `as of ${clock.text(Number((last as JsonObject).asOfMs))}`;
  const reminder = isDue === true ? ': make one with `blockmesh backup FILE`' : '';
  const restored = `restored as of ${clock.text(Number(restoredAsOfMs))}; what others decided since then is not known here`;
  return [`backup   ${when}${reminder}`, ...(restoredAsOfMs === null ? [] : [`flag     ${restored}`])];
}

/** What people have ordered and not lifted. */
function orderLines({ lockdown, doors }: Status, clock: SpaceClock): readonly string[] {
  const since = ({ reason, since: ms }: JsonObject) => `since ${clock.text(Number(ms))}: ${text(reason)}`;
  return [
    ...rowsOf(lockdown).map((order) => `LOCKDOWN of all doors ${since(order)}`),
    ...doors.flatMap(({ door, disabled }) => rowsOf(disabled).map((order) => `DISABLED ${text(door)} ${since(order)}`)),
    ...doors.flatMap(({ door, alarms }) =>
      rowsOf(alarms).map(({ alarm, since: ms }) => {
        const words = `${text(alarm)} since ${clock.text(Number(ms))}: ${alarmText(String(alarm))}`;
        return `ALARM    ${text(door)} ${words}`;
      }),
    ),
  ];
}

function nodeLines(running: JsonObject): readonly string[] {
  return [
    `node     running for ${Math.round(Number(running.uptimeMs) / 1000)} s`,
    `pins     ${text(running.pins)}`,
    ...rowsOf(running.outputs).map(
      (output) => `  ${text(output.name)}: ${output.on === true ? 'on' : 'off'} (${text(output.level)})`,
    ),
    ...rowsOf(running.faults).map(
      ({ output, fault }) => `  ${text(output)} is ${text(fault)}: its feedback says otherwise`,
    ),
    ...(rowsOf(running.inputs).length > 0 ? ['inputs'] : []),
    ...rowsOf(running.inputs).map(({ name, active }) => `  ${text(name)}: ${inputText(active)}`),
    'readers',
    ...rowsOf(running.readers).flatMap(readerLines),
    ...brokerLines(running.broker),
  ];
}

function readerLines(reader: JsonObject): readonly string[] {
  const { name, state, fault, badges, dropped } = reader;
  const line = `  ${text(name)}: ${text(state)}, ${text(badges)} badges, ${text(dropped)} dropped${refusedText(reader)}`;
  return typeof fault === 'string' ? [line, `    ${text(fault)}`] : [line];
}

/** What the reader sent that was no card, by reason: with a wrong format or a bad cable that is all there is. */
function refusedText({ refused }: JsonObject): string {
  const reasons = Object.entries((refused ?? {}) as JsonObject).filter(([, count]) => count !== 0);
  return reasons.length === 0 ? '' : `, refused ${reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')}`;
}

function inputText(active: Json | undefined): string {
  if (typeof active !== 'boolean') return 'unknown';
  return active ? 'active' : 'inactive';
}

/** The last badge at the door's reader, in the words of the log. */
function doorLine(
  { door, reader, keepOpen, contact, last }: JsonObject,
  running: JsonObject,
  clock: SpaceClock,
  names: Names,
): string {
  const kept = typeof keepOpen === 'string' ? `, kept open at ${plain(keepOpen)}` : '';
  const state = typeof contact === 'string' ? `, ${contactText(contact, levelsOf(running))}` : '';
  const name = `  ${text(door)} (${text(reader)}${kept}${state})`;
  if (typeof last !== 'object' || last === null) return `${name}: no badge yet`;
  const { ms, result } = last as JsonObject;
  return `${name}: ${clock.text(Number(ms))} ${describeDecision(String(result), names.inWords(last as JsonObject))}`;
}
