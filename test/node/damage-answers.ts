import { CodedError, codeOf } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import { SCAN_ROWS_MAX } from '../../src/base/limits.ts';
import { parseCredential } from '../../src/devices/credential-text.ts';
import type { StateReader } from '../../src/ledger/state.ts';
import { hashedViews } from '../../src/node/hashed-views.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import type { Space } from '../../src/node/space.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { storeError } from '../../src/store/database.ts';
import { DAMAGE_CARDS, DAMAGE_DOORS } from './damage-ledger.ts';

/** A time at which the decisions are asked for; the clock is known. */
const AT_MS = 1_795_400_000_000;
const DAPPS = ['mesh', 'membership', 'door'];
const LOG_ROWS = 200;

/** What a space answered: JSON text, or how it failed. */
export type Answer =
  | { readonly text: string }
  | { readonly code: string; readonly advice: string | undefined; readonly message: string };

/** Every answer by the question, such as `decide front dec:31000003`. */
export type Answers = ReadonlyMap<string, Answer>;

/**
 * Asks a space everything: each key of its state and the lists of them, decisions about every card at every door, the
 * log from both ends and by door and member, members, and the state as it once was.
 * @param keys of the state to be read one by one, as [dapp, key].
 */
export async function askEverything(
  space: Space,
  folder: string,
  keys: readonly (readonly [string, string])[],
  pastMs: readonly number[],
): Promise<Answers> {
  const answers = new Map<string, Answer>();
  const ask = async (question: string, task: () => Json | Promise<Json>) => {
    answers.set(question, await answerOf(task, folder));
  };
  for (const dapp of DAPPS) await ask(`scan ${dapp}`, () => everyRow(space.state, dapp));
  for (const [dapp, key] of keys) await ask(`read ${dapp} ${key}`, () => space.state.read(dapp, key));
  for (const ms of pastMs) {
    for (const dapp of DAPPS) await ask(`past ${ms} ${dapp}`, () => everyRow(space.stateAt(ms), dapp));
  }
  const at = { ms: AT_MS, quality: 'synced' };
  for (const number of DAMAGE_CARDS) {
    const views = hashedViews(parseCredential(number), space.badgeKeys).map((view) => ({ ...view }));
    for (const door of DAMAGE_DOORS) {
      await ask(`decide ${door} ${number}`, () => space.query('door', 'decide', { door, views, at }));
    }
  }
  await ask('members', () => space.query('membership', 'members', {}));
  await ask('doors', () => space.query('door', 'doors', {}));
  const operation = (name: string, params: { readonly [name: string]: Json }) => async () => {
    const run = OPERATIONS[name];
    if (run === undefined) throw new RangeError(`${name} is an operation`);
    return await run({ space, randomness: systemRandomness, progress: () => {} }, params);
  };
  await ask('space.show', async () => ({
    ...((await operation('space.show', {})()) as object),
    clock: null,
    disk: null,
  }));
  await ask('log last', operation('log.read', { last: LOG_ROWS }));
  await ask('log first', operation('log.read', { position: 0, limit: LOG_ROWS }));
  await ask('log door', operation('log.read', { last: LOG_ROWS, door: 'front' }));
  await ask('log member', operation('log.read', { last: LOG_ROWS, member: 'm-00000003' }));
  return answers;
}

async function answerOf(task: () => Json | Promise<Json>, folder: string): Promise<Answer> {
  try {
    return { text: JSON.stringify(await task()) };
  } catch (error) {
    return failureOf(error, folder);
  }
}

/** As the CLI and the control socket would tell it. */
export function failureOf(error: unknown, folder: string): Exclude<Answer, { readonly text: string }> {
  const told = storeError(error, ledgerPath(folder));
  if (!(told instanceof CodedError)) {
    const message = told instanceof Error ? (told.stack ?? told.message) : String(told);
    return { code: `uncoded ${codeOf(told) ?? ''}`.trim(), advice: undefined, message };
  }
  return { code: told.code, advice: told.advice, message: told.message };
}

function everyRow(state: StateReader, dapp: string): Json {
  const rows: Json[] = [];
  for (let after: string | null = null; ; ) {
    const page = state.scan(dapp, '', after, SCAN_ROWS_MAX);
    for (const { key, value } of page.rows) rows.push([key, value]);
    after = page.rows.at(-1)?.key ?? null;
    if (!page.more || after === null) return rows;
  }
}
