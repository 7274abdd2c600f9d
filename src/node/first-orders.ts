import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { BREAK_GLASS_CARDS_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { parseCredential } from '../devices/credential-text.ts';
import { idText } from '../format/ids.ts';
import type { Draft } from '../ledger/authoring.ts';
import { ROLE_ADMIN } from '../ledger/mesh/keys.ts';
import { EMPTY_STATE, StateOverlay } from '../ledger/overlay.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import { type Dapps, startDapps } from './dapps.ts';
import { hashedViews } from './hashed-views.ts';
import { createJudge } from './judge.ts';
import type { BadgeKey } from './key-files.ts';

/** What a founder settles with `init`, beside the root: orders to the dapp `door`. */
export interface FirstOrders {
  /** Numbers of break-glass cards, as printed on them. */
  readonly breakGlass: readonly string[];
  /** POSIX TZ rule of the space, or null for UTC. */
  readonly zone: string | null;
}

export const NO_ORDERS: FirstOrders = Object.freeze({ breakGlass: [], zone: null });

const DOOR = 'door';
const CARD_ID_BYTES = 4;

/** The cards' numbers go no further than this function: the ledger gets keyed hashes. */
export function firstDrafts(orders: FirstOrders, ver: string, key: BadgeKey, randomness: Randomness): readonly Draft[] {
  if (orders.breakGlass.length > BREAK_GLASS_CARDS_MAX) {
    throw new CodedError('break_glass_many', `a space begins with at most ${BREAK_GLASS_CARDS_MAX} break-glass cards`, {
      advice: 'Add more later with `blockmesh badge break-glass`, or fewer: each opens every door at any time.',
    });
  }
  const draft = { dapp: DOOR, ver, re: null };
  const cards = orders.breakGlass.map((number, index): Draft => {
    const views = hashedViews(parseCredential(number), [key]);
    const card = `g-${toHex(randomness.bytes(CARD_ID_BYTES))}`;
    return { ...draft, kind: 'glass.add', body: { card, label: `card ${index + 1}`, views } };
  });
  const { zone } = orders;
  return zone === null ? cards : [{ ...draft, kind: 'space.set', body: { zone } }, ...cards];
}

export interface JudgeParts {
  readonly dappsFolder: string;
  readonly clock: Clock;
  readonly runner: Runner;
  readonly log: Log;
}

/**
 * Asks the dapp what would become of `drafts`, so that a space is not founded with an order that is refused later.
 * @throws the code with which one would be refused.
 */
export async function checkDrafts(drafts: readonly Draft[], parts: JudgeParts): Promise<void> {
  if (drafts.length === 0) return;
  const mesh = '00'.repeat(32);
  const dapps = await startDapps([DOOR], parts.dappsFolder, idText(mesh), parts.runner, parts.log);
  try {
    await judgeAll(drafts, dapps, mesh, parts.clock);
  } finally {
    await dapps.stop();
  }
}

async function judgeAll(drafts: readonly Draft[], dapps: Dapps, mesh: string, clock: Clock): Promise<void> {
  const judge = createJudge(dapps, mesh);
  const state = new StateOverlay(EMPTY_STATE);
  const author = { key: mesh, principal: 'founder', node: mesh };
  for (const [index, draft] of drafts.entries()) {
    const call = { ...draft, block: mesh, index, author, roles: [ROLE_ADMIN], at: clock.now() };
    const outcome = await judge.play(call, state);
    if (!outcome.ok) throw new CodedError(outcome.code, outcome.message, { fields: { kind: draft.kind } });
    state.apply(draft.dapp, outcome.writes);
  }
}
