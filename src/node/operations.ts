import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { LOG_ROWS_MAX } from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import { parseCredential } from '../devices/credential.ts';
import { idText } from '../format/ids.ts';
import { MESH, MESH_KEY } from '../ledger/mesh/keys.ts';
import { logPage } from './log-rows.ts';
import { hashedViews } from './readers.ts';
import type { Space } from './space.ts';
import { verifySpace } from './verify.ts';

/** What one operation has to work with. */
export interface OperationContext {
  readonly space: Space;
  readonly randomness: Randomness;
  /** Called while a long operation goes on. */
  readonly progress: (stage: string, done: number, total: number) => void;
}

/** What a person asks of a space, whether a node runs or not. Parameters and results are JSON. */
export type Operation = (context: OperationContext, params: JsonObject) => Promise<Json>;

const MEMBER_ID_BYTES = 4;

export const OPERATIONS: Readonly<Record<string, Operation>> = Object.freeze({
  'space.show': showSpace,
  'member.add': addMember,
  'member.list': (context, params) => context.space.query('membership', 'members', params),
  'badge.enrol': enrolBadge,
  'door.add': addDoor,
  'door.list': ({ space }, params) => space.query('door', 'doors', params),
  'log.read': readLog,
  verify: verifyAll,
});

async function showSpace({ space }: OperationContext): Promise<Json> {
  await space.fold.settled();
  const record = space.state.read(MESH, MESH_KEY);
  const waiting = space.journal.waiting();
  return {
    name: isJsonObject(record) ? (record.name ?? '') : '',
    mesh: idText(space.mesh),
    node: space.nodeKey,
    ...space.blocks.counts(),
    waiting: waiting.length,
    waitingFor: [...new Set(waiting.map((entry) => entry.dapp))],
    dapps: space.dapps.all().map(({ manifest }) => ({ dapp: manifest.name, ver: manifest.version })),
    clock: space.clock.now().quality,
  };
}

async function addMember({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const member = `m-${toHex(randomness.bytes(MEMBER_ID_BYTES))}`;
  const name = textOf(params, 'name');
  const { block } = await space.command('membership', 'member.add', { member, name });
  return { member, name, block: idText(block) };
}

/** The number as printed on the card goes no further than this function: the ledger gets keyed hashes. */
async function enrolBadge({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const found = await space.query('membership', 'member', memberParams(textOf(params, 'member')));
  const member = isJsonObject(found) ? String(found.member) : '';
  const name = isJsonObject(found) ? String(found.name) : '';
  const credential = parseCredential(textOf(params, 'number'));
  const views = hashedViews(credential, space.badgeKeys.slice(0, 1));
  const badge = `b-${toHex(randomness.bytes(MEMBER_ID_BYTES))}`;
  const label = params.label === undefined ? 'card' : textOf(params, 'label');
  const body = { member, badge, family: credential.family, label, views };
  const { block } = await space.command('membership', 'badge.enrol', body);
  return { member, name, badge, bits: views.map((view) => view.bits), block: idText(block) };
}

/** A member is named by id (`m-…`) or by name. */
function memberParams(text: string): JsonObject {
  return /^m-[0-9a-f]{8}$/.test(text) ? { member: text } : { name: text };
}

/** A door, and with `hours` the schedule of the same name that it keeps. */
async function addDoor({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { door, hours, zone, ...rest } = params;
  if (hours === undefined) {
    const { block } = await space.command('door', 'door.add', { ...rest, door: door ?? null, schedule: null });
    return { door: door ?? null, schedule: null, block: idText(block) };
  }
  const schedule = textOf(params, 'door');
  await space.command('door', 'schedule.set', { schedule, zone: zone ?? null, hours });
  const { block } = await space.command('door', 'door.add', { ...rest, door: schedule, schedule });
  return { door: schedule, schedule, block: idText(block) };
}

/** `{last: n}` for the latest, or `{arrival, index}` to go on from a cursor. */
async function readLog({ space }: OperationContext, params: JsonObject): Promise<Json> {
  await space.fold.settled();
  const limit = LOG_ROWS_MAX;
  const last = params.last === undefined ? limit : integerOf(params, 'last', limit);
  const start = { arrival: space.journal.arrivalBefore(last), index: Number.MAX_SAFE_INTEGER };
  const cursor =
    params.arrival === undefined ? start : { arrival: integerOf(params, 'arrival'), index: integerOf(params, 'index') };
  const page = logPage(space.journal, space.state, space.caps, cursor, limit);
  return { rows: page.rows, cursor: { ...page.cursor } };
}

async function verifyAll({ space, progress }: OperationContext): Promise<Json> {
  return { ...(await verifySpace(space, progress)) };
}

function textOf(params: JsonObject, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw new CodedError('bad_params', `${name} must be text`, { fields: { name } });
  return value;
}

function integerOf(params: JsonObject, name: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = params[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
    throw new CodedError('bad_params', `${name} must be a whole number up to ${most}`, { fields: { name } });
  }
  return value;
}
